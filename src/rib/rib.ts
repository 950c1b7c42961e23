/**
 * The routing information base: what the daemon feeds sessions' messages into, and what sends routes
 * back out. Both families, all peers.
 *
 * Calls only note what happened; the work is done in runs, which `schedule` starts between other
 * work. A run takes on so many prefixes that it stays about within its budget, then asks for another.
 */

import { walkUpdate } from '../bgp/wire/update.ts';
import { strongerFault, type UpdateFault } from '../bgp/wire/update-fault.ts';
import type { Address } from '../net/address.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { AdjRibIn, type InboundCounters } from './adj-rib-in.ts';
import { AttributeStore } from './attribute-store.ts';
import { DEFAULT_DECISION, type DecisionOptions } from './decision-options.ts';
import { FamilyRib } from './family-rib.ts';
import { GroupMembership } from './group-membership.ts';
import type { PeerId } from './ids.ts';
import { ImportFilter } from './import-filter.ts';
import { LocalRoutes } from './local-routes.ts';
import { NextHopTable } from './next-hop-table.ts';
import { Outbox } from './outbox.ts';
import { originOf, type PeerEntry, reimportStart } from './peer-entry.ts';
import { PolicyCache } from './policy-cache.ts';
import type { LocalRoute, LocRibListener, NextHopResolver, RibPeer, RibSession } from './ports.ts';
import { RibPreview } from './preview.ts';
import { RawRoutes } from './raw-routes.ts';
import type { RibIdentity } from './rib-identity.ts';
import { RibViews } from './rib-views.ts';
import { RouteHistory } from './route-history.ts';
import { type MonitorView, RouteMonitor } from './route-monitor.ts';
import { type RouteOrigin, RouteSources } from './route-sources.ts';

export interface RibOptions {
  /** Unsigned 32-bit. */
  readonly routerId: number;
  /** The router id stands in for an absent one (RFC 4456 §8). */
  readonly clusterId: number | undefined;
  /** Of clients with a cluster of their own; none when absent. */
  readonly otherClusterIds?: readonly number[];
  /** False: no reflection among the clients of one cluster. */
  readonly reflectsBetweenClients?: boolean;
  /** LOCAL_PREF of routes that bring none (SESS-16). */
  readonly defaultLocalPref: number;
  /** Kernel metric of ordinary routes (PRIO). */
  readonly normalPriority: Readonly<Record<Family, number>>;
  /** Paths that may share the traffic of a prefix (FIB-10); 1 reports best paths only. See {@link Rib.setMaximumPaths}. */
  readonly maximumPaths: number;
  /** Switches of the decision process; see {@link Rib.setDecision}. */
  readonly decision?: DecisionOptions;
  readonly resolver: NextHopResolver;
  /** Monotonic milliseconds. */
  now(): number;
  /** Runs a function soon, after pending input. */
  schedule(run: () => void): void;
  /** Time one run should take. */
  readonly budgetMs: number;
  /**
   * Runs a function after a while; what it answers calls that off. Without it, single changes that keep
   * coming are not held back.
   */
  readonly setTimer?: (delayMs: number, fire: () => void) => { cancel(): void };
  /** Unsigned 32-bit; a random one keeps peers from aiming at hash collisions. */
  readonly hashSeed?: number;
}

/** What may change while sessions stay up. */
export type RibIdentityOptions = Pick<
  RibOptions,
  | 'routerId'
  | 'clusterId'
  | 'otherClusterIds'
  | 'reflectsBetweenClients'
  | 'defaultLocalPref'
  | 'normalPriority'
>;

/** How long after a run the next one waits for more, and how many changes make it come at once. */
const HOLD_BACK_MS = 3;
const HELD_BACK_MAXIMUM = 512;

const SMALLEST_BATCH = 256;
/** More would gain nothing, and the first message of a run leaves after the last was packed. */
const LARGEST_BATCH = 16_384;

