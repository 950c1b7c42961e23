/**
 * The decision process: RIB-1 and RIB-2, RFC 4271 §9.1.2.2 with the tie-breakers of RFC 4456 §9.
 *
 * Steps before MED order all paths of a prefix totally, so the best are found in one pass. MED holds only
 * among paths of one neighbouring AS, so it removes paths from the set that is left (RFC 4271
 * §9.1.2.2 c): the outcome never depends on the order of arrival. The steps behind it order the rest.
 */
import { ATTRS_LLGR_STALE } from './attribute-columns.ts';
import type { PathId, PrefixId } from './ids.ts';
import { PATH_ELEVATED } from './path-table.ts';
import type { RibTables } from './rib-tables.ts';
import { ELEVATED_PREFERENCE } from './route-sources.ts';

/** The steps in order; `compare` answers an index into this list. */
export const DECISION_STEPS = [
  'equal',
  'preference',
  'own-route',
  'next-hop-reachable',
  'llgr-stale',
  'local-pref',
  'as-path-length',
  'origin',
  'med',
  'ebgp-over-ibgp',
  'igp-cost',
  'router-id',
  'cluster-list-length',
  'peer-address',
  'path-id',
] as const;
export type DecisionStep = (typeof DECISION_STEPS)[number];

const STEP_MED = 8;
const NONE = 0 as PathId;

export class Decision {
  readonly #tables: RibTables;
  /** The paths that tie before MED; reused. */
  readonly #ties: PathId[] = [];
  /** Lowest MED by neighbouring AS; reused. */
  readonly #lowestMed = new Map<number, number>();

  constructor(tables: RibTables) {
    this.#tables = tables;
  }

