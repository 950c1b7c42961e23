/**
 * Reads the fields of a set straight from its octets, when these are canonical: exactly what
 * `encodePathAttributes` writes for the set they decode to. Most of what peers send is, and all that this
 * daemon writes, so a new set costs neither an object nor a second encoding.
 *
 * What is unusual (confederations, AS 0, unknown or repeated attributes, faults) is not judged here: the
 * answer is "no", and the decoder has its say.
 */
import { AS_SEQUENCE, AS_SET } from '../bgp/wire/as-path.ts';
import { attributeEnd, attributeValueAt } from '../bgp/wire/attribute-header.ts';
import { nextHopProblem } from '../bgp/wire/attribute-table.ts';
import {
  EXTENDED_COMMUNITY_SIZE,
  IPV6_EXTENDED_COMMUNITY_SIZE,
  LARGE_COMMUNITY_WORDS,
} from '../bgp/wire/communities.ts';
import {
  ATTR_AGGREGATOR,
  ATTR_AS_PATH,
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
  FLAG_EXTENDED_LENGTH,
  FLAG_OPTIONAL,
  FLAG_PARTIAL,
  FLAG_TRANSITIVE,
  ORIGIN_INCOMPLETE,
} from '../bgp/wire/constants.ts';
import { readU32 } from '../bgp/wire/octets.ts';
import {
  ATTRS_HAS_LOCAL_PREF,
  ATTRS_HAS_MED,
  ATTRS_HAS_OTC,
  ATTRS_IS_ORDINARY,
  ATTRS_IS_REFLECTED,
  type AttributeSummary,
  bloomBit,
  communityFlag,
} from './attribute-columns.ts';

const WELL_KNOWN = FLAG_TRANSITIVE;
const OPTIONAL = FLAG_OPTIONAL;
const OPTIONAL_TRANSITIVE = FLAG_OPTIONAL | FLAG_TRANSITIVE;

const ORIGIN_SEEN = 1;
const AS_PATH_SEEN = 2;
const NEXT_HOP_SEEN = 4;

/** The fields of the set read last; see the head of the file. */
export class CanonicalSurvey implements AttributeSummary {
  origin = 0;
  asPathLength = 0;
  neighborAs = 0;
  asBloom = 0;
  med = 0;
  localPref = 0;
  originatorId = 0;
  clusterCount = 0;
  flags = ATTRS_IS_ORDINARY;
  /** Offset of the NEXT_HOP value, -1 when the next hop is not among the attributes. */
  nextHopAt = -1;
  #seen = 0;
  #isInternal = true;

  /**
   * Reads octets `[at, end)`, with four-octet AS numbers.
   *
   * @param mpNextHop the next hop where it is not among the attributes (IPv6)
   * @param isInternal false when an external peer sent them, who may not send LOCAL_PREF and the like
   * @returns true when they are canonical and sound; only then the fields count
   */
  read(
    bytes: Uint8Array,
    at: number,
    end: number,
    mpNextHop: Uint8Array | undefined,
    isInternal: boolean,
  ): boolean {
    this.#clear(isInternal);
    let lastType = 0;
    for (let next = at; next < end; ) {
      const behind = attributeEnd(bytes, next, end);
      const type = bytes[next + 1]!;
      if (behind < 0 || type <= lastType) return false;
      const value = attributeValueAt(bytes, next);
      const isLong = value - next === 4;
      if (isLong !== behind - value > 255) return false;
      const flags = categoryOf(bytes[next]!);
      if (!this.#readAttribute(bytes, type, flags, value, behind)) return false;
      lastType = type;
      next = behind;
    }
    const isComplete = ORIGIN_SEEN | AS_PATH_SEEN | (mpNextHop ? 0 : NEXT_HOP_SEEN);
    return this.#seen === isComplete && !(mpNextHop && nextHopProblem(mpNextHop));
  }

  #clear(isInternal: boolean): void {
    this.#isInternal = isInternal;
    this.#seen = 0;
    this.asPathLength = 0;
    this.neighborAs = 0;
    this.asBloom = 0;
    this.med = 0;
    this.localPref = 0;
    this.originatorId = 0;
    this.clusterCount = 0;
    this.flags = ATTRS_IS_ORDINARY;
    this.nextHopAt = -1;
  }

