/**
 * Adj-RIB-In of one peer: the sink of its UPDATE messages.
 *
 * Receiving only interns, writes the path's row and marks the prefix dirty; decision comes later.
 * Rejected routes keep their row, with the reason, so that views show them and a changed policy can
 * take them in without asking the peer again.
 */
import {
  COMMUNITY_LLGR_STALE,
  COMMUNITY_NO_LLGR,
  sortCommunities,
} from '../bgp/wire/communities.ts';
import type { UpdateFault } from '../bgp/wire/update-fault.ts';
import type { UpdateSink } from '../bgp/wire/update-sink.ts';
import type { WireOptions } from '../bgp/wire/wire-options.ts';
import type { Family } from '../net/family.ts';
import { ATTRS_LLGR_STALE } from './attribute-columns.ts';
import type { AttributeStore } from './attribute-store.ts';
import type { FamilyRib } from './family-rib.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import type { ImportFilter } from './import-filter.ts';
import { isMartian } from './martian.ts';
import {
  PATH_ELEVATED,
  PATH_LONG_LIVED,
  PATH_STALE,
  PATH_WITHDRAWN,
  type PathReason,
} from './path-table.ts';
import type { HistoryEvent } from './route-history.ts';

/** Paths of one peer and family, as plain integers. */
export interface InboundCounters {
  /** In the Adj-RIB-In. */
  received: number;
  /** Of these, candidates for decision. */
  accepted: number;
}

/** Stands in before the first session; no message comes then. */
const NO_SESSION: WireOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
};

/** A global and a link-local next hop. */
const PAIR_SIZE = 32;

/** The address of a stored prefix, for a moment. */
const octets = new Uint8Array(16);