  /** The best path of a prefix, 0 when it has no candidate. */
  select(prefix: PrefixId): PathId {
    const { paths } = this.#tables;
    let best = NONE;
    let ties = 0;
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (!paths.isCandidate(path)) continue;
      const order = best === 0 ? -1 : this.#compareEarly(best, path);
      if (order < 0) best = path;
      ties = order < 0 ? 1 : order === 0 ? ties + 1 : ties;
    }
    return ties > 1 ? this.#breakTies(prefix, best) : best;
  }

  /**
   * The paths that equal the best one up to IGP cost (FIB-10), the best first.
   *
   * @param maximum at most this many; own routes and kernel routes never share
   */
  multipath(prefix: PrefixId, best: PathId, maximum: number): PathId[] {
    if (best === 0) return [];
    const shared = [best];
    if (!this.#origin(best).isBgp) return shared;
    for (const path of this.#collectTies(prefix, best)) {
      if (shared.length >= maximum) break;
      if (path !== best && this.#compareCost(best, path) === 0) shared.push(path);
    }
    return shared;
  }

  /**
   * Why one path of a prefix is better than another.
   *
   * @returns the deciding step, `equal` only for a path and itself
   */
  decidingStep(better: PathId, worse: PathId): DecisionStep {
    const early = this.#compareEarly(better, worse);
    if (early !== 0) return DECISION_STEPS[Math.abs(early)]!;
    const prefix = this.#tables.paths.prefix(better);
    const survivors = this.#collectTies(prefix, better);
    if (!survivors.includes(worse)) return DECISION_STEPS[STEP_MED]!;
    return DECISION_STEPS[Math.abs(this.#compareLate(better, worse))]!;
  }

  #breakTies(prefix: PrefixId, sample: PathId): PathId {
    let best = NONE;
    for (const path of this.#collectTies(prefix, sample)) {
      if (best === 0 || this.#compareLate(best, path) < 0) best = path;
    }
    return best;
  }

  /** The candidates that tie with `sample` before MED, without those MED removes. Reused array. */
  #collectTies(prefix: PrefixId, sample: PathId): readonly PathId[] {
    const { paths } = this.#tables;
    const ties = this.#ties;
    ties.length = 0;
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (paths.isCandidate(path) && this.#compareEarly(sample, path) === 0) ties.push(path);
    }
    if (ties.length > 1) this.#removeByMed(ties);
    return ties;
  }

  #removeByMed(ties: PathId[]): void {
    const { paths, attrs } = this.#tables;
    const { columns } = attrs;
    const lowest = this.#lowestMed;
    lowest.clear();
    for (const path of ties) {
      const set = paths.attrs(path);
      const neighbor = columns.neighborAs(set);
      lowest.set(neighbor, Math.min(columns.med(set), lowest.get(neighbor) ?? 0xffff_ffff));
    }
    let kept = 0;
    for (const path of ties) {
      const set = paths.attrs(path);
      if (columns.med(set) === lowest.get(columns.neighborAs(set))) ties[kept++] = path;
    }
    ties.length = kept;
  }

  /** Steps before MED: positive when `a` is better, negative when `b` is; the size is the step. */
  #compareEarly(a: PathId, b: PathId): number {
    const { paths, attrs, nextHops } = this.#tables;
    const { columns } = attrs;
    const aOrigin = this.#origin(a);
    const bOrigin = this.#origin(b);
    const aPreference = paths.has(a, PATH_ELEVATED) ? ELEVATED_PREFERENCE : aOrigin.preference;
    const bPreference = paths.has(b, PATH_ELEVATED) ? ELEVATED_PREFERENCE : bOrigin.preference;
    if (aPreference !== bPreference) return aPreference > bPreference ? 1 : -1;
    if (aOrigin.isBgp !== bOrigin.isBgp) return bOrigin.isBgp ? 2 : -2;
    const aSet = paths.attrs(a);
    const bSet = paths.attrs(b);
    if (aSet === bSet) return 0;
    const aReachable = nextHops.state(columns.nextHop(aSet)).isReachable;
    const bReachable = nextHops.state(columns.nextHop(bSet)).isReachable;
    if (aReachable !== bReachable) return aReachable ? 3 : -3;
    const aStale = columns.has(aSet, ATTRS_LLGR_STALE);
    if (aStale !== columns.has(bSet, ATTRS_LLGR_STALE)) return aStale ? -4 : 4;
    const localPref = columns.localPref(aSet) - columns.localPref(bSet);
    if (localPref !== 0) return localPref > 0 ? 5 : -5;
    const length = columns.asPathLength(bSet) - columns.asPathLength(aSet);
    if (length !== 0) return length > 0 ? 6 : -6;
    const origin = columns.origin(bSet) - columns.origin(aSet);
    if (origin !== 0) return origin > 0 ? 7 : -7;
    return 0;
  }

  #compareCost(a: PathId, b: PathId): number {
    const { paths, attrs, nextHops } = this.#tables;
    const aIsInternal = this.#origin(a).isInternal;
    if (aIsInternal !== this.#origin(b).isInternal) return aIsInternal ? -9 : 9;
    const aCost = nextHops.state(attrs.columns.nextHop(paths.attrs(a))).igpCost;
    const bCost = nextHops.state(attrs.columns.nextHop(paths.attrs(b))).igpCost;
    if (aCost !== bCost) return aCost < bCost ? 10 : -10;
    return 0;
  }

  /** Steps behind MED, as {@link #compareEarly}. */
  #compareLate(a: PathId, b: PathId): number {
    const cost = this.#compareCost(a, b);
    if (cost !== 0) return cost;
    const router = this.#routerId(b) - this.#routerId(a);
    if (router !== 0) return router > 0 ? 11 : -11;
    const { paths, attrs } = this.#tables;
    const aClusters = attrs.columns.clusterCount(paths.attrs(a));
    const bClusters = attrs.columns.clusterCount(paths.attrs(b));
    if (aClusters !== bClusters) return aClusters < bClusters ? 12 : -12;
    const address = compareAddresses(this.#origin(b).address, this.#origin(a).address);
    if (address !== 0) return address > 0 ? 13 : -13;
    const id = paths.remoteId(b) - paths.remoteId(a) || paths.peer(b) - paths.peer(a);
    return id === 0 ? 0 : id > 0 ? 14 : -14;
  }

  /** ORIGINATOR_ID stands in for the router id (RFC 4456 §9). */
  #routerId(path: PathId): number {
    const { paths, attrs } = this.#tables;
    return attrs.columns.originatorId(paths.attrs(path)) || this.#origin(path).routerId;
  }

  #origin(path: PathId) {
    return this.#tables.sources.get(this.#tables.paths.peer(path));
  }
}

function compareAddresses(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