  /** Cases in the order of their types. */
  #readAttribute(bytes: Uint8Array, type: number, flags: number, at: number, end: number): boolean {
    const size = end - at;
    switch (type) {
      case ATTR_ORIGIN:
        this.#seen |= ORIGIN_SEEN;
        this.origin = bytes[at]!;
        return flags === WELL_KNOWN && size === 1 && this.origin <= ORIGIN_INCOMPLETE;
      case ATTR_AS_PATH:
        this.#seen |= AS_PATH_SEEN;
        return flags === WELL_KNOWN && this.#readAsPath(bytes, at, end);
      case ATTR_NEXT_HOP:
        this.#seen |= NEXT_HOP_SEEN;
        this.nextHopAt = at;
        return flags === WELL_KNOWN && size === 4 && isHost(bytes, at);
      case ATTR_MULTI_EXIT_DISC:
        this.flags |= ATTRS_HAS_MED;
        this.med = readU32(bytes, at);
        return flags === OPTIONAL && size === 4;
      case ATTR_LOCAL_PREF:
        this.flags |= ATTRS_HAS_LOCAL_PREF;
        this.localPref = readU32(bytes, at);
        return flags === WELL_KNOWN && size === 4 && this.#isInternal;
      case ATTR_ATOMIC_AGGREGATE:
        return flags === WELL_KNOWN && size === 0;
      case ATTR_AGGREGATOR:
        return flags === OPTIONAL_TRANSITIVE && size === 8 && readU32(bytes, at) !== 0;
      case ATTR_COMMUNITIES:
        return flags === OPTIONAL_TRANSITIVE && this.#readCommunities(bytes, at, end);
      case ATTR_ORIGINATOR_ID:
        this.flags |= ATTRS_IS_REFLECTED;
        this.originatorId = readU32(bytes, at);
        return flags === OPTIONAL && size === 4 && this.#isInternal;
      case ATTR_CLUSTER_LIST:
        this.flags |= ATTRS_IS_REFLECTED;
        this.clusterCount = size / 4;
        return flags === OPTIONAL && isMultiple(size, 4) && this.#isInternal;
      case ATTR_EXTENDED_COMMUNITIES:
        return flags === OPTIONAL_TRANSITIVE && isMultiple(size, EXTENDED_COMMUNITY_SIZE);
      case ATTR_IPV6_EXTENDED_COMMUNITIES:
        return flags === OPTIONAL_TRANSITIVE && isMultiple(size, IPV6_EXTENDED_COMMUNITY_SIZE);
      case ATTR_LARGE_COMMUNITIES:
        return flags === OPTIONAL_TRANSITIVE && isAscending(bytes, at, end, LARGE_COMMUNITY_WORDS);
      case ATTR_ONLY_TO_CUSTOMER:
        this.flags |= ATTRS_HAS_OTC;
        return flags === OPTIONAL_TRANSITIVE && size === 4;
      default:
        return false;
    }
  }

  #readAsPath(bytes: Uint8Array, at: number, end: number): boolean {
    for (let next = at; next < end; ) {
      const type = bytes[next]!;
      const count = next + 1 < end ? bytes[next + 1]! : 0;
      const behind = next + 2 + count * 4;
      if ((type !== AS_SEQUENCE && type !== AS_SET) || count === 0 || behind > end) return false;
      if (next === at && type === AS_SEQUENCE) this.neighborAs = readU32(bytes, next + 2);
      this.asPathLength += type === AS_SEQUENCE ? count : 1;
      for (let i = next + 2; i < behind; i += 4) {
        const asn = readU32(bytes, i);
        if (asn === 0) return false;
        this.asBloom |= bloomBit(asn);
      }
      next = behind;
    }
    return true;
  }

  #readCommunities(bytes: Uint8Array, at: number, end: number): boolean {
    for (let i = at; i + 4 <= end; i += 4) this.flags |= communityFlag(readU32(bytes, i));
    return isAscending(bytes, at, end, 1);
  }
}

/** As `nextHopProblem` judges four octets. */
function isHost(bytes: Uint8Array, at: number): boolean {
  return bytes[at]! < 224 && readU32(bytes, at) !== 0;
}

function isMultiple(size: number, unit: number): boolean {
  return size > 0 && size % unit === 0;
}

/** True for at least one group of `group` words, each greater than the one before. */
function isAscending(bytes: Uint8Array, at: number, end: number, group: number): boolean {
  const unit = group * 4;
  if (!isMultiple(end - at, unit)) return false;
  for (let next = at + unit; next < end; next += unit) {
    let i = 0;
    while (i < unit && bytes[next + i] === bytes[next + i - unit]) i++;
    if (i === unit || bytes[next + i]! < bytes[next + i - unit]!) return false;
  }
  return true;
}

/** Flags but Extended Length, and but Partial where that may be. */
function categoryOf(octet: number): number {
  const flags = octet & ~FLAG_EXTENDED_LENGTH;
  return flags === (OPTIONAL_TRANSITIVE | FLAG_PARTIAL) ? OPTIONAL_TRANSITIVE : flags;
}
