/**
 * The decision process: RIB-1 and RIB-2, RFC 4271 §9.1.2.2 with the tie-breakers of RFC 4456 §9.
 *
 * Steps before MED order all paths of a prefix totally, so the best are found in one pass. MED holds only
 * among paths of one neighbouring AS, so it removes paths from the set that is left (RFC 4271
 * §9.1.2.2 c): the outcome never depends on the order of arrival. The steps behind it order the rest.
 * Only without `deterministicMed` paths are compared two by two along the chain.
 */
import { ATTRS_HAS_MED, ATTRS_LLGR_STALE } from './attribute-columns.ts';
import { DEFAULT_DECISION, type DecisionOptions } from './decision-options.ts';
import { type DecisionStep, STEP } from './decision-steps.ts';
import type { AttrsId, PathId, PrefixId } from './ids.ts';
import { PATH_ELEVATED } from './path-table.ts';
import type { RibTables } from './rib-tables.ts';
import { ELEVATED_PREFERENCE } from './route-sources.ts';

const NONE = 0 as PathId;
const WORST_MED = 0xffff_ffff;

/** Why a path is not the best. */
export interface Loss {
  readonly step: DecisionStep;
  /** The path it lost to: the best one, but where MED removed it, one of the same neighbouring AS. */
  readonly against: PathId;
}

export class Decision {
  readonly #tables: RibTables;
  /** The paths that tie before MED; reused. */
  readonly #ties: PathId[] = [];
  /** Lowest MED by neighbouring AS; reused. */
  readonly #lowestMed = new Map<number, number>();
  #options = DEFAULT_DECISION;

  constructor(tables: RibTables) {
    this.#tables = tables;
  }

  /** Decides otherwise from now on; every prefix has to be looked at again. */
  setOptions(options: DecisionOptions): void {
    this.#options = options;
  }

