/**
 * Read access to the tables, for the API, for `explain` and for tests. Everything is made on demand;
 * iterators let a million routes stream. Nothing may change the RIB while one is being read.
 */
import { linkBandwidthOf } from '../bgp/wire/link-bandwidth.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import type { Address } from '../net/address.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { RouteSource } from '../policy/model.ts';
import { type DecisionStep, type StepValue, stepValue } from './decision-steps.ts';
import type { ExportExplanation } from './exporter.ts';
import type { FamilyRib } from './family-rib.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import { PATH_BEST, PATH_STALE, PATH_WITHDRAWN, type PathReason } from './path-table.ts';
import type { PeerEntry } from './peer-entry.ts';
import type { AdvertisedView, NextHopState, PathView } from './ports.ts';
import type { RouteHistory } from './route-history.ts';
import type { UpdateGroup } from './update-group.ts';

const NO_PREFIX = 0 as PrefixId;

/** A candidate in the order of preference. */
export interface RankedPath {
  readonly path: PathId;
  /** 1 is the best. */
  readonly rank: number;
  /** Undefined for the best. */
  readonly loss:
    | {
        readonly step: DecisionStep;
        /** Whom it lost to: the best path, or where MED removed it, the one with the lower MED. */
        readonly against: PathId;
        readonly value: StepValue;
        readonly againstValue: StepValue;
      }
    | undefined;
}

export class RibViews {
  readonly #families: Readonly<Record<Family, FamilyRib>>;
  readonly #peers: ReadonlyMap<PeerId, PeerEntry>;
  readonly #options: { now(): number };
  /** What became of routes lately. */
  readonly history: RouteHistory;

  constructor(
    families: Readonly<Record<Family, FamilyRib>>,
    peers: ReadonlyMap<PeerId, PeerEntry>,
    options: { now(): number },
    history: RouteHistory,
  ) {
    this.history = history;
    this.#families = families;
    this.#peers = peers;
    this.#options = options;
  }

  /** Every prefix with a path. May be read on after the RIB has run: prefixes that went are skipped. */
  *prefixIds(family: Family): Generator<PrefixId> {
    const { paths, prefixes } = this.#families[family].tables;
    for (let id = 1; id < prefixes.limit; id++) {
      if (paths.head(id as PrefixId) !== 0) yield id as PrefixId;
    }
  }

