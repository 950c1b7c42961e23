/** All sessions of the own node: BGPPeers and mesh brought together (DEDUP-5). */
import { STRIDE } from '../config/steps.ts';
import type { Cluster } from './cluster.ts';
import { type ExpandedPeer, RANK } from './expanded-peer.ts';
import { viewMesh } from './mesh.ts';
import { PeerViewer } from './peers.ts';
import { endpointOf } from './session-names.ts';
import type { NeighborView } from './view.ts';

/** For one address and port: global peers and workloads before the mesh before other peers. */
export function* viewNeighbors(
  cluster: Cluster,
  peers: readonly ExpandedPeer[],
): Generator<void, NeighborView[]> {
  const chosen = new Map<string, NeighborView>();
  let count = 0;
  for (const neighbor of inOrder(cluster, peers)) {
    const endpoint = endpointOf(neighbor.address, neighbor.port);
    if (!chosen.has(endpoint)) chosen.set(endpoint, neighbor);
    if (++count % STRIDE === 0) yield;
  }
  return [...chosen.values()];
}

function* inOrder(cluster: Cluster, peers: readonly ExpandedPeer[]): Generator<NeighborView> {
  const viewer = new PeerViewer(cluster);
  for (const peer of peers) if (peer.rank < RANK.mesh) yield viewer.view(peer);
  yield* viewMesh(cluster);
  for (const peer of peers) if (peer.rank > RANK.mesh) yield viewer.view(peer);
}
