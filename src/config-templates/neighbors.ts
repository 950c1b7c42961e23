/** All sessions of the own node: BGPPeers and mesh brought together (DEDUP-5). */
import type { Cluster } from './cluster.ts';
import { type ExpandedPeer, RANK } from './expanded-peer.ts';
import { viewMesh } from './mesh.ts';
import { viewPeer } from './peers.ts';
import type { NeighborView } from './view.ts';

/** For one address and port: a global peer before the mesh before other peers. */
export function viewNeighbors(cluster: Cluster, peers: readonly ExpandedPeer[]): NeighborView[] {
  const mesh = viewMesh(cluster);
  const endpoint = ({ address, port }: NeighborView) => `${address} ${port}`;
  const globals = peers.filter(({ rank }) => rank < RANK.mesh);
  const others = peers.filter(({ rank }) => rank > RANK.mesh);
  const chosen = new Map<string, NeighborView>();
  const inOrder = [
    ...globals.map((peer) => viewPeer(cluster, peer)),
    ...mesh,
    ...others.map((peer) => viewPeer(cluster, peer)),
  ];
  for (const neighbor of inOrder) {
    if (!chosen.has(endpoint(neighbor))) chosen.set(endpoint(neighbor), neighbor);
  }
  return [...chosen.values()];
}
