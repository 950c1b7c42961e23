/**
 * What a group of peers is told about a path: eligibility (RFC 4271 §9.2, RFC 4456), export policy, and
 * the attributes as they go out (NH-1 to NH-4, RR-6).
 *
 * On external sessions the own AS is in the path before policy runs (FILT-10), and LOCAL_PREF is
 * removed after it, so that rules can still look at it.
 */
import { prepend, withoutConfederation } from '../bgp/wire/as-path.ts';
import {
  COMMUNITY_GRACEFUL_SHUTDOWN,
  COMMUNITY_NO_EXPORT,
  sortCommunities,
} from '../bgp/wire/communities.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { isLinkLocal } from '../net/address.ts';
import { addressSize } from '../net/family.ts';
import type { PolicyVerdict } from '../policy/compile.ts';
import {
  ATTRS_HAS_LOCAL_PREF,
  ATTRS_HAS_OTC,
  ATTRS_LLGR_STALE,
  ATTRS_NO_ADVERTISE,
  ATTRS_NO_EXPORT,
} from './attribute-columns.ts';
import { EGRESS_UNKNOWN, EgressCache } from './egress-cache.ts';
import { EgressRewriter } from './egress-rewriter.ts';
import { clusterOf, type ExportProfile, markOf } from './export-profile.ts';
import type { AttrsId, PathId, PeerId } from './ids.ts';
import { editPath } from './path-edit.ts';
import { PATH_UNADVERTISED } from './path-table.ts';
import { hasOwnCluster, type RibIdentity } from './rib-identity.ts';
import type { RibTables } from './rib-tables.ts';
import type { RouteOrigin } from './route-sources.ts';

/** Why a route is not announced, before policy is asked. */
export type ExportBar =
  | 'not-advertised'
  | 'no-advertise'
  | 'no-export'
  | 'route-leak'
  | 'llgr-stale'
  | 'not-reflected'
  | 'cluster-loop'
  | 'deferred';

/** What {@link Exporter.explain} answers. */
export interface ExportExplanation {
  readonly isAnnounced: boolean;
  /** A bar, `policy`, `no-next-hop`, or `announced`. */
  readonly reason: ExportBar | 'policy' | 'no-next-hop' | 'announced';
  /** Deciding export rule, empty when none decided. */
  readonly rule: string;
  /** Its place among the rules of the session, −1 when none decided. */
  readonly place: number;
}

/** What policy made of a route. */
type Told = Pick<PolicyVerdict, 'attributes' | 'nextHop'>;

/** What policy is asked about; sets often come back, these were seen last. */
interface Cached {
  readonly attrs: AttrsId;
  readonly generation: number;
  readonly source: PeerId;
  /** Undefined: barred. */
  readonly prepared: PathAttributes | undefined;
  /** What goes out when policy changes nothing. */
  egress: AttrsId;
  egressGeneration: number;
}

const NONE = 0 as AttrsId;
const CACHE_SLOTS = 2048;
/** Each has a cache of its own, which may grow to 5 MiB. */
const MAXIMUM_CLASSES = 8;
const NO_CLUSTERS = new Uint32Array(0);

export class Exporter {
  readonly #tables: RibTables;
  readonly #identity: RibIdentity;
  readonly #profile: ExportProfile;
  readonly #cache: (Cached | undefined)[] = new Array(CACHE_SLOTS);
  /** Answers that hold for every prefix of a class (see {@link Policy.prefixClass}). */
  readonly #egress = new Map<number, EgressCache>();
  readonly #rewriter: EgressRewriter;
  readonly #octets = new Uint8Array(16);

  constructor(tables: RibTables, identity: RibIdentity, profile: ExportProfile) {
    this.#tables = tables;
    this.#identity = identity;
    this.#profile = profile;
    this.#rewriter = new EgressRewriter(tables.attrs, identity, profile);
  }

  /** What members are not told yet. */
  get deferral(): ExportProfile['deferral'] {
    return this.#profile.deferral;
  }

