/** Peers this node is told to have: BGPPeers whose local side it is on (EXP, PORT). */
import type { BgpPeer } from '../datastore/snapshot.ts';
import { FAMILIES } from '../net/family.ts';
import { parseAddress } from '../net/text.ts';
import { type Cluster, familyOf } from './cluster.ts';
import { type ExpandedPeer, type Precedence, peerAtNode, RANK } from './expanded-peer.ts';
import { type PeerAddress, parsePeerAddress } from './peer-address.ts';

/** Remote ends of one BGPPeer as seen from the own node; none when it is not on the local side. */
export function* forwardPeers(cluster: Cluster, peer: BgpPeer): Generator<ExpandedPeer> {
  const isGlobal = !peer.nodeSelector && !peer.node;
  if (!isGlobal && !isOnLocalSide(cluster, peer)) return;
  const rank = isGlobal ? RANK.globalForward : RANK.nodeForward;
  yield* remoteEnds(cluster, peer, { rank, isGlobal });
}

/** `nodeSelector` wins over `node` (EXP-1). */
function isOnLocalSide(cluster: Cluster, { node, nodeSelector }: BgpPeer): boolean {
  return nodeSelector ? cluster.matches(nodeSelector, cluster.own) : node === cluster.own.name;
}

/** The first that applies of workloads, nodes by selector, address (EXP-2). */
function remoteEnds(
  cluster: Cluster,
  peer: BgpPeer,
  precedence: Precedence,
): Iterable<ExpandedPeer> {
  if (peer.localWorkloadSelector) {
    return localWorkloads(cluster, peer);
  }
  if (peer.peerSelector) return selectedNodes(cluster, peer, precedence);
  return peer.peerIP ? addressedPeer(cluster, peer, precedence) : [];
}

/** Felix says which workloads of this node are meant (LWP-1); they are on no other node. */
function* localWorkloads(cluster: Cluster, peer: BgpPeer): Generator<ExpandedPeer> {
  const { asNumber } = peer;
  for (const status of cluster.snapshot.endpointStatuses.values()) {
    if (status.bgpPeerName !== peer.name) continue;
    if (!asNumber) {
      const reason = 'a local workload peer needs its AS number';
      cluster.report(`BGPPeer/${peer.name}`, 'spec.asNumber', reason);
      return;
    }
    for (const address of [status.ipv4Address, status.ipv6Address]) {
      if (address === undefined) continue;
      const end = { peer, family: familyOf(address), address, port: undefined, asNumber };
      yield { rank: RANK.workload, isGlobal: false, by: 'workload', ...end, clusterId: undefined };
    }
  }
}

function* selectedNodes(
  cluster: Cluster,
  peer: BgpPeer,
  precedence: Precedence,
): Generator<ExpandedPeer> {
  for (const node of cluster.nodes) {
    if (!cluster.matches(peer.peerSelector!, node)) continue;
    for (const family of FAMILIES) {
      const end = peerAtNode(cluster, peer, node, family, precedence);
      if (end) yield end;
    }
  }
}

function addressedPeer(cluster: Cluster, peer: BgpPeer, precedence: Precedence): ExpandedPeer[] {
  const { peerIP = '' } = peer;
  const object = `BGPPeer/${peer.name}`;
  const remote = parsePeerAddress(peerIP);
  if (!remote) {
    cluster.report(object, 'spec.peerIP', `"${peerIP}" is no address, nor one with a port`);
    return [];
  }
  const family = familyOf(remote.address);
  if (!hasUsableGateway(cluster, peer, remote)) return [];
  if (!peer.asNumber) {
    cluster.report(object, 'spec.asNumber', 'a peer given by address needs its AS number (AMB-3)');
    return [];
  }
  const { asNumber } = peer;
  const port = remote.port ?? inheritedPort(cluster, remote.address, asNumber);
  const { address } = remote;
  const end = { peer, family, address, port, asNumber, clusterId: undefined };
  return [{ ...precedence, by: 'address', ...end }];
}

/** A gateway that cannot be used takes the whole peer out (EXP-7). */
function hasUsableGateway(cluster: Cluster, peer: BgpPeer, { address }: PeerAddress): boolean {
  const { reachableBy } = peer;
  if (!reachableBy) return true;
  const isUsable = parseAddress(reachableBy) && familyOf(reachableBy) === familyOf(address);
  if (isUsable) return true;
  const reason = `"${reachableBy}" is no address of the family of ${address}`;
  cluster.report(`BGPPeer/${peer.name}`, 'spec.reachableBy', reason);
  return false;
}

/** A node of ours written as a plain address listens where its configuration says (PORT-3). */
function inheritedPort(cluster: Cluster, address: string, asNumber: number): number | undefined {
  const node = cluster.nodeAt(address);
  return node && cluster.asOf(node) === asNumber ? cluster.listenPortOf(node) : undefined;
}
