/** All sessions of the own node: BGPPeers and mesh brought together (DEDUP-5). */
import type { Cluster } from './cluster.ts';
import { type ExpandedPeer, RANK } from './expanded-peer.ts';
import { viewMesh } from './mesh.ts';
import { viewPeer } from './peers.ts';
import type { NeighborView } from './view.ts';

/** For one address and port: global peers and workloads before the mesh before other peers. */
export function* viewNeighbors(
  cluster: Cluster,
  peers: readonly ExpandedPeer[],
): Generator<void, NeighborView[]> {
  const chosen = new Map<string, NeighborView>();
  for (const neighbor of inOrder(cluster, peers)) {
    const endpoint = `${neighbor.address} ${neighbor.port}`;
    if (!chosen.has(endpoint)) chosen.set(endpoint, neighbor);
    yield;
  }
  return [...chosen.values()];
}

function* inOrder(cluster: Cluster, peers: readonly ExpandedPeer[]): Generator<NeighborView> {
  const viewed = (isWanted: (rank: number) => boolean) =>
    peers.filter(({ rank }) => isWanted(rank)).map((peer) => () => viewPeer(cluster, peer));
  for (const view of viewed((rank) => rank < RANK.mesh)) yield view();
  yield* viewMesh(cluster);
  for (const view of viewed((rank) => rank > RANK.mesh)) yield view();
}