/** See the head of the file. Ids of peers that are gone are ignored where a session may still report. */
export class Rib {
  /** Read access for the API and for tests. */
  readonly views: RibViews;
  /** Rows and octets, for those who copy all of it. */
  readonly raw: RawRoutes;
  readonly #options: RibOptions;
  readonly #identity: { -readonly [K in keyof RibIdentity]: RibIdentity[K] };
  readonly #nextHops: NextHopTable;
  readonly #attrs: AttributeStore;
  readonly #sources = new RouteSources();
  readonly #history = new RouteHistory();
  readonly #policies = new PolicyCache();
  readonly #groups: GroupMembership;
  readonly #families: Readonly<Record<Family, FamilyRib>>;
  readonly #local: LocalRoutes;
  readonly #peers = new Map<PeerId, PeerEntry>();
  /** Peers with something to be done in a run: re-import, group change, removal. */
  readonly #pending = new Set<PeerEntry>();
  readonly #familyOf = (family: Family): FamilyRib => this.#families[family];
  #listener: LocRibListener | undefined;
  #isScheduled = false;
  /** When the oldest UPDATE came in that a run has yet to look at. */
  #receivedAt: number | undefined;
  /** When the last run ended. */
  #ranAt = Number.NEGATIVE_INFINITY;
  /** Will schedule a run. */
  #heldBack: { cancel(): void } | undefined;
  #batch = 2048;
  /** As text, to compare. */
  #decision = JSON.stringify(DEFAULT_DECISION);

