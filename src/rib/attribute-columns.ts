/**
 * What decision, loop checks and export ask of an attribute set, as columns by `AttrsId`, so that no
 * set has to be decoded to be compared.
 */
import { type AsPath, asPathLength, neighborAs } from '../bgp/wire/as-path.ts';
import {
  COMMUNITY_BLACKHOLE,
  COMMUNITY_GRACEFUL_SHUTDOWN,
  COMMUNITY_LLGR_STALE,
  COMMUNITY_NO_ADVERTISE,
  COMMUNITY_NO_EXPORT,
  COMMUNITY_NO_EXPORT_SUBCONFED,
} from '../bgp/wire/communities.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { grownUint8, grownUint16, grownUint32 } from './columns.ts';
import type { AttrsId, NextHopId } from './ids.ts';

/** Flag bits of an attribute set. */
export const ATTRS_HAS_LOCAL_PREF = 1;
/** Carries ORIGINATOR_ID or CLUSTER_LIST. */
export const ATTRS_IS_REFLECTED = 2;
/** NO_EXPORT or NO_EXPORT_SUBCONFED (RFC 1997), or BLACKHOLE, which is to stay within (RFC 7999 §3.2). */
export const ATTRS_NO_EXPORT = 4;
export const ATTRS_NO_ADVERTISE = 8;
/** LLGR_STALE (RFC 9494 §4.6): least preferred. */
export const ATTRS_LLGR_STALE = 16;
export const ATTRS_GRACEFUL_SHUTDOWN = 32;
export const ATTRS_HAS_MED = 64;
/** Passed `CanonicalSurvey`: there is nothing in it that only internal peers may say. */
export const ATTRS_IS_ORDINARY = 128;
/** Carries OTC (RFC 9234). */
export const ATTRS_HAS_OTC = 256;

/** The fields of one set. */
export interface AttributeSummary {
  readonly origin: number;
  readonly asPathLength: number;
  readonly neighborAs: number;
  readonly asBloom: number;
  readonly med: number;
  /** Counts only with `ATTRS_HAS_LOCAL_PREF`. */
  readonly localPref: number;
  readonly originatorId: number;
  readonly clusterCount: number;
  readonly flags: number;
}

export class AttributeColumns {
  #localPref = new Uint32Array(256);
  #med = new Uint32Array(256);
  #neighborAs = new Uint32Array(256);
  #originatorId = new Uint32Array(256);
  #nextHop = new Uint32Array(256);
  #asBloom = new Uint32Array(256);
  #asPathLength = new Uint16Array(256);
  #clusterCount = new Uint16Array(256);
  #origin = new Uint8Array(256);
  #flags = new Uint16Array(256);

  /** LOCAL_PREF, the default where the set has none (SESS-16). */
  localPref(id: AttrsId): number {
    return this.#localPref[id]!;
  }

  /** AS_SET and confederation counted as RFC 4271 §9.1.2.2 a and RFC 5065 §5.3 say. */
  asPathLength(id: AttrsId): number {
    return this.#asPathLength[id]!;
  }

  origin(id: AttrsId): number {
    return this.#origin[id]!;
  }

  /** 0 when absent. */
  med(id: AttrsId): number {
    return this.#med[id]!;
  }

  /** First AS of the path, 0 when it is empty or begins with a set. */
  neighborAs(id: AttrsId): number {
    return this.#neighborAs[id]!;
  }

  /** 0 when absent. */
  originatorId(id: AttrsId): number {
    return this.#originatorId[id]!;
  }

  clusterCount(id: AttrsId): number {
    return this.#clusterCount[id]!;
  }

  nextHop(id: AttrsId): NextHopId {
    return this.#nextHop[id]! as NextHopId;
  }