  /** Forgets what it worked out before: identity or the role of a peer is another. */
  forget(): void {
    this.#cache.fill(undefined);
    for (const cache of this.#egress.values()) cache.clear();
  }

  /** The attributes a path is announced with; the caller owns one reference. 0: not announced. */
  export(path: PathId): AttrsId {
    const { paths, attrs } = this.#tables;
    if (!paths.isCandidate(path) || paths.has(path, PATH_UNADVERTISED)) return NONE;
    const set = paths.attrs(path);
    const source = paths.peer(path);
    const cache = this.#cacheFor(path);
    if (!cache) return this.#evaluate(path, set, source);
    const known = cache.find(set, source);
    if (known === EGRESS_UNKNOWN) return this.#workOut(cache, path, set, source);
    if (known !== 0) attrs.retain(known);
    return known;
  }

  /** Undefined where an answer holds for one path alone, or there are too many classes. */
  #cacheFor(path: PathId): EgressCache | undefined {
    const prefixClass = this.#prefixClass(path);
    const known = this.#egress.get(prefixClass);
    if (known || prefixClass < 0 || this.#egress.size >= MAXIMUM_CLASSES) return known;
    const made = new EgressCache(this.#tables.attrs);
    this.#egress.set(prefixClass, made);
    return made;
  }

  #prefixClass(path: PathId): number {
    const { policy } = this.#profile;
    if (policy.isEmpty) return 0;
    const { family, prefixes, paths } = this.#tables;
    const prefix = paths.prefix(path);
    prefixes.writeAddress(prefix, this.#octets, 0);
    return policy.prefixClass(family, this.#octets, prefixes.length(prefix));
  }

  /**
   * Why a path is announced or not.
   *
   * @param set other attributes than the path has
   */
  explain(path: PathId, set = this.#tables.paths.attrs(path)): ExportExplanation {
    const { paths, sources } = this.#tables;
    const origin = sources.get(paths.peer(path));
    const bar = paths.has(path, PATH_UNADVERTISED) ? 'not-advertised' : this.#bar(set, origin);
    if (bar) return { isAnnounced: false, reason: bar, rule: '', place: -1 };
    const verdict = this.#ask(path, this.#transform(set, origin), origin);
    const { rule, place } = verdict;
    if (!verdict.accepted) return { isAnnounced: false, reason: 'policy', rule, place };
    const { attributes, nextHop } = verdict;
    const isAnnounced = this.#nextHop(attributes.nextHop, nextHop, origin) !== undefined;
    return { isAnnounced, reason: isAnnounced ? 'announced' : 'no-next-hop', rule, place };
  }

  /** The answer for all prefixes of a class with a set from a source. */
  #workOut(cache: EgressCache, path: PathId, set: AttrsId, source: PeerId): AttrsId {
    const egress = this.#rewrite(set, source) || this.#evaluate(path, set, source);
    cache.put(set, source, egress);
    return egress;
  }

  /** Without policy a set is changed as octets; 0 when that is not possible, or nothing is announced. */
  #rewrite(set: AttrsId, source: PeerId): AttrsId {
    const { attrs, sources, nextHops } = this.#tables;
    const origin = sources.get(source);
    const { policy, pathEdit, isShuttingDown } = this.#profile;
    if (!policy.isEmpty || isShuttingDown || pathEdit || this.#bar(set, origin)) return NONE;
    if (this.#isLastResort(set)) return NONE;
    const nextHop = this.#nextHop(nextHops.address(attrs.columns.nextHop(set)), undefined, origin);
    return nextHop ? this.#rewriter.rewrite(set, origin, nextHop) : NONE;
  }

  #evaluate(path: PathId, set: AttrsId, source: PeerId): AttrsId {
    const { attrs, sources } = this.#tables;
    const cached = this.#prepare(set, source);
    const { prepared } = cached;
    if (!prepared) return NONE;
    const origin = sources.get(source);
    const { policy } = this.#profile;
    const verdict = policy.isEmpty ? undefined : this.#ask(path, prepared, origin);
    if (verdict && !verdict.accepted) return NONE;
    const told: Told = verdict ?? { attributes: prepared, nextHop: undefined };
    const isUnchanged = told.attributes === prepared && told.nextHop === undefined;
    if (isUnchanged && this.#isGood(cached)) {
      attrs.retain(cached.egress);
      return cached.egress;
    }
    const egress = this.#finish(told, set, origin);
    if (isUnchanged) {
      cached.egress = egress;
      cached.egressGeneration = attrs.generation(egress);
    }
    return egress;
  }

  #isGood(cached: Cached): boolean {
    if (cached.egress === 0) return false;
    return this.#tables.attrs.generation(cached.egress) === cached.egressGeneration;
  }

  #prepare(set: AttrsId, source: PeerId): Cached {
    const { attrs, sources } = this.#tables;
    const slot = set & (CACHE_SLOTS - 1);
    const generation = attrs.generation(set);
    const hit = this.#cache[slot];
    if (hit?.attrs === set && hit.generation === generation && hit.source === source) return hit;
    const origin = sources.get(source);
    const prepared = this.#bar(set, origin) ? undefined : this.#transform(set, origin);
    const made = { attrs: set, generation, source, prepared, egress: NONE, egressGeneration: 0 };
    this.#cache[slot] = made;
    return made;
  }

