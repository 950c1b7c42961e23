/**
 * One row per path attribute we understand: its flags, what a fault in it costs (RFC 7606 §7) and how
 * its value is read into a draft.
 */
import { isUnspecified } from '../../net/address.ts';
import {
  type AsPath,
  decodeAsPath,
  isConfederationSegment,
  withoutConfederation,
} from './as-path.ts';
import {
  EXTENDED_COMMUNITY_SIZE,
  IPV6_EXTENDED_COMMUNITY_SIZE,
  LARGE_COMMUNITY_WORDS,
  sortCommunities,
  sortLargeCommunities,
} from './communities.ts';
import {
  ATTR_AGGREGATOR,
  ATTR_AS_PATH,
  ATTR_AS4_AGGREGATOR,
  ATTR_AS4_PATH,
  ATTR_ATOMIC_AGGREGATE,
  ATTR_CLUSTER_LIST,
  ATTR_COMMUNITIES,
  ATTR_EXTENDED_COMMUNITIES,
  ATTR_IPV6_EXTENDED_COMMUNITIES,
  ATTR_LARGE_COMMUNITIES,
  ATTR_LOCAL_PREF,
  ATTR_MULTI_EXIT_DISC,
  ATTR_NEXT_HOP,
  ATTR_ONLY_TO_CUSTOMER,
  ATTR_ORIGIN,
  ATTR_ORIGINATOR_ID,
  FLAG_OPTIONAL,
  FLAG_TRANSITIVE,
  ORIGIN_INCOMPLETE,
  UPDATE_ATTRIBUTE_LENGTH,
  UPDATE_INVALID_NEXT_HOP,
  UPDATE_INVALID_ORIGIN,
  UPDATE_MALFORMED_AS_PATH,
  UPDATE_OPTIONAL_ATTRIBUTE,
} from './constants.ts';
import { readU16, readU32 } from './octets.ts';
import type { Aggregator, UnknownAttribute } from './path-attributes.ts';

/** Attributes read so far; what is missing is undefined. */
export interface AttributeDraft {
  origin: number | undefined;
  asPath: AsPath | undefined;
  nextHop: Uint8Array | undefined;
  med: number | undefined;
  localPref: number | undefined;
  atomicAggregate: boolean;
  aggregator: Aggregator | undefined;
  communities: Uint32Array;
  originatorId: number | undefined;
  clusterList: Uint32Array;
  extendedCommunities: Uint8Array;
  as4Path: AsPath | undefined;
  as4Aggregator: Aggregator | undefined;
  ipv6ExtendedCommunities: Uint8Array;
  largeCommunities: Uint32Array;
  onlyToCustomer: number | undefined;
  partial: number;
  unknown: UnknownAttribute[];
}

/** What reading depends on besides the octets. */
export interface AttributeContext {
  readonly asWidth: 2 | 4;
  readonly isInternal: boolean;
  readonly toleratesAsZero: boolean;
  /**
   * `required`: NEXT_HOP is the next hop and must be a usable IPv4 address. `unused`: MP_REACH_NLRI has the
   * next hop, only the length of a NEXT_HOP counts (RFC 4760 §3).
   */
  readonly nextHop: 'required' | 'unused';
}

/** Why a value is malformed. */
export interface AttributeProblem {
  readonly subcode: number;
  readonly reason: string;
}

export interface AttributeRow {
  readonly name: string;
  /** Optional and Transitive bits it must have. */
  readonly flags: number;
  /** Cost of a fault; `by-session` is withdraw on internal sessions and discard on external ones. */
  readonly onFault: 'treat-as-withdraw' | 'attribute-discard' | 'by-session';
  /** Only of meaning in messages with two-octet AS numbers (RFC 6793 §4.1). */
  readonly isTwoOctetOnly?: boolean;
  /** Reads the value `[at, end)` into the draft, copying what it keeps. */
  readonly read: (
    draft: AttributeDraft,
    bytes: Uint8Array,
    at: number,
    end: number,
    context: AttributeContext,
  ) => AttributeProblem | undefined;
}

const WELL_KNOWN = FLAG_TRANSITIVE;
const OPTIONAL = FLAG_OPTIONAL;
const OPTIONAL_TRANSITIVE = FLAG_OPTIONAL | FLAG_TRANSITIVE;

type Cost = AttributeRow['onFault'];
type Read = AttributeRow['read'];

function row(name: string, flags: number, onFault: Cost, read: Read): AttributeRow {
  return { name, flags, onFault, read, isTwoOctetOnly: name.startsWith('AS4_') };
}

const WITHDRAW = 'treat-as-withdraw';
const DISCARD = 'attribute-discard';
const BY_SESSION = 'by-session';

