/** Sessions of BGPPeers: expansion, choice among duplicates, session parameters (DEDUP, PASS, SESS). */
import { STRIDE } from '../config/steps.ts';
import type { BgpPeer, CalicoNode } from '../datastore/snapshot.ts';
import type { Family } from '../net/family.ts';
import { type Cluster, compareText, DEFAULT_PORT } from './cluster.ts';
import { type ExpandedPeer, RANK } from './expanded-peer.ts';
import { filterPolicies } from './filters.ts';
import { forwardPeers } from './forward-peers.ts';
import { lookUpPassword } from './passwords.ts';
import { chainOf } from './policy-names.ts';
import { reversePeers } from './reverse-peers.ts';
import { endpointOf, labelOf, restartTimeOf } from './session-names.ts';
import type { NeighborView } from './view.ts';
import type { Group } from './view-memo.ts';

/** The most that `allowLocalAs` of the configuration takes. */
const MAX_ALLOWED_LOCAL_AS = 255;

/** One peer per address and port, the others left out. */
export function* choosePeers(cluster: Cluster): Generator<void, ExpandedPeer[]> {
  const chosen = new Map<string, ExpandedPeer>();
  const all = yield* candidates(cluster);
  for (const [i, peer] of all.entries()) {
    if (i % STRIDE === STRIDE - 1) yield;
    const identity = endpointOf(peer.address, peer.port ?? DEFAULT_PORT); // PORT-4
    const winner = chosen.get(identity);
    if (!winner) chosen.set(identity, peer);
    else if (isConflict(winner, peer)) remarkConflict(cluster, winner.peer, peer.peer);
  }
  return [...chosen.values()];
}

/** In order of precedence; within a class by resource name (DEDUP-2, DEDUP-4). */
function* candidates(cluster: Cluster): Generator<void, ExpandedPeer[]> {
  const byName = (a: BgpPeer, b: BgpPeer) => compareText(a.name, b.name);
  const resources = [...cluster.snapshot.bgpPeers.values()].sort(byName);
  const all: ExpandedPeer[] = [];
  for (const peer of resources) {
    for (const peers of [forwardPeers(cluster, peer), reversePeers(cluster, peer)]) {
      yield;
      for (const end of peers) {
        if (canMeet(cluster, end) && all.push(end) % STRIDE === 0) yield;
      }
    }
  }
  return all.sort((a, b) => a.rank - b.rank);
}

/** Not ourselves (EXP-6), and of a family we have an address of (FAM-2). */
function canMeet(cluster: Cluster, { address, family }: ExpandedPeer): boolean {
  const own = cluster.ownAddress(family);
  return own !== undefined && own !== address;
}

function isConflict(winner: ExpandedPeer, loser: ExpandedPeer): boolean {
  const { rank, peer } = winner;
  return rank === loser.rank && rank !== RANK.reverse && peer !== loser.peer;
}

/** Once for two BGPPeers, however many sessions they have in common. */
function remarkConflict(cluster: Cluster, winner: BgpPeer, loser: BgpPeer): void {
  const reason = `has sessions that BGPPeer/${winner.name} has too; those of ${winner.name} count`;
  cluster.remark(`BGPPeer/${loser.name}`, '', reason);
}

/** Views peers; those with nodes are kept from rendering to rendering. */
export class PeerViewer {
  readonly #cluster: Cluster;
  readonly #groups = new Map<BgpPeer, Map<string, Group>>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** The session of a chosen peer. */
  view(expanded: ExpandedPeer): NeighborView {
    const { node, port } = expanded;
    const make = () => viewPeer(this.#cluster, expanded);
    return node ? this.#groupOf(expanded).view(node, port, make)! : make();
  }

  #groupOf({ peer, rank, family }: ExpandedPeer): Group {
    const ofPeer = this.#groups.get(peer) ?? new Map<string, Group>();
    this.#groups.set(peer, ofPeer);
    const key = `${rank} ${family}`;
    let group = ofPeer.get(key);
    if (!group) {
      const context = JSON.stringify([peer, contextOf(this.#cluster, peer, family)]);
      const { memo, snapshot } = this.#cluster;
      group = memo.group(`${peer.name} ${key}`, context, snapshot.nodes);
      ofPeer.set(key, group);
    }
    return group;
  }
}

/** All that {@link viewRemote} asks for besides the BGPPeer and the node. */
function contextOf(cluster: Cluster, peer: BgpPeer, family: Family): unknown {
  return {
    own: cluster.ownAddress(family),
    asNumber: cluster.asOf(cluster.own),
    globalAs: cluster.globalAs,
    clusterId: cluster.clusterId,
    password: lookUpPassword(cluster, peer.password),
    filters: filterPolicies(cluster, peer.filters, family),
  };
}

function viewPeer(cluster: Cluster, expanded: ExpandedPeer): NeighborView {
  return expanded.by === 'workload'
    ? viewWorkload(cluster, expanded)
    : viewRemote(cluster, expanded);
}

/** Of what a BGPPeer says, a workload's session has AS numbers and filters (LWP-2, PASS-4). */
function viewWorkload(cluster: Cluster, expanded: ExpandedPeer): NeighborView {
  const { name, localASNumber, filters } = expanded.peer;
  const common = { name, filters, usesNodeIp: false, reversePeering: 'Manual' } as const;
  const peer = localASNumber === undefined ? common : { ...common, localASNumber };
  const session = viewRemote(cluster, { ...expanded, peer });
  const label = labelOf('Local_Workload', session.address, undefined);
  return { ...session, name: label, kind: 'workload', peerNode: null, passive: true };
}

function viewRemote(cluster: Cluster, expanded: ExpandedPeer): NeighborView {
  const { peer, family, address, port, asNumber, isGlobal } = expanded;
  const own = cluster.ownAddress(family)!; // canMeet
  const localAsNumber = localAsOf(cluster, expanded);
  const filters = filterPolicies(cluster, peer.filters, family);
  return {
    name: labelOf(isGlobal ? 'Global' : 'Node', address, port),
    kind: isGlobal ? 'global' : 'node',
    resource: `BGPPeer/${peer.name}`,
    peerNode: nodeFacts(expanded.node ?? cluster.nodeAt(address)),
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
    restartTime: restartTimeOf(peer.maxRestartTimeSec),
    routeReflectorClient: asNumber === localAsNumber && isClient(cluster, expanded),
    nextHop: nextHopOf(peer, asNumber === localAsNumber),
    allowLocalAs: allowedLocalAs(expanded),
    import: filters.import,
    export: chainOf(family, filters.export),
  };
}

function nodeFacts(node: CalicoNode | undefined): NeighborView['peerNode'] {
  return node ? { name: node.name, labels: node.labels } : null;
}

/** `localASNumber` does not count for peers given by selector (EXP-5, ID-5). */
function localAsOf(cluster: Cluster, { by, peer }: ExpandedPeer): number {
  return (by !== 'selector' && peer.localASNumber) || cluster.asOf(cluster.own);
}

/** For peers given by address (EXP-5); no path has the same AS more often than the limit. */
function allowedLocalAs({ by, peer }: ExpandedPeer): number {
  return by === 'address' ? Math.min(peer.numAllowedLocalASNumbers ?? 0, MAX_ALLOWED_LOCAL_AS) : 0;
}

/** Only a global peer that names a node of ours by its address leaves dialling to one end (PASS-2). */
function isPassive(cluster: Cluster, peer: ExpandedPeer, own: string): boolean {
  if (!peer.isGlobal || peer.by !== 'address') return false;
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