  /** The best path of a prefix, 0 when it has no candidate. */
  select(prefix: PrefixId): PathId {
    if (!this.#options.deterministicMed) return this.#selectInOrder(prefix);
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
    const { isBgp, isInternal } = this.#origin(best);
    if (!isBgp) return shared;
    const { multipath } = this.#options;
    const limit = Math.min(maximum, isInternal ? multipath.internal : multipath.external);
    if (limit < 2) return shared;
    for (const path of this.#collectTies(prefix, best)) {
      if (shared.length >= limit) break;
      if (path !== best && this.#mayShare(best, path)) shared.push(path);
    }
    return shared;
  }

  /** The `maximum` best paths of a prefix: each is what `select` would find without those before it. */
  rank(prefix: PrefixId, maximum: number): PathId[] {
    const ranked: PathId[] = [];
    let left = this.#candidates(prefix);
    while (left.length > 0 && ranked.length < maximum) {
      const best = this.#bestOf(left);
      ranked.push(best);
      left = left.filter((path) => path !== best);
    }
    return ranked;
  }

  /** Why a candidate is not the best path of its prefix; undefined when it is. */
  lossOf(best: PathId, path: PathId): Loss | undefined {
    if (path === best || best === 0) return undefined;
    const against = this.#winnerOver(best, path);
    const order = this.#comparePair(against, path);
    return { step: STEP[Math.abs(order)]!, against };
  }

  /** A path that beats `path` in direct comparison, `best` where that does. */
  #winnerOver(best: PathId, path: PathId): PathId {
    const candidates = this.#candidates(this.#tables.paths.prefix(path));
    const isTied = this.#compareEarly(best, path) === 0;
    if (isTied && this.#options.deterministicMed) {
      const rival = candidates.find((each) => this.#isRemovedBy(path, each));
      if (rival !== undefined) return rival;
    }
    if (this.#comparePair(best, path) > 0) return best;
    return candidates.find((each) => this.#comparePair(each, path) > 0) ?? best;
  }

  /** MED takes `path` out because of `rival`, which has the lowest one. */
  #isRemovedBy(path: PathId, rival: PathId): boolean {
    if (this.#compareEarly(path, rival) !== 0 || this.#compareMed(rival, path) <= 0) return false;
    const ties = this.#collectTies(this.#tables.paths.prefix(path), rival);
    return ties.includes(rival);
  }

  #candidates(prefix: PrefixId): PathId[] {
    const { paths } = this.#tables;
    const found: PathId[] = [];
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (paths.isCandidate(path)) found.push(path);
    }
    return found;
  }

  /** @param list not empty, in the order of the chain */
  #bestOf(list: readonly PathId[]): PathId {
    if (!this.#options.deterministicMed) {
      return list.reduce((best, path) => (this.#comparePair(best, path) < 0 ? path : best));
    }
    const sample = list.reduce((best, path) => (this.#compareEarly(best, path) < 0 ? path : best));
    const ties = list.filter((path) => this.#compareEarly(sample, path) === 0);
    this.#removeByMed(ties);
    return this.#bestOfTies(ties);
  }

  #selectInOrder(prefix: PrefixId): PathId {
    const { paths } = this.#tables;
    let best = NONE;
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (!paths.isCandidate(path)) continue;
      if (best === 0 || this.#comparePair(best, path) < 0) best = path;
    }
    return best;
  }

  #breakTies(prefix: PrefixId, sample: PathId): PathId {
    return this.#bestOfTies(this.#collectTies(prefix, sample));
  }

  #bestOfTies(ties: readonly PathId[]): PathId {
    let best = NONE;
    for (const path of ties) {
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
    if (!this.#options.deterministicMed) return this.#withoutHigherMed(ties, sample);
    if (ties.length > 1) this.#removeByMed(ties);
    return ties;
  }

  /** What of `ties` MED does not put behind `sample`. */
  #withoutHigherMed(ties: PathId[], sample: PathId): readonly PathId[] {
    return ties.filter((path) => this.#compareMed(sample, path) === 0);
  }

  #removeByMed(ties: PathId[]): void {
    const { paths } = this.#tables;
    const lowest = this.#lowestMed;
    lowest.clear();
    for (const path of ties) {
      const set = paths.attrs(path);
      const neighbor = this.#medGroup(set);
      lowest.set(neighbor, Math.min(this.#med(set), lowest.get(neighbor) ?? WORST_MED));
    }
    let kept = 0;
    for (const path of ties) {
      const set = paths.attrs(path);
      if (this.#med(set) === lowest.get(this.#medGroup(set))) ties[kept++] = path;
    }
    ties.length = kept;
  }

  /** MED is compared among paths with the same answer. */
  #medGroup(set: AttrsId): number {
    return this.#options.alwaysCompareMed ? 0 : this.#tables.attrs.columns.neighborAs(set);
  }

  #med(set: AttrsId): number {
    const { columns } = this.#tables.attrs;
    if (this.#options.missingMedAsWorst && !columns.has(set, ATTRS_HAS_MED)) return WORST_MED;
    return columns.med(set);
  }

  #compareMed(a: PathId, b: PathId): number {
    const aSet = this.#tables.paths.attrs(a);
    const bSet = this.#tables.paths.attrs(b);
    if (this.#medGroup(aSet) !== this.#medGroup(bSet)) return 0;
    const difference = this.#med(bSet) - this.#med(aSet);
    return difference === 0 ? 0 : difference > 0 ? 9 : -9;
  }

  /** All steps for two paths alone: positive when `a` is better, negative when `b` is; the size is the step. */
  #comparePair(a: PathId, b: PathId): number {
    return this.#compareEarly(a, b) || this.#compareMed(a, b) || this.#compareLate(a, b);
  }

  /** Steps before MED, as {@link #comparePair}. */
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
    if (aSet !== bSet) {
      const aReachable = nextHops.state(columns.nextHop(aSet)).isReachable;
      const bReachable = nextHops.state(columns.nextHop(bSet)).isReachable;
      if (aReachable !== bReachable) return aReachable ? 3 : -3;
      const aStale = columns.has(aSet, ATTRS_LLGR_STALE);
      if (aStale !== columns.has(bSet, ATTRS_LLGR_STALE)) return aStale ? -4 : 4;
    }
    if (paths.hasWeights) {
      const weight = paths.weight(a) - paths.weight(b);
      if (weight !== 0) return weight > 0 ? 5 : -5;
    }
    if (aSet === bSet) return 0;
    const localPref = columns.localPref(aSet) - columns.localPref(bSet);
    if (localPref !== 0) return localPref > 0 ? 6 : -6;
    const length = columns.asPathLength(bSet) - columns.asPathLength(aSet);
    if (length !== 0 && !this.#options.ignoreAsPath) return length > 0 ? 7 : -7;
    const origin = columns.origin(bSet) - columns.origin(aSet);
    if (origin !== 0) return origin > 0 ? 8 : -8;
    return 0;
  }

  #compareCost(a: PathId, b: PathId): number {
    const { paths, attrs, nextHops } = this.#tables;
    const aIsInternal = this.#origin(a).isInternal;
    if (aIsInternal !== this.#origin(b).isInternal) return aIsInternal ? -10 : 10;
    if (this.#options.ignoreIgpMetric) return 0;
    const aCost = nextHops.state(attrs.columns.nextHop(paths.attrs(a))).igpCost;
    const bCost = nextHops.state(attrs.columns.nextHop(paths.attrs(b))).igpCost;
    if (aCost !== bCost) return aCost < bCost ? 11 : -11;
    return 0;
  }

  #mayShare(best: PathId, path: PathId): boolean {
    if (this.#compareCost(best, path) !== 0) return false;
    const { paths, attrs } = this.#tables;
    return (
      this.#options.multipath.relaxAsPath ||
      attrs.haveSameAsPath(paths.attrs(best), paths.attrs(path))
    );
  }

  /** Steps behind MED, as {@link #comparePair}. */
  #compareLate(a: PathId, b: PathId): number {
    const cost = this.#compareCost(a, b);
    if (cost !== 0) return cost;
    const { paths, attrs } = this.#tables;
    if (!this.#options.compareRouterId && !this.#origin(a).isInternal) {
      const age = paths.since(b) - paths.since(a);
      if (age !== 0) return age > 0 ? 12 : -12;
    }
    const router = this.#routerId(b) - this.#routerId(a);
    if (router !== 0) return router > 0 ? 13 : -13;
    const aClusters = attrs.columns.clusterCount(paths.attrs(a));
    const bClusters = attrs.columns.clusterCount(paths.attrs(b));
    if (aClusters !== bClusters) return aClusters < bClusters ? 14 : -14;
    const address = compareAddresses(this.#origin(b).address, this.#origin(a).address);
    if (address !== 0) return address > 0 ? 15 : -15;
    const id = paths.remoteId(b) - paths.remoteId(a) || paths.peer(b) - paths.peer(a);
    return id === 0 ? 0 : id > 0 ? 16 : -16;
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