export class AdjRibIn implements UpdateSink {
  readonly peer: PeerId;
  readonly #attrs: AttributeStore;
  readonly #family: (family: Family) => FamilyRib;
  readonly #counters: Record<Family, InboundCounters> = {
    'ipv4-unicast': { received: 0, accepted: 0 },
    'ipv6-unicast': { received: 0, accepted: 0 },
  };
  readonly #onEndOfRib: (family: Family) => void;
  #filter: ImportFilter;
  #wire = NO_SESSION;
  /** What the session agreed on; routes of other families are ignored (RFC 4760 §8). */
  #families: readonly Family[] = [];
  #paired: (nextHop: Uint8Array) => void = () => undefined;
  /** Next hops that came last in a pair. */
  readonly #pair = new Uint8Array(PAIR_SIZE);
  #nowSec = 0;
  /** The attributes of the `reach` calls that follow; one reference is ours. */
  #current = 0 as AttrsId;
  #loop: PathReason = 'none';
  #discarded: UpdateFault | undefined;
  readonly #onDiscard = (fault: UpdateFault): void => {
    this.#discarded ??= fault;
  };

  constructor(
    peer: PeerId,
    filter: ImportFilter,
    attrs: AttributeStore,
    family: (family: Family) => FamilyRib,
    onEndOfRib: (family: Family) => void = () => {},
  ) {
    this.#onEndOfRib = onEndOfRib;
    this.peer = peer;
    this.#filter = filter;
    this.#attrs = attrs;
    this.#family = family;
  }

  /** The first fault of the message that cost an attribute only. */
  get discarded(): UpdateFault | undefined {
    return this.#discarded;
  }

  counters(family: Family): InboundCounters {
    return this.#counters[family];
  }

  /** How messages of the current session are encoded. */
  get wire(): WireOptions {
    return this.#wire;
  }

  /** @param paired told of each other pair of next hops (RFC 2545 §3), 32 octets, borrowed */
  startSession(
    wire: WireOptions,
    families: readonly Family[],
    paired: (nextHop: Uint8Array) => void = () => undefined,
  ): void {
    this.#wire = wire;
    this.#families = families;
    this.#paired = paired;
    this.#pair.fill(0);
  }

  /** Takes another filter for what comes; see {@link reimport} for what is there. */
  setFilter(filter: ImportFilter): void {
    this.#filter = filter;
  }

  /** The import rule that rejects a stored path; undefined when none does. */
  rejectingRule(family: Family, path: PathId) {
    const { tables } = this.#family(family);
    const { paths } = tables;
    return this.#filter.rejectingRule(tables, paths.prefix(path), paths.received(path));
  }

  /** Called before a message is walked. */
  beginMessage(nowSec: number): void {
    this.#discarded = undefined;
    this.#nowSec = nowSec;
  }

  /** Called when the message is done: forgets its attributes. */
  endMessage(): void {
    this.#attrs.release(this.#current);
    this.#current = 0 as AttrsId;
  }

  attributes(
    family: Family,
    bytes: Uint8Array,
    at: number,
    end: number,
    nextHop: Uint8Array | undefined,
  ): UpdateFault | undefined {
    const set = this.#attrs.internRaw(bytes, at, end, family, nextHop, this.#wire, this.#onDiscard);
    this.endMessage();
    if (typeof set !== 'number') return set;
    if (nextHop?.length === PAIR_SIZE) this.#notePair(nextHop);
    this.#current = set;
    this.#loop = this.#filter.checkLoops(set);
    return undefined;
  }

  #notePair(nextHop: Uint8Array): void {
    if (this.#pair.every((octet, i) => octet === nextHop[i])) return;
    this.#pair.set(nextHop);
    this.#paired(nextHop);
  }

  reach(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    if (!this.#families.includes(family)) return;
    const rib = this.#family(family);
    const { paths, prefixes } = rib.tables;
    const prefix = prefixes.intern(bytes, at, bits);
    const known = paths.find(prefix, this.peer, pathId);
    if (known !== 0 && this.#isRepeat(rib, known)) return;
    const path = known || paths.add(prefix, this.peer, pathId);
    const isNew = known === 0 || paths.has(path, PATH_WITHDRAWN);
    if (isNew) this.#counters[family].received++;
    else this.#countAccepted(rib, path, -1);
    paths.clear(path, PATH_WITHDRAWN | PATH_STALE | PATH_LONG_LIVED);
    const bar = this.#barOf(family, bytes, at, bits, this.#loop);
    const hasChanged = this.#import(rib, path, prefix, this.#current, bar);
    paths.setSince(path, this.#nowSec);
    if (hasChanged || isNew) rib.markChanged(path);
    else rib.markDirty(prefix); // its age may count
  }

  withdraw(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    if (!this.#families.includes(family)) return;
    const rib = this.#family(family);
    const { paths, prefixes } = rib.tables;
    const prefix = prefixes.find(bytes, at, bits);
    const path = prefix === 0 ? 0 : paths.find(prefix, this.peer, pathId);
    if (path !== 0) this.#withdrawPath(rib, path as PathId, 'withdrawn');
  }

  /** Routes of a restarted peer that were not announced again go (RFC 4724 §4.2). */
  endOfRib(family: Family): void {
    if (!this.#families.includes(family)) return;
    this.flushStale(family);
    this.#onEndOfRib(family);
  }

  /**
   * Withdraws every path, or keeps them as stale for a restarting peer. What is stale from an earlier
   * restart goes (RFC 4724 §4.2), unless it is kept for long (RFC 9494 §4.2).
   */
  sessionDown(family: Family, keepStale: boolean): void {
    const rib = this.#family(family);
    const { paths } = rib.tables;
    this.#forEachPath(rib, (path) => {
      const isOld = paths.has(path, PATH_STALE) && !paths.has(path, PATH_LONG_LIVED);
      if (keepStale && !isOld) paths.set(path, PATH_STALE);
      else this.#withdrawPath(rib, path, 'session-lost');
    });
  }

  /** The restart time is over: stale paths are marked, and judged anew by `reimport`. */
  keepLongLived(family: Family): void {
    const rib = this.#family(family);
    const { paths } = rib.tables;
    this.#forEachPath(rib, (path) => {
      if (paths.has(path, PATH_STALE)) paths.set(path, PATH_LONG_LIVED);
    });
  }

  /** The peer is about to send everything again: what it does not repeat is gone (RFC 7313 §4). */
  beginRefresh(family: Family): void {
    const rib = this.#family(family);
    this.#forEachPath(rib, (path) => rib.tables.paths.set(path, PATH_STALE));
  }

  /** The refresh will not be finished: its marks go, so that a restart does not take them for its own. */
  cancelRefresh(family: Family): void {
    const rib = this.#family(family);
    const { paths } = rib.tables;
    this.#forEachPath(rib, (path) => {
      if (!paths.has(path, PATH_LONG_LIVED)) paths.clear(path, PATH_STALE);
    });
  }

  /** Withdraws the paths still stale. */
  flushStale(family: Family): void {
    const rib = this.#family(family);
    this.#forEachPath(rib, (path) => {
      if (rib.tables.paths.has(path, PATH_STALE)) this.#withdrawPath(rib, path, 'not-repeated');
    });
  }

  /**
   * Judges stored paths anew, from row `from` on.
   *
   * @param maximum how many paths at most
   * @returns the row to go on with, 0 when all are done
   */
  reimport(family: Family, from: number, maximum: number): number {
    const rib = this.#family(family);
    const { paths } = rib.tables;
    let path = paths.nextOfPeer(this.peer, from);
    for (let count = 0; path !== 0 && count < maximum; count++) {
      if (!paths.has(path, PATH_WITHDRAWN)) this.#reimportPath(rib, path);
      path = paths.nextOfPeer(this.peer, path + 1);
    }
    return path;
  }

  /** The same attributes again, which the table already has. */
  #isRepeat(rib: FamilyRib, path: PathId): boolean {
    const { paths } = rib.tables;
    if (paths.received(path) !== this.#current) return false;
    if (paths.has(path, PATH_WITHDRAWN | PATH_LONG_LIVED)) return false;
    paths.clear(path, PATH_STALE);
    return true;
  }

  #reimportPath(rib: FamilyRib, path: PathId): void {
    const { paths } = rib.tables;
    const received = paths.received(path);
    if (paths.has(path, PATH_LONG_LIVED) && this.#refusesLongLife(received)) {
      this.#withdrawPath(rib, path, 'not-repeated');
      return;
    }
    this.#countAccepted(rib, path, -1);
    const { family, prefixes } = rib.tables;
    const prefix = paths.prefix(path);
    prefixes.writeAddress(prefix, octets, 0);
    const loop = this.#filter.checkLoops(received);
    const bar = this.#barOf(family, octets, 0, prefixes.length(prefix), loop);
    if (this.#import(rib, path, prefix, received, bar)) rib.markChanged(path);
  }

  #barOf(
    family: Family,
    bytes: Uint8Array,
    at: number,
    bits: number,
    loop: PathReason,
  ): PathReason {
    return loop === 'none' && isMartian(family, bytes, at, bits) ? 'martian' : loop;
  }

  /** Judges the path and writes the outcome; answers whether it differs from before. */
  #import(
    rib: FamilyRib,
    path: PathId,
    prefix: PrefixId,
    received: AttrsId,
    bar: PathReason,
  ): boolean {
    const { paths } = rib.tables;
    const oldReceived = paths.received(path);
    const oldAttrs = paths.attrs(path);
    const wasElevated = paths.has(path, PATH_ELEVATED);
    const oldWeight = paths.weight(path);
    const judged = this.#markedIfLongLived(paths.has(path, PATH_LONG_LIVED), received);
    const verdict = this.#filter.judge(rib.tables, prefix, judged, bar);
    const { reason, attrs } = verdict;
    // Nothing lifts a route that its source left long ago (RFC 9494 §4.3).
    const isLastResort = this.#attrs.columns.has(attrs, ATTRS_LLGR_STALE);
    const isElevated = verdict.isElevated && !isLastResort;
    const weight = isLastResort ? 0 : verdict.weight;
    this.#attrs.release(judged);
    this.#attrs.retain(received);
    paths.setAttrs(path, received, attrs);
    paths.setReason(path, reason);
    paths.setWeight(path, weight);
    if (isElevated) paths.set(path, PATH_ELEVATED);
    else paths.clear(path, PATH_ELEVATED);
    this.#attrs.release(oldReceived);
    this.#attrs.release(oldAttrs);
    this.#countAccepted(rib, path, 1);
    return attrs !== oldAttrs || isElevated !== wasElevated || weight !== oldWeight;
  }

  /** RFC 9494 §4.2: such a route is not kept beyond the restart time. */
  #refusesLongLife(received: AttrsId): boolean {
    return this.#attrs.attributes(received).communities.includes(COMMUNITY_NO_LLGR);
  }

  /** The set to judge, with LLGR_STALE where it is due (RFC 9494 §4.3); the caller owns one reference. */
  #markedIfLongLived(isLongLived: boolean, received: AttrsId): AttrsId {
    if (!isLongLived || this.#attrs.columns.has(received, ATTRS_LLGR_STALE)) {
      this.#attrs.retain(received);
      return received;
    }
    const attributes = this.#attrs.attributes(received);
    const marked = Uint32Array.of(...attributes.communities, COMMUNITY_LLGR_STALE);
    return this.#attrs.intern({ ...attributes, communities: sortCommunities(marked) });
  }

  #withdrawPath(rib: FamilyRib, path: PathId, event: HistoryEvent): void {
    const { paths, prefixes, family, history } = rib.tables;
    if (paths.has(path, PATH_WITHDRAWN)) return;
    history.note(prefixes, paths.prefix(path), event, this.peer);
    this.#countAccepted(rib, path, -1);
    this.#counters[family].received--;
    paths.set(path, PATH_WITHDRAWN);
    paths.clear(path, PATH_STALE | PATH_LONG_LIVED);
    rib.markDirty(paths.prefix(path));
  }

  #countAccepted(rib: FamilyRib, path: PathId, by: number): void {
    if (rib.tables.paths.attrs(path) !== 0) this.#counters[rib.tables.family].accepted += by;
  }

  #forEachPath(rib: FamilyRib, visit: (path: PathId) => void): void {
    const { paths } = rib.tables;
    let path = paths.nextOfPeer(this.peer, 1);
    for (; path !== 0; path = paths.nextOfPeer(this.peer, path + 1)) visit(path);
  }
}