  #bar(set: AttrsId, origin: RouteOrigin): ExportBar | undefined {
    if (!origin.isBgp) return undefined; // NH-7: only learned routes are bound by communities
    const { isInternal, isClient, takesLongLived, deferral } = this.#profile;
    const { attrs } = this.#tables;
    if (deferral === 'routes') return 'deferred';
    if (!takesLongLived && this.#isLastResort(set)) return 'llgr-stale';
    if (attrs.columns.has(set, ATTRS_NO_ADVERTISE)) return 'no-advertise';
    if (!isInternal) return this.#externalBar(set);
    if (!origin.isInternal) return undefined;
    if (!isClient && !origin.isClient) return 'not-reflected';
    if (isClient && origin.isClient && !this.#reflectsFrom(origin)) return 'not-reflected';
    if (!isClient || attrs.columns.clusterCount(set) === 0) return undefined;
    const { clusterList } = attrs.attributes(set);
    return hasOwnCluster(this.#identity, clusterList) ? 'cluster-loop' : undefined;
  }

  /** A long-lived stale route, and these peers do not see it by its community. */
  #isLastResort(set: AttrsId): boolean {
    return !this.#profile.isLongLivedAware && this.#tables.attrs.columns.has(set, ATTRS_LLGR_STALE);
  }

  /** Clients of one cluster may be fully meshed; those of different clusters never are. */
  #reflectsFrom(origin: RouteOrigin): boolean {
    const { reflectsBetweenClients, clusterId } = this.#identity;
    if (reflectsBetweenClients) return true;
    return (origin.clusterId ?? clusterId) !== (this.#profile.clusterId ?? clusterId);
  }

  /** A marked route goes down only (RFC 9234 §5). */
  #externalBar(set: AttrsId): ExportBar | undefined {
    const { columns } = this.#tables.attrs;
    if (columns.has(set, ATTRS_NO_EXPORT)) return 'no-export';
    const { role } = this.#profile;
    const goesDown = role === undefined || role === 'provider' || role === 'rs';
    return !goesDown && columns.has(set, ATTRS_HAS_OTC) ? 'route-leak' : undefined;
  }

  /** The attributes policy sees. */
  #transform(set: AttrsId, origin: RouteOrigin): PathAttributes {
    const attributes = this.#toPeer(this.#tables.attrs.attributes(set), origin);
    if (this.#profile.isShuttingDown) return lastResort(attributes, COMMUNITY_GRACEFUL_SHUTDOWN);
    return this.#isLastResort(set) ? lastResort(attributes, COMMUNITY_NO_EXPORT) : attributes;
  }