  /**
   * The first prefix that has usable paths of these peers only, or where the look stopped.
   *
   * @param from the prefix to begin with
   * @param most prefixes to look at
   * @returns undefined when every prefix from there on has others, or none
   */
  firstBroughtOnlyBy(
    family: Family,
    peers: ReadonlySet<PeerId>,
    from: PrefixId,
    most: number,
  ): PrefixId | undefined {
    const { limit } = this.#families[family].tables.prefixes;
    const end = Math.min(limit, from + most);
    for (let id: number = from; id < end; id++) {
      if (this.#isBroughtOnlyBy(family, peers, id as PrefixId)) return id as PrefixId;
    }
    return end < limit ? (end as PrefixId) : undefined;
  }

  #isBroughtOnlyBy(family: Family, peers: ReadonlySet<PeerId>, prefix: PrefixId): boolean {
    const { paths } = this.#families[family].tables;
    let isBrought = false;
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (!paths.isCandidate(path)) continue;
      if (!peers.has(paths.peer(path))) return false;
      isBrought = true;
    }
    return isBrought;
  }

  /** The best path of every prefix. */
  *locRib(family: Family): Generator<PathView> {
    const { locRib } = this.#families[family].tables;
    for (const id of this.prefixIds(family)) {
      const path = locRib.best(id);
      if (path !== 0) yield this.path(family, path);
    }
  }

  /** Every path, of one prefix or of all; the best first. */
  *paths(family: Family, prefix?: PrefixId): Generator<PathView> {
    const ids = prefix === undefined ? this.prefixIds(family) : [prefix];
    for (const id of ids) yield* this.#pathsOf(family, id);
  }

  /** What a peer announced, rejected routes included. */
  *adjIn(peer: PeerId): Generator<PathView> {
    for (const family of FAMILIES) {
      const { paths } = this.#families[family].tables;
      for (const path of paths.ofPeer(peer)) {
        if (!paths.has(path, PATH_WITHDRAWN)) yield this.path(family, path);
      }
    }
  }

  /**
   * What a peer is told; of a lagging peer, what it will have been told. May be read on after the RIB
   * has run: it follows the peer to another group, and ends with its session.
   */
  *adjOut(peer: PeerId): Generator<AdvertisedView> {
    for (const family of FAMILIES) yield* this.#adjOut(peer, family);
  }

  /** One path by its row. */
  path(family: Family, path: PathId): PathView {
    const { paths, attrs, nextHops } = this.#families[family].tables;
    const prefixId = paths.prefix(path);
    const accepted = paths.attrs(path);
    const isReachable = nextHops.state(attrs.columns.nextHop(accepted)).isReachable;
    return {
      prefix: this.prefixText(family, prefixId),
      prefixId,
      path,
      pathId: paths.remoteId(path),
      peer: paths.peer(path),
      attrs: accepted === 0 ? paths.received(path) : accepted,
      isBest: paths.has(path, PATH_BEST),
      isValid: paths.isCandidate(path) && isReachable,
      isStale: paths.has(path, PATH_STALE),
      reason: paths.reason(path),
      weight: paths.weight(path),
      ageMs: Math.max(0, this.#options.now() - paths.since(path) * 1000),
    };
  }

  attributes(attrs: AttrsId): PathAttributes {
    return this.#families['ipv4-unicast'].tables.attrs.attributes(attrs);
  }

  /** Attributes as a peer sent them, before import. */
  receivedAttributes(family: Family, path: PathId): PathAttributes {
    return this.attributes(this.#families[family].tables.paths.received(path));
  }

  /** The import rule that rejected a path with reason `policy`, found by asking again. */
  rejectingRule(family: Family, { peer, path }: PathView) {
    return this.#peers.get(peer)?.adjIn.rejectingRule(family, path);
  }

  /** What is known of a set's next hop. */
  nextHopState(attrs: AttrsId): NextHopState {
    const { tables } = this.#families['ipv4-unicast'];
    return tables.nextHops.state(tables.attrs.columns.nextHop(attrs));
  }

  /** Kind of the source a path came from. */
  sourceKind(peer: PeerId): RouteSource {
    return this.#families['ipv4-unicast'].tables.sources.get(peer).kind;
  }

  /** True for what no peer sent. */
  isLocalSource(peer: PeerId): boolean {
    return !this.#families['ipv4-unicast'].tables.sources.get(peer).isBgp;
  }

  /** Session label of a peer; the kind for local sources. */
  sourceName(peer: PeerId): string {
    return this.#peers.get(peer)?.peer.name ?? this.sourceKind(peer);
  }

  /** What forwarding needs of an accepted path. */
  forwardingFacts(
    family: Family,
    path: PathId,
  ): { readonly source: RouteSource; readonly nextHop: Address; readonly localPref: number } {
    const { paths, attrs, nextHops, sources } = this.#families[family].tables;
    const set = paths.attrs(path);
    return {
      source: sources.get(paths.peer(path)).kind,
      nextHop: nextHops.address(attrs.columns.nextHop(set)),
      localPref: attrs.columns.localPref(set),
    };
  }

  /** What the path says of its bandwidth, in octets per second; undefined when nothing. */
  linkBandwidth(family: Family, path: PathId): number | undefined {
    const { paths, attrs } = this.#families[family].tables;
    return linkBandwidthOf(attrs.attributes(paths.attrs(path)).extendedCommunities);
  }

  bestPath(family: Family, prefix: PrefixId): PathId {
    return this.#families[family].tables.locRib.best(prefix);
  }

  /** The paths that share the traffic of a prefix, the best first (FIB-10). */
  multipath(family: Family, prefix: PrefixId, atMost?: number): PathId[] {
    const { decision, tables, maximumPaths } = this.#families[family];
    const maximum = atMost ?? maximumPaths;
    return decision.multipath(prefix, tables.locRib.best(prefix), maximum);
  }

  prefixText(family: Family, prefix: PrefixId): string {
    return this.#families[family].tables.prefixes.text(prefix);
  }

  /** The prefix as a value, for those who keep it. */
  prefix(family: Family, prefix: PrefixId): Prefix {
    return this.#families[family].tables.prefixes.value(prefix);
  }

  /** The id of a prefix, 0 when the table does not know it. */
  findPrefix({ family, address, length }: Prefix): PrefixId {
    return this.#families[family].tables.prefixes.find(address, 0, length);
  }

  /**
   * The longest prefix with a best path that contains an address; 0 when there is none.
   *
   * @param needsBest false: any path will do, also one that import rejected
   */
  lookup(address: Address, needsBest = true): PrefixId {
    const family = address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
    const { locRib, paths, prefixes } = this.#families[family].tables;
    const isWanted = (id: PrefixId) => (needsBest ? locRib.best(id) : paths.head(id)) !== 0;
    return prefixes.longestMatch(address, isWanted) || NO_PREFIX;
  }

  /** All candidates of a prefix, the best first, and for each other the step it lost at and to whom. */
  decision(family: Family, prefix: PrefixId): readonly RankedPath[] {
    const { decision, tables } = this.#families[family];
    const ranked = decision.rank(prefix, Number.POSITIVE_INFINITY);
    return ranked.map((path, index) => {
      const loss = decision.lossOf(ranked[0]!, path);
      if (!loss) return { path, rank: index + 1, loss: undefined };
      const value = this.#stepValue(tables, path, loss.step);
      const againstValue = this.#stepValue(tables, loss.against, loss.step);
      return { path, rank: index + 1, loss: { ...loss, value, againstValue } };
    });
  }

  /** Of `oldest` the age in seconds. */
  #stepValue(tables: FamilyRib['tables'], path: PathId, step: DecisionStep): StepValue {
    const value = stepValue(tables, path, step);
    if (step !== 'oldest') return value;
    return Math.floor(this.#options.now() / 1000) - Number(value);
  }

  /** Why a path is told to a peer or not; undefined when the peer is down for the family. */
  explainExport(peer: PeerId, family: Family, path: PathId): ExportExplanation | undefined {
    return this.#peers.get(peer)?.groups.get(family)?.exporter.explain(path);
  }

  /** What a peer is told, or will have been told, about one prefix. */
  adjOutOf(peer: PeerId, family: Family, prefix: PrefixId): AdvertisedView[] {
    const group = this.#peers.get(peer)?.groups.get(family);
    if (!group) return [];
    const { paths } = this.#families[family].tables;
    const slots: number[] = [];
    if (!group.encoding.hasAddPath) slots.push(prefix);
    else for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) slots.push(path);
    return slots.flatMap((slot) => this.#advertised(group, family, slot, peer) ?? []);
  }

  /** Sizes of the tables, for metrics and leak tests. */
  sizes(family: Family): {
    readonly prefixes: number;
    readonly paths: number;
    readonly best: number;
    readonly attributeSets: number;
    readonly nextHops: number;
  } {
    const { prefixes, paths, locRib, attrs, nextHops } = this.#families[family].tables;
    return {
      prefixes: prefixes.size,
      paths: paths.size,
      best: locRib.size,
      attributeSets: attrs.size,
      nextHops: nextHops.size,
    };
  }

  /** Paths that import refused, by reason. */
  rejections(family: Family): Readonly<Record<Exclude<PathReason, 'none'>, number>> {
    const { none: _candidates, ...rejections } =
      this.#families[family].tables.paths.countByReason();
    return rejections;
  }

  *#adjOut(peer: PeerId, family: Family): Generator<AdvertisedView> {
    for (let slot = 1; ; slot++) {
      const group = this.#peers.get(peer)?.groups.get(family);
      if (!group || slot >= group.advertised.limit) return;
      const view = this.#advertised(group, family, slot, peer);
      if (view) yield view;
    }
  }

  #advertised(
    group: UpdateGroup,
    family: Family,
    slot: number,
    peer: PeerId,
  ): AdvertisedView | undefined {
    const attrs = group.advertised.attrsFor(slot, peer);
    if (attrs === 0) return undefined;
    const { hasAddPath } = group.encoding;
    const { paths } = this.#families[family].tables;
    const prefixId = hasAddPath ? paths.prefix(slot as PathId) : (slot as PrefixId);
    const prefix = this.prefixText(family, prefixId);
    const source = group.advertised.source(slot);
    return { prefix, prefixId, pathId: hasAddPath ? slot : 0, attrs, source };
  }

  *#pathsOf(family: Family, prefix: PrefixId): Generator<PathView> {
    const { paths, locRib } = this.#families[family].tables;
    const best = locRib.best(prefix);
    if (best !== 0) yield this.path(family, best);
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (path !== best && !paths.has(path, PATH_WITHDRAWN)) yield this.path(family, path);
    }
  }
}