/** Rows by attribute type. MP_REACH_NLRI and MP_UNREACH_NLRI are the walker's and have none. */
export const ATTRIBUTE_ROWS: ReadonlyMap<number, AttributeRow> = new Map([
  [ATTR_ORIGIN, row('ORIGIN', WELL_KNOWN, WITHDRAW, readOrigin)],
  [ATTR_AS_PATH, row('AS_PATH', WELL_KNOWN, WITHDRAW, readAsPath)],
  [ATTR_NEXT_HOP, row('NEXT_HOP', WELL_KNOWN, WITHDRAW, readNextHop)],
  [ATTR_MULTI_EXIT_DISC, row('MULTI_EXIT_DISC', OPTIONAL, WITHDRAW, readMed)],
  [ATTR_LOCAL_PREF, row('LOCAL_PREF', WELL_KNOWN, BY_SESSION, readLocalPref)],
  [ATTR_ATOMIC_AGGREGATE, row('ATOMIC_AGGREGATE', WELL_KNOWN, DISCARD, readAtomicAggregate)],
  [ATTR_AGGREGATOR, row('AGGREGATOR', OPTIONAL_TRANSITIVE, DISCARD, readAggregator)],
  [ATTR_COMMUNITIES, row('COMMUNITIES', OPTIONAL_TRANSITIVE, WITHDRAW, readCommunities)],
  [ATTR_ORIGINATOR_ID, row('ORIGINATOR_ID', OPTIONAL, BY_SESSION, readOriginatorId)],
  [ATTR_CLUSTER_LIST, row('CLUSTER_LIST', OPTIONAL, BY_SESSION, readClusterList)],
  [
    ATTR_EXTENDED_COMMUNITIES,
    row('EXTENDED_COMMUNITIES', OPTIONAL_TRANSITIVE, WITHDRAW, readExtendedCommunities),
  ],
  [ATTR_AS4_PATH, row('AS4_PATH', OPTIONAL_TRANSITIVE, DISCARD, readAs4Path)],
  [ATTR_AS4_AGGREGATOR, row('AS4_AGGREGATOR', OPTIONAL_TRANSITIVE, DISCARD, readAs4Aggregator)],
  [
    ATTR_IPV6_EXTENDED_COMMUNITIES,
    row('IPV6_EXTENDED_COMMUNITIES', OPTIONAL_TRANSITIVE, WITHDRAW, readIpv6ExtendedCommunities),
  ],
  [
    ATTR_LARGE_COMMUNITIES,
    row('LARGE_COMMUNITIES', OPTIONAL_TRANSITIVE, WITHDRAW, readLargeCommunities),
  ],
  [ATTR_ONLY_TO_CUSTOMER, row('OTC', OPTIONAL_TRANSITIVE, WITHDRAW, readOnlyToCustomer)],
]);

const NONE = new Uint8Array(0);
const NO_WORDS = new Uint32Array(0);

/** A draft with nothing in it. */
export function emptyDraft(): AttributeDraft {
  return {
    origin: undefined,
    asPath: undefined,
    nextHop: undefined,
    med: undefined,
    localPref: undefined,
    atomicAggregate: false,
    aggregator: undefined,
    communities: NO_WORDS,
    originatorId: undefined,
    clusterList: NO_WORDS,
    extendedCommunities: NONE,
    as4Path: undefined,
    as4Aggregator: undefined,
    ipv6ExtendedCommunities: NONE,
    largeCommunities: NO_WORDS,
    onlyToCustomer: undefined,
    partial: 0,
    unknown: [],
  };
}

function problem(subcode: number, reason: string): AttributeProblem {
  return { subcode, reason };
}

function wrongLength(at: number, end: number): AttributeProblem {
  return problem(UPDATE_ATTRIBUTE_LENGTH, `a value of ${end - at} octets`);
}

function readOrigin(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (end - at !== 1) return wrongLength(at, end);
  if (bytes[at]! > ORIGIN_INCOMPLETE) return problem(UPDATE_INVALID_ORIGIN, `value ${bytes[at]}`);
  draft.origin = bytes[at]!;
  return undefined;
}

function readAsPath(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
  { asWidth, isInternal, toleratesAsZero }: AttributeContext,
): AttributeProblem | undefined {
  const path = decodeAsPath(bytes, at, end, asWidth, toleratesAsZero);
  if (typeof path === 'string') return problem(UPDATE_MALFORMED_AS_PATH, path);
  if (!isInternal && path.segments.some(isConfederationSegment)) {
    return problem(UPDATE_MALFORMED_AS_PATH, 'a confederation segment from outside'); // RFC 5065 §5
  }
  draft.asPath = path;
  return undefined;
}

function readNextHop(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
  { nextHop }: AttributeContext,
): AttributeProblem | undefined {
  if (end - at !== 4) return wrongLength(at, end);
  if (nextHop === 'unused') return undefined;
  draft.nextHop = bytes.slice(at, end);
  return nextHopProblem(draft.nextHop);
}