  constructor(options: RibOptions) {
    this.#options = options;
    this.#identity = identityOf(options);
    this.#nextHops = new NextHopTable(options.resolver);
    const { defaultLocalPref, hashSeed = 0 } = options;
    this.#attrs = new AttributeStore(this.#nextHops, defaultLocalPref, hashSeed);
    const tables = { attrs: this.#attrs, nextHops: this.#nextHops, sources: this.#sources };
    const shared = { ...tables, history: this.#history, hashSeed };
    this.#families = {
      'ipv4-unicast': new FamilyRib('ipv4-unicast', shared, options.maximumPaths),
      'ipv6-unicast': new FamilyRib('ipv6-unicast', shared, options.maximumPaths),
    };
    if (options.decision) this.setDecision(options.decision);
    this.#groups = new GroupMembership(this.#families, this.#policies, this.#identity);
    this.#local = new LocalRoutes(this.#identity, this.#familyOf);
    this.raw = new RawRoutes(this.#families);
    this.views = new RibViews(this.#families, this.#peers, options, this.#history);
  }

  /** Makes a peer known; it is down. The id is good until `removePeer`. */
  addPeer(peer: RibPeer): PeerId {
    const id = this.#sources.add(originOf(peer, 0));
    const filter = this.#filterOf(peer);
    const adjIn = new AdjRibIn(id, filter, this.#attrs, this.#familyOf, (family) =>
      this.#listener?.endOfRib?.(id, family),
    );
    this.#peers.set(id, {
      id,
      peer,
      adjIn,
      session: undefined,
      groups: new Map(),
      nextGroups: new Map(),
      isRemoved: false,
      reimport: undefined,
    });
    return id;
  }

  /** Takes over other settings: routes are judged anew, and only differences go out (RECONF). */
  updatePeer(id: PeerId, peer: RibPeer): void {
    const entry = this.#entry(id);
    const old = entry.peer;
    entry.peer = peer;
    if (importKeyOf(old, this.#policies) !== importKeyOf(peer, this.#policies)) {
      entry.adjIn.setFilter(this.#filterOf(peer));
      this.#startReimport(entry);
    }
    this.#setOrigin(entry, this.#sources.get(id).routerId);
    if (this.#groups.regroup(entry)) this.#pending.add(entry);
    this.#schedule();
  }

  /** Withdraws the peer's routes and forgets it. */
  removePeer(id: PeerId): void {
    const entry = this.#entry(id);
    this.peerDown(id, { keepStale: [] });
    entry.isRemoved = true;
    this.#pending.add(entry);
  }

  /** The session is Established: the peer gets everything, then End-of-RIB. */
  peerUp(id: PeerId, terms: RibSession): void {
    const entry = this.#entry(id);
    this.#groups.leave(entry);
    this.#setOrigin(entry, terms.remoteRouterId);
    entry.adjIn.startSession(terms.wire, terms.families, terms.pairedNextHop);
    const outbox = new Outbox(id, terms.outbound);
    entry.session = { terms, outbox };
    for (const family of FAMILIES) {
      if (terms.families.includes(family)) this.#groups.join(entry, family);
      else entry.adjIn.sessionDown(family, false);
    }
    this.#schedule();
  }

  /** Our address beside that of the session is another: what had it as next hop is told anew. */
  setLocalAddressOther(id: PeerId, localAddressOther: Address | undefined): void {
    this.#changeTerms(id, { localAddressOther });
  }

  /** Our routes are complete: a peer that was deferred is told the rest, then End-of-RIB. */
  endDeferral(id: PeerId): void {
    this.#changeTerms(id, { deferral: undefined });
  }

  /**
   * The session is gone.
   *
   * @param options.keepStale families whose routes stay for a graceful restart, until End-of-RIB or
   *   `flushStale`
   */
  peerDown(id: PeerId, options: { readonly keepStale: readonly Family[] }): void {
    const entry = this.#peers.get(id);
    if (!entry) return;
    this.#history.now = this.#options.now();
    this.#groups.leave(entry);
    entry.session = undefined;
    for (const family of FAMILIES) {
      entry.adjIn.sessionDown(family, options.keepStale.includes(family));
    }
    this.#schedule();
  }

  /** Withdraws what a restarting peer has not announced again (RFC 4724 §4.2). */
  flushStale(id: PeerId, family: Family): void {
    this.#history.now = this.#options.now();
    this.#peers.get(id)?.adjIn.flushStale(family);
    this.#schedule();
  }

  /** Keeps what is stale beyond the restart time, as the last resort (RFC 9494 §4.2). */
  keepLongLived(id: PeerId, family: Family): void {
    const entry = this.#entry(id);
    entry.adjIn.keepLongLived(family);
    entry.reimport = reimportStart();
    this.#pending.add(entry);
    this.#schedule();
  }

  /**
   * Takes in the whole UPDATE message at `[at, end)`, header included.
   *
   * @returns the fault, if any: see `walkUpdate`
   */
  receiveUpdate(id: PeerId, bytes: Uint8Array, at: number, end: number): UpdateFault | undefined {
    const { adjIn } = this.#entry(id);
    const now = this.#options.now();
    this.#receivedAt ??= now;
    this.#history.now = now;
    adjIn.beginMessage(Math.floor(now / 1000));
    const fault = walkUpdate(bytes, at, end, adjIn.wire, adjIn);
    adjIn.endMessage();
    this.#scheduleReceived();
    return strongerFault(fault, adjIn.discarded);
  }

  /** The peer takes more bytes again after `OutboundPeer.send` answered false. */
  peerWritable(id: PeerId): void {
    const session = this.#peers.get(id)?.session;
    if (!session) return;
    session.outbox.isWritable = true;
    this.#schedule();
  }

  /** The peer asks for everything again (RFC 2918). */
  routeRefresh(id: PeerId, family: Family): void {
    const { groups, session } = this.#entry(id);
    groups.get(family)?.refresh(id, session?.terms.hasEnhancedRefresh ?? false);
    this.#schedule();
  }

  /** The peer begins to send everything again (RFC 7313); what it has not repeated by the end goes. */
  beginRefresh(id: PeerId, family: Family): void {
    this.#entry(id).adjIn.beginRefresh(family);
  }

  /** The session was lost before the end. */
  cancelRefresh(id: PeerId, family: Family): void {
    this.#entry(id).adjIn.cancelRefresh(family);
  }

  endRefresh(id: PeerId, family: Family): void {
    this.#history.now = this.#options.now();
    this.#entry(id).adjIn.flushStale(family);
    this.#schedule();
  }

  /** Judges all routes of a peer anew. */
  reimport(id: PeerId): void {
    this.#startReimport(this.#entry(id));
    this.#schedule();
  }

  /** Brings in a local route, or replaces the one with the same prefix and source. */
  originate(route: LocalRoute): void {
    this.#local.originate(route, Math.floor(this.#options.now() / 1000));
    this.#schedule();
  }

  withdrawLocal(prefix: Prefix, source: LocalRoute['source']): void {
    this.#history.now = this.#options.now();
    this.#local.withdraw(prefix, source);
    this.#schedule();
  }

  setListener(listener: LocRibListener): void {
    this.#listener = listener;
  }

  /** Next hops may resolve otherwise now: decision looks again at the routes that use them. */
  nextHopsChanged(): void {
    const changed = this.#nextHops.resolveAll();
    if (!changed.includes(1)) return;
    for (const family of FAMILIES) this.#families[family].nextHopsChanged(changed);
    this.#schedule();
  }

  /** Takes over another identity; routes are judged anew in both directions. */
  setIdentity(options: RibIdentityOptions): void {
    const identity = identityOf(options);
    if (JSON.stringify(identity) === JSON.stringify(this.#identity)) return;
    Object.assign(this.#identity, identity);
    this.#attrs.setDefaultLocalPref(identity.defaultLocalPref);
    for (const entry of this.#peers.values()) {
      entry.adjIn.setFilter(this.#filterOf(entry.peer));
      this.#startReimport(entry);
    }
    for (const family of FAMILIES) this.#families[family].markAll();
    this.#groups.rescan();
    this.#schedule();
  }

  /** Decides by other rules from now on; what that changes is told, sessions stay up. */
  setDecision(options: DecisionOptions): void {
    const text = JSON.stringify(options);
    if (text === this.#decision) return;
    this.#decision = text;
    for (const family of FAMILIES) this.#families[family].setDecision(options);
    this.#schedule();
  }

  /** Lets other numbers of paths share the traffic of a prefix (FIB-10). */
  setMaximumPaths(maximum: number): void {
    for (const family of FAMILIES) this.#families[family].setMaximumPaths(maximum);
    this.#schedule();
  }

  /** What other settings of peers would do, without doing it; good until the tables change. */
  preview(changed: ReadonlyMap<PeerId, RibPeer>, gone: ReadonlySet<PeerId>): RibPreview {
    const parts = {
      families: this.#families,
      peers: this.#peers,
      policies: this.#policies,
      identity: this.#identity,
      filterOf: (peer: RibPeer) => this.#filterOf(peer),
    };
    return new RibPreview(parts, changed, gone);
  }

  /** Tells somebody outside what the tables hold, until it is closed. @param wake there is something to take */
  monitor(views: ReadonlySet<MonitorView>, wake: () => void): RouteMonitor {
    const schedule = () => {
      if (this.hasWork) this.#schedule();
    };
    const tables = { families: this.#families, peers: this.#peers, identity: this.#identity };
    return new RouteMonitor({ ...tables, views, wake, schedule });
  }

  /** Paths received and accepted, and routes advertised, of a peer. */
  counters(id: PeerId, family: Family): InboundCounters & { readonly advertised: number } {
    const { adjIn, groups } = this.#entry(id);
    const { received, accepted } = adjIn.counters(family);
    return { received, accepted, advertised: groups.get(family)?.countFor(id) ?? 0 };
  }

  /** True while something waits for a run. */
  get hasWork(): boolean {
    return this.#pending.size > 0 || FAMILIES.some((family) => this.#families[family].hasWork);
  }

  /**
   * A run costs a write per peer. So when another has just been, it waits for more: single changes that
   * keep coming share runs, and one that comes alone is passed on at once.
   */
  #scheduleReceived(): void {
    if (this.#isScheduled) return;
    const { setTimer, now } = this.#options;
    const waitMs = setTimer ? this.#ranAt + HOLD_BACK_MS - now() : 0;
    if (!setTimer || waitMs <= 0 || this.#dirtyCount >= HELD_BACK_MAXIMUM) this.#schedule();
    else this.#heldBack ??= setTimer(waitMs, () => this.#schedule());
  }

  get #dirtyCount(): number {
    return this.#families['ipv4-unicast'].dirtyCount + this.#families['ipv6-unicast'].dirtyCount;
  }

  #changeTerms(id: PeerId, changes: Partial<RibSession>): void {
    const entry = this.#peers.get(id);
    if (!entry?.session) return;
    const { terms, outbox } = entry.session;
    entry.session = { terms: { ...terms, ...changes }, outbox };
    if (this.#groups.regroup(entry)) this.#pending.add(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#heldBack?.cancel();
    this.#heldBack = undefined;
    this.#options.schedule(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    const startedAt = this.#options.now();
    this.#history.now = startedAt;
    const isFull = FAMILIES.some((family) => this.#families[family].dirtyCount >= this.#batch);
    for (const entry of this.#pending) if (entry.reimport) this.#reimport(entry);
    for (const family of FAMILIES) this.#families[family].run(this.#batch, this.#listener);
    for (const entry of this.#pending) this.#settle(entry);
    this.#ranAt = this.#options.now();
    this.#adapt(this.#ranAt - startedAt, isFull);
    if (this.hasWork) this.#schedule();
    else this.#caughtUp();
  }

  #caughtUp(): void {
    const receivedAt = this.#receivedAt;
    this.#receivedAt = undefined;
    this.#listener?.caughtUp?.(receivedAt);
  }

  /** The batch follows the time a run took. */
  #adapt(elapsedMs: number, isFull: boolean): void {
    const { budgetMs } = this.#options;
    if (elapsedMs > budgetMs) {
      const fitting = Math.floor((this.#batch * budgetMs) / elapsedMs);
      this.#batch = Math.max(SMALLEST_BATCH, fitting);
    } else if (isFull && elapsedMs < budgetMs / 2) {
      this.#batch = Math.min(LARGEST_BATCH, this.#batch * 2);
    }
  }

  #startReimport(entry: PeerEntry): void {
    entry.reimport = reimportStart();
    this.#pending.add(entry);
  }

  #reimport(entry: PeerEntry): void {
    const place = entry.reimport!;
    const row = entry.adjIn.reimport(place.family, place.row, this.#batch);
    const next = FAMILIES[FAMILIES.indexOf(place.family) + 1];
    if (row !== 0) entry.reimport = { family: place.family, row };
    else entry.reimport = next ? { family: next, row: 1 } : undefined;
  }

  /** Carries out what had to wait for the run: group changes, and the end of a removed peer. */
  #settle(entry: PeerEntry): void {
    this.#groups.settle(entry);
    if (entry.isRemoved && !this.#hasPaths(entry.id)) {
      this.#peers.delete(entry.id);
      this.#history.retire(entry.id, entry.peer.name);
      this.#sources.remove(entry.id);
      this.#groups.forget(); // the next peer with this id may be of another kind
    } else if (entry.isRemoved || entry.reimport || entry.nextGroups.size > 0) {
      return;
    }
    this.#pending.delete(entry);
  }

  #hasPaths(id: PeerId): boolean {
    return FAMILIES.some((family) => this.#families[family].tables.paths.nextOfPeer(id, 1) !== 0);
  }

  /** A peer's role and router id count in decision and export of its routes. */
  #setOrigin(entry: PeerEntry, routerId: number): void {
    const old = this.#sources.get(entry.id);
    const origin = originOf(entry.peer, routerId);
    this.#sources.replace(entry.id, origin);
    if (isSameOrigin(old, origin)) return;
    if (old.routerId !== 0) this.#groups.forget();
    if (!this.#hasPaths(entry.id)) return;
    for (const family of FAMILIES) this.#families[family].markAll();
    this.#groups.rescan();
  }

  #filterOf(peer: RibPeer): ImportFilter {
    const policy = this.#policies.get(peer.importRules, peer);
    return new ImportFilter(peer, policy, this.#attrs, this.#identity);
  }

  #entry(id: PeerId): PeerEntry {
    const entry = this.#peers.get(id);
    if (!entry) throw new RangeError(`No peer has the id ${id}.`);
    return entry;
  }
}

/** In what decision and export look at. */
function isSameOrigin(a: RouteOrigin, b: RouteOrigin): boolean {
  return (
    a.routerId === b.routerId &&
    a.name === b.name &&
    a.kind === b.kind &&
    a.isClient === b.isClient &&
    a.clusterId === b.clusterId
  );
}

function identityOf(options: RibIdentityOptions): RibIdentity {
  const { routerId, clusterId = routerId, defaultLocalPref, normalPriority } = options;
  const { otherClusterIds = [], reflectsBetweenClients = true } = options;
  const clusters = { clusterId, otherClusterIds, reflectsBetweenClients };
  return { routerId, ...clusters, defaultLocalPref, normalPriority };
}

/** Equal for settings that judge received routes alike. */
function importKeyOf(peer: RibPeer, policies: PolicyCache): string {
  const { allowLocalAs, localAsNumber, isRouteReflectorClient, enforceFirstAs, role, weight } =
    peer;
  const policy = policies.keyOf(peer.importRules, peer);
  const rules = [allowLocalAs, localAsNumber, isRouteReflectorClient, enforceFirstAs, role, weight];
  const { localAs, allowsOwnCluster = false } = peer;
  return [policy, ...rules, allowsOwnCluster, JSON.stringify(localAs ?? '')].join(' ');
}
