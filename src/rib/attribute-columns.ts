/**
 * What decision, loop checks and export ask of an attribute set, as columns by `AttrsId`, so that no
 * set has to be decoded to be compared.
 */
import { type AsPath, asPathLength, neighborAs } from '../bgp/wire/as-path.ts';
import {
  COMMUNITY_GRACEFUL_SHUTDOWN,
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
/** NO_EXPORT or NO_EXPORT_SUBCONFED (RFC 1997). */
export const ATTRS_NO_EXPORT = 4;
export const ATTRS_NO_ADVERTISE = 8;
/** LLGR_STALE (RFC 9494 §4.6): least preferred. */
export const ATTRS_LLGR_STALE = 16;
export const ATTRS_GRACEFUL_SHUTDOWN = 32;
export const ATTRS_HAS_MED = 64;

const COMMUNITY_LLGR_STALE = 0xffff_0006;

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
  #flags = new Uint8Array(256);

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
    this.#flags = grownUint8(this.#flags, capacity);
  }

  write(id: AttrsId, set: PathAttributes, nextHop: NextHopId, defaultLocalPref: number): void {
    this.#localPref[id] = set.localPref ?? defaultLocalPref;
    this.#med[id] = set.med ?? 0;
    this.#neighborAs[id] = neighborAs(set.asPath) ?? 0;
    this.#originatorId[id] = set.originatorId ?? 0;
    this.#nextHop[id] = nextHop;
    this.#asBloom[id] = asBloom(set.asPath);
    this.#asPathLength[id] = asPathLength(set.asPath);
    this.#clusterCount[id] = set.clusterList.length;
    this.#origin[id] = set.origin;
    this.#flags[id] = flagsOf(set);
  }

  /** A new default, for a set without LOCAL_PREF. */
  setDefaultLocalPref(id: AttrsId, localPref: number): void {
    if (!this.has(id, ATTRS_HAS_LOCAL_PREF)) this.#localPref[id] = localPref;
  }
}

function flagsOf(set: PathAttributes): number {
  let flags = set.localPref === undefined ? 0 : ATTRS_HAS_LOCAL_PREF;
  if (set.med !== undefined) flags |= ATTRS_HAS_MED;
  if (set.originatorId !== undefined || set.clusterList.length > 0) flags |= ATTRS_IS_REFLECTED;
  for (const community of set.communities) {
    if (community === COMMUNITY_NO_EXPORT) flags |= ATTRS_NO_EXPORT;
    else if (community === COMMUNITY_NO_EXPORT_SUBCONFED) flags |= ATTRS_NO_EXPORT;
    else if (community === COMMUNITY_NO_ADVERTISE) flags |= ATTRS_NO_ADVERTISE;
    else if (community === COMMUNITY_LLGR_STALE) flags |= ATTRS_LLGR_STALE;
    else if (community === COMMUNITY_GRACEFUL_SHUTDOWN) flags |= ATTRS_GRACEFUL_SHUTDOWN;
  }
  return flags;
}

function asBloom(path: AsPath): number {
  let bloom = 0;
  for (const { asns } of path.segments) for (const asn of asns) bloom |= bloomBit(asn);
  return bloom;
}

function bloomBit(asn: number): number {
  return 1 << (Math.imul(asn, 0x9e3779b1) >>> 27);
}