/** A next hop must be the address of a host: not unspecified, not multicast or reserved (RFC 4271 §6.3). */
export function nextHopProblem(nextHop: Uint8Array): AttributeProblem | undefined {
  const address = nextHop.length > 16 ? nextHop.subarray(0, 16) : nextHop;
  const isMulticast = nextHop.length === 4 ? nextHop[0]! >= 224 : nextHop[0] === 0xff;
  if (!isMulticast && !isUnspecified(address)) return undefined;
  return problem(UPDATE_INVALID_NEXT_HOP, 'the next hop is not the address of a host');
}

function readMed(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (end - at !== 4) return wrongLength(at, end);
  draft.med = readU32(bytes, at);
  return undefined;
}

function readLocalPref(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (end - at !== 4) return wrongLength(at, end);
  draft.localPref = readU32(bytes, at);
  return undefined;
}

function readAtomicAggregate(
  draft: AttributeDraft,
  _bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (end !== at) return wrongLength(at, end);
  draft.atomicAggregate = true;
  return undefined;
}

function readAggregator(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
  { asWidth, toleratesAsZero }: AttributeContext,
): AttributeProblem | undefined {
  const aggregator = decodeAggregator(bytes, at, end, asWidth, toleratesAsZero);
  if ('reason' in aggregator) return aggregator;
  draft.aggregator = aggregator;
  return undefined;
}

function decodeAggregator(
  bytes: Uint8Array,
  at: number,
  end: number,
  asWidth: 2 | 4,
  toleratesAsZero = false,
): Aggregator | AttributeProblem {
  if (end - at !== asWidth + 4) return wrongLength(at, end);
  const asn = asWidth === 4 ? readU32(bytes, at) : readU16(bytes, at);
  if (asn === 0 && !toleratesAsZero) return problem(UPDATE_OPTIONAL_ATTRIBUTE, 'AS 0'); // RFC 7607 §2
  return { asn, address: readU32(bytes, at + asWidth) };
}

function readCommunities(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  const words = readWords(bytes, at, end, 1);
  if (!words) return wrongLength(at, end);
  draft.communities = sortCommunities(words);
  return undefined;
}

function readOriginatorId(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (end - at !== 4) return wrongLength(at, end);
  draft.originatorId = readU32(bytes, at);
  return undefined;
}

function readClusterList(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  const words = readWords(bytes, at, end, 1);
  if (!words) return wrongLength(at, end);
  draft.clusterList = words;
  return undefined;
}

function readExtendedCommunities(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (!isMultiple(end - at, EXTENDED_COMMUNITY_SIZE)) return wrongLength(at, end);
  draft.extendedCommunities = bytes.slice(at, end);
  return undefined;
}

function readAs4Path(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
  { toleratesAsZero }: AttributeContext,
): AttributeProblem | undefined {
  const path = decodeAsPath(bytes, at, end, 4, toleratesAsZero);
  if (typeof path === 'string') return problem(UPDATE_OPTIONAL_ATTRIBUTE, path);
  draft.as4Path = withoutConfederation(path); // RFC 6793 §6
  return undefined;
}

function readAs4Aggregator(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  const aggregator = decodeAggregator(bytes, at, end, 4);
  if ('reason' in aggregator) return aggregator;
  draft.as4Aggregator = aggregator;
  return undefined;
}

function readIpv6ExtendedCommunities(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (!isMultiple(end - at, IPV6_EXTENDED_COMMUNITY_SIZE)) return wrongLength(at, end);
  draft.ipv6ExtendedCommunities = bytes.slice(at, end);
  return undefined;
}

function readLargeCommunities(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  const words = readWords(bytes, at, end, LARGE_COMMUNITY_WORDS);
  if (!words) return wrongLength(at, end);
  draft.largeCommunities = sortLargeCommunities(words);
  return undefined;
}

/** RFC 9234 §5: a value of other than four octets is malformed. */
function readOnlyToCustomer(
  draft: AttributeDraft,
  bytes: Uint8Array,
  at: number,
  end: number,
): AttributeProblem | undefined {
  if (end - at !== 4) return wrongLength(at, end);
  draft.onlyToCustomer = readU32(bytes, at);
  return undefined;
}

/** Words of a value whose length is a non-zero multiple of `group` words; otherwise undefined. */
function readWords(
  bytes: Uint8Array,
  at: number,
  end: number,
  group: number,
): Uint32Array | undefined {
  if (!isMultiple(end - at, group * 4)) return undefined;
  const words = new Uint32Array((end - at) / 4);
  for (let i = 0; i < words.length; i++) words[i] = readU32(bytes, at + i * 4);
  return words;
}

/** Non-zero multiple, as RFC 7606 §7.8, §7.10, §7.14, §7.15 and RFC 8092 §6 ask. */
function isMultiple(size: number, unit: number): boolean {
  return size > 0 && size % unit === 0;
}