  has(id: AttrsId, flag: number): boolean {
    return (this.#flags[id]! & flag) !== 0;
  }

  /** False when the AS is surely not in the path. */
  mayContainAs(id: AttrsId, asn: number): boolean {
    return (this.#asBloom[id]! & bloomBit(asn)) !== 0;
  }

  grow(capacity: number): void {
    this.#localPref = grownUint32(this.#localPref, capacity);
    this.#med = grownUint32(this.#med, capacity);
    this.#neighborAs = grownUint32(this.#neighborAs, capacity);
    this.#originatorId = grownUint32(this.#originatorId, capacity);
    this.#nextHop = grownUint32(this.#nextHop, capacity);
    this.#asBloom = grownUint32(this.#asBloom, capacity);
    this.#asPathLength = grownUint16(this.#asPathLength, capacity);
    this.#clusterCount = grownUint16(this.#clusterCount, capacity);
    this.#origin = grownUint8(this.#origin, capacity);
    this.#flags = grownUint16(this.#flags, capacity);
  }

  write(id: AttrsId, set: AttributeSummary, nextHop: NextHopId, defaultLocalPref: number): void {
    const hasLocalPref = (set.flags & ATTRS_HAS_LOCAL_PREF) !== 0;
    this.#localPref[id] = hasLocalPref ? set.localPref : defaultLocalPref;
    this.#med[id] = set.med;
    this.#neighborAs[id] = set.neighborAs;
    this.#originatorId[id] = set.originatorId;
    this.#nextHop[id] = nextHop;
    this.#asBloom[id] = set.asBloom;
    this.#asPathLength[id] = set.asPathLength;
    this.#clusterCount[id] = set.clusterCount;
    this.#origin[id] = set.origin;
    this.#flags[id] = set.flags;
  }

  /** A new default, for a set without LOCAL_PREF. */
  setDefaultLocalPref(id: AttrsId, localPref: number): void {
    if (!this.has(id, ATTRS_HAS_LOCAL_PREF)) this.#localPref[id] = localPref;
  }
}

/** The fields of a decoded set. */
export function summaryOf(set: PathAttributes): AttributeSummary {
  return {
    origin: set.origin,
    asPathLength: asPathLength(set.asPath),
    neighborAs: neighborAs(set.asPath) ?? 0,
    asBloom: asBloom(set.asPath),
    med: set.med ?? 0,
    localPref: set.localPref ?? 0,
    originatorId: set.originatorId ?? 0,
    clusterCount: set.clusterList.length,
    flags: flagsOf(set),
  };
}

function flagsOf(set: PathAttributes): number {
  let flags = set.localPref === undefined ? 0 : ATTRS_HAS_LOCAL_PREF;
  if (set.med !== undefined) flags |= ATTRS_HAS_MED;
  if (set.onlyToCustomer !== undefined) flags |= ATTRS_HAS_OTC;
  if (set.originatorId !== undefined || set.clusterList.length > 0) flags |= ATTRS_IS_REFLECTED;
  for (const community of set.communities) flags |= communityFlag(community);
  return flags;
}

/** The flag that a community raises, 0 for most. */
export function communityFlag(community: number): number {
  if (community < COMMUNITY_GRACEFUL_SHUTDOWN) return 0;
  switch (community) {
    case COMMUNITY_NO_EXPORT:
    case COMMUNITY_NO_EXPORT_SUBCONFED:
    case COMMUNITY_BLACKHOLE:
      return ATTRS_NO_EXPORT;
    case COMMUNITY_NO_ADVERTISE:
      return ATTRS_NO_ADVERTISE;
    case COMMUNITY_LLGR_STALE:
      return ATTRS_LLGR_STALE;
    case COMMUNITY_GRACEFUL_SHUTDOWN:
      return ATTRS_GRACEFUL_SHUTDOWN;
    default:
      return 0;
  }
}

function asBloom(path: AsPath): number {
  let bloom = 0;
  for (const { asns } of path.segments) for (const asn of asns) bloom |= bloomBit(asn);
  return bloom;
}

/** The bit an AS number sets in the filter over a path. */
export function bloomBit(asn: number): number {
  return 1 << (Math.imul(asn, 0x9e3779b1) >>> 27);
}
