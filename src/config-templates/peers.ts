/** Sessions of BGPPeers: expansion, choice among duplicates, session parameters (DEDUP, PASS, SESS). */
import type { BgpPeer } from '../datastore/snapshot.ts';
import { type Cluster, compareText, DEFAULT_PORT } from './cluster.ts';
import { type ExpandedPeer, RANK } from './expanded-peer.ts';
import { filterPolicies } from './filters.ts';
import { forwardPeers } from './forward-peers.ts';
import { lookUpPassword } from './passwords.ts';
import { chainOf } from './policy-names.ts';
import { reversePeers } from './reverse-peers.ts';
import { DEFAULT_RESTART_TIME, labelOf } from './session-names.ts';
import type { NeighborView } from './view.ts';

/** One peer per address and port, the others left out. */
export function choosePeers(cluster: Cluster): ExpandedPeer[] {
  const chosen = new Map<string, ExpandedPeer>();
  for (const peer of candidates(cluster)) {
    const identity = `${peer.address} ${peer.port ?? DEFAULT_PORT}`; // PORT-4
    const winner = chosen.get(identity);
    if (!winner) chosen.set(identity, peer);
    else reportConflict(cluster, winner, peer);
  }
  return [...chosen.values()];
}

/** In order of precedence; within a class by resource name (DEDUP-2, DEDUP-4). */
function candidates(cluster: Cluster): ExpandedPeer[] {
  const byName = (a: BgpPeer, b: BgpPeer) => compareText(a.name, b.name);
  const peers = [...cluster.snapshot.bgpPeers.values()].sort(byName);
  const all = peers.flatMap((peer) => [
    ...forwardPeers(cluster, peer),
    ...reversePeers(cluster, peer),
  ]);
  return all.filter((peer) => canMeet(cluster, peer)).sort((a, b) => a.rank - b.rank);
}

/** Not ourselves (EXP-6), and of a family we have an address of (FAM-2). */
function canMeet(cluster: Cluster, { address, family }: ExpandedPeer): boolean {
  const own = cluster.ownAddress(family);
  return own !== undefined && own !== address;
}

function reportConflict(cluster: Cluster, winner: ExpandedPeer, loser: ExpandedPeer): void {
  if (winner.rank !== loser.rank || winner.rank === RANK.reverse) return;
  if (winner.peer === loser.peer) return;
  const reason = `BGPPeer ${winner.peer.name} has a session to ${loser.address} already, which counts`;
  cluster.report(`BGPPeer/${loser.peer.name}`, '', reason);
}

/** The session of a chosen peer. */
export function viewPeer(cluster: Cluster, expanded: ExpandedPeer): NeighborView {
  const { peer, family, address, port, asNumber, isGlobal } = expanded;
  const own = cluster.ownAddress(family)!; // canMeet
  const localAsNumber = localAsOf(cluster, expanded);
  const filters = filterPolicies(cluster, peer.filters, family);
  return {
    name: labelOf(isGlobal ? 'Global' : 'Node', address, port),
    kind: isGlobal ? 'global' : 'node',
    resource: `BGPPeer/${peer.name}`,
    address,
    port: port ?? DEFAULT_PORT,
    asNumber,
    localAsNumber,
    passive: isPassive(cluster, expanded, own),
    families: [family],
    sourceAddress: peer.usesNodeIp ? own : null,
    ...lookUpPassword(cluster, peer.password),
    ttlSecurity: peer.ttlSecurity || null,
    keepaliveTime: peer.keepaliveTimeSec ?? null,
    restartTime: peer.maxRestartTimeSec ?? DEFAULT_RESTART_TIME,
    routeReflectorClient: asNumber === localAsNumber && isClient(cluster, expanded),
    nextHop: nextHopOf(peer, asNumber === localAsNumber),
    allowLocalAs: (expanded.isByAddress && peer.numAllowedLocalASNumbers) || 0,
    import: filters.import,
    export: chainOf(family, filters.export),
  };
}

/** `localASNumber` counts only for peers given by address (EXP-5, ID-5). */
function localAsOf(cluster: Cluster, { isByAddress, peer }: ExpandedPeer): number {
  return (isByAddress && peer.localASNumber) || cluster.asOf(cluster.own);
}

/** Only a global peer that names a node of ours by its address leaves dialling to one end (PASS-2). */
function isPassive(cluster: Cluster, peer: ExpandedPeer, own: string): boolean {
  if (!peer.isGlobal || !peer.isByAddress) return false;
  return cluster.nodeAt(peer.address) !== undefined && peer.address > own;
}

/** A reflector's internal peers are clients unless they share its cluster id (RR-2). */
function isClient(cluster: Cluster, { clusterId }: ExpandedPeer): boolean {
  return cluster.clusterId !== undefined && clusterId !== cluster.clusterId;
}

/** `keepOriginalNextHop` counts on external sessions, and without `nextHopMode` (NH-5). */
function nextHopOf(peer: BgpPeer, isInternal: boolean): 'auto' | 'self' | 'keep' {
  if (peer.nextHopMode === 'Self') return 'self';
  if (peer.nextHopMode === 'Keep') return 'keep';
  return peer.nextHopMode === undefined && peer.keepOriginalNextHop && !isInternal
    ? 'keep'
    : 'auto';
}