  #toPeer(attributes: PathAttributes, origin: RouteOrigin): PathAttributes {
    if (!this.#profile.isInternal) return this.#toExternal(attributes, origin);
    if (!origin.isInternal) return attributes;
    const { routerId } = origin;
    const cluster = clusterOf(origin, this.#profile, this.#identity);
    const clusterList = Uint32Array.of(cluster, ...attributes.clusterList);
    return { ...attributes, originatorId: attributes.originatorId ?? routerId, clusterList };
  }

  #toExternal(attributes: PathAttributes, { isBgp }: RouteOrigin): PathAttributes {
    const path = withoutConfederation(attributes.asPath);
    const { pathEdit, localAsNumber } = this.#profile;
    return {
      ...attributes,
      asPath: pathEdit ? editPath(path, pathEdit) : prepend(path, [localAsNumber]),
      med: isBgp ? undefined : attributes.med,
      originatorId: undefined,
      clusterList: NO_CLUSTERS,
      onlyToCustomer: attributes.onlyToCustomer ?? markOf(this.#profile),
    };
  }

  #ask(path: PathId, attributes: PathAttributes, origin: RouteOrigin) {
    const { family, prefixes, paths } = this.#tables;
    const prefix = paths.prefix(path);
    prefixes.writeAddress(prefix, this.#octets, 0);
    return this.#profile.policy.evaluate({
      family,
      bytes: this.#octets,
      at: 0,
      bits: prefixes.length(prefix),
      source: origin.kind,
      learnedFrom: origin.name,
      attributes,
      interface: this.#interface(path, origin),
    });
  }

  #interface(path: PathId, origin: RouteOrigin): string {
    const { paths, attrs, nextHops, interfaces } = this.#tables;
    if (!origin.isBgp) return interfaces.get(path) ?? '';
    return nextHops.state(attrs.columns.nextHop(paths.attrs(path))).interface;
  }

  /** Sets next hop and LOCAL_PREF and interns; 0 when there is no next hop to announce. */
  #finish(told: Told, set: AttrsId, origin: RouteOrigin): AttrsId {
    const { attrs } = this.#tables;
    const { attributes } = told;
    const nextHop = this.#nextHop(attributes.nextHop, told.nextHop, origin);
    if (!nextHop) return NONE;
    const { isInternal } = this.#profile;
    const isAsStored = attributes === attrs.attributes(set) && nextHop === attributes.nextHop;
    if (isAsStored && isInternal && attrs.columns.has(set, ATTRS_HAS_LOCAL_PREF)) {
      attrs.retain(set);
      return set;
    }
    const localPref = isInternal ? attributes.localPref : undefined;
    return attrs.intern({ ...attributes, nextHop, localPref });
  }

  /** NH-1 to NH-4; undefined when the session has no address of the family to put in. */
  #nextHop(
    nextHop: Uint8Array,
    told: PolicyVerdict['nextHop'],
    { isBgp }: RouteOrigin,
  ): Uint8Array | undefined {
    const { isInternal, selfAddress } = this.#profile;
    const rule = told ?? this.#profile.nextHop;
    const keeps = rule === 'keep' || (rule === 'auto' && isInternal);
    if (!keeps || nextHop.length === 0) return selfAddress;
    // The link-local half means nothing beyond the link it came from (RFC 2545 §3).
    const global = nextHop.length === 32 ? nextHop.subarray(0, 16) : nextHop;
    if (isLinkLocal(global)) return selfAddress;
    const isOwnFamily = global.length === addressSize(this.#tables.family);
    if (isOwnFamily || (global.length === 16 && this.#profile.takesIpv6NextHops)) return global;
    return isBgp ? undefined : selfAddress;
  }
}

/** The least preferred, wherever the community means nothing too (RFC 8326 §4, RFC 9494 §4.7). */
function lastResort(attributes: PathAttributes, community: number): PathAttributes {
  const marked = Uint32Array.of(...attributes.communities, community);
  return { ...attributes, communities: sortCommunities(marked), localPref: 0 };
}
