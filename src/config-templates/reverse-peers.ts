/** Peers this node has because others are told to peer with it (REV). */
import type { BgpPeer, CalicoNode } from '../datastore/snapshot.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { type Cluster, DEFAULT_PORT, familyOf } from './cluster.ts';
import { type ExpandedPeer, peerAtNode, RANK } from './expanded-peer.ts';
import { parsePeerAddress } from './peer-address.ts';

/** The nodes on the local side of a BGPPeer whose remote side is the own node (REV-1 to REV-3). */
export function* reversePeers(cluster: Cluster, peer: BgpPeer): Generator<ExpandedPeer> {
  if (peer.reversePeering === 'Manual' || peer.localWorkloadSelector) return;
  const families = designatedFamilies(cluster, peer);
  if (families.length === 0) return;
  for (const node of localSide(cluster, peer)) {
    if (node.name === cluster.own.name) continue;
    for (const family of families) {
      const end = peerAtNode(cluster, peer, node, family, REVERSE);
      if (end) yield end;
    }
  }
}

const REVERSE = { rank: RANK.reverse, isGlobal: false };

/** Families in which the peer designates the own node as remote end (REV-2). */
function designatedFamilies(cluster: Cluster, peer: BgpPeer): readonly Family[] {
  if (peer.peerSelector) return cluster.matches(peer.peerSelector, cluster.own) ? FAMILIES : [];
  const remote = peer.peerIP ? parsePeerAddress(peer.peerIP) : undefined;
  if (!remote || peer.asNumber !== cluster.asOf(cluster.own)) return [];
  const family = familyOf(remote.address);
  if (cluster.ownAddress(family) !== remote.address) return [];
  const ownPort = cluster.listenPortOf(cluster.own) ?? DEFAULT_PORT;
  return remote.port === undefined || remote.port === ownPort ? [family] : [];
}

function* localSide(cluster: Cluster, { node, nodeSelector }: BgpPeer): Generator<CalicoNode> {
  for (const other of cluster.nodes) {
    if (nodeSelector ? cluster.matches(nodeSelector, other) : !node || other.name === node)
      yield other;
  }
}
