/**
 * Encodes path attributes in ascending type order with the shortest length form, so that equal sets
 * give equal octets.
 */
import { type AsPath, withoutConfederation, writeAsPath } from './as-path.ts';
import { needsFourOctets, toTwoOctets, twoOctetAs } from './as4-path.ts';
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
  FLAG_EXTENDED_LENGTH,
  FLAG_OPTIONAL,
  FLAG_PARTIAL,
  FLAG_TRANSITIVE,
} from './constants.ts';
import {
  type Aggregator,
  type PathAttributes,
  partialBit,
  type UnknownAttribute,
} from './path-attributes.ts';
import { ByteWriter } from './writer.ts';

const WELL_KNOWN = FLAG_TRANSITIVE;
const OPTIONAL = FLAG_OPTIONAL;
const OPTIONAL_TRANSITIVE = FLAG_OPTIONAL | FLAG_TRANSITIVE;
const BEHIND_ALL = 256;
/** No attribute of a message can be this long. */
const TOO_LONG = 65_535;

/** Reused by every call; nothing of it is handed out. */
const writer = new ByteWriter(4096);

/** Bits of the set under way, see `PathAttributes.partial`. */
let partial = 0;

/**
 * Encodes all attributes but MP_REACH_NLRI.
 *
 * @param asWidth 2 adds AS4_PATH and AS4_AGGREGATOR where numbers do not fit (RFC 6793 §4.2.2)
 * @param hasNextHop false leaves NEXT_HOP out, for messages with MP_REACH_NLRI; an empty next hop is
 *   always left out
 * @returns a new buffer of any length: compare it with the negotiated message size. What is beyond 65535
 *   octets fits no message and is not to be decoded
 */
export function encodePathAttributes(
  attributes: PathAttributes,
  asWidth: 2 | 4,
  hasNextHop: boolean,
): Uint8Array {
  const { unknown } = attributes;
  const hasFourOctets = asWidth === 2 && needsFourOctets(attributes.asPath);
  writer.at = 0;
  partial = attributes.partial;
  let written = writeUnknown(unknown, 0, ATTR_ORIGIN);
  writeMandatory(attributes, asWidth, hasNextHop);
  writeRest(attributes, asWidth);
  written = writeUnknown(unknown, written, ATTR_EXTENDED_COMMUNITIES);
  writeOctets(ATTR_EXTENDED_COMMUNITIES, attributes.extendedCommunities);
  if (hasFourOctets) writePath(ATTR_AS4_PATH, withoutConfederation(attributes.asPath), 4);
  if (asWidth === 2) writeAs4Aggregator(attributes.aggregator);
  written = writeUnknown(unknown, written, ATTR_IPV6_EXTENDED_COMMUNITIES);
  writeOctets(ATTR_IPV6_EXTENDED_COMMUNITIES, attributes.ipv6ExtendedCommunities);
  written = writeUnknown(unknown, written, ATTR_LARGE_COMMUNITIES);
  writeWords(OPTIONAL_TRANSITIVE, ATTR_LARGE_COMMUNITIES, attributes.largeCommunities);
  written = writeUnknown(unknown, written, ATTR_ONLY_TO_CUSTOMER);
  writeNumber(OPTIONAL_TRANSITIVE, ATTR_ONLY_TO_CUSTOMER, attributes.onlyToCustomer);
  writeUnknown(unknown, written, BEHIND_ALL);
  return writer.take();
}

/** ORIGIN, AS_PATH, NEXT_HOP. */
function writeMandatory(attributes: PathAttributes, asWidth: 2 | 4, hasNextHop: boolean): void {
  writeAttributeHeader(WELL_KNOWN, ATTR_ORIGIN, 1);
  writer.u8(attributes.origin);
  const { asPath, nextHop } = attributes;
  writePath(ATTR_AS_PATH, asWidth === 2 ? toTwoOctets(asPath) : asPath, asWidth);
  if (!hasNextHop || nextHop.length === 0) return;
  writeAttributeHeader(WELL_KNOWN, ATTR_NEXT_HOP, nextHop.length);
  writer.put(nextHop);
}

/** MULTI_EXIT_DISC to CLUSTER_LIST: types 4 to 10, all of them ours. */
function writeRest(attributes: PathAttributes, asWidth: 2 | 4): void {
  writeNumber(OPTIONAL, ATTR_MULTI_EXIT_DISC, attributes.med);
  writeNumber(WELL_KNOWN, ATTR_LOCAL_PREF, attributes.localPref);
  if (attributes.atomicAggregate) writeAttributeHeader(WELL_KNOWN, ATTR_ATOMIC_AGGREGATE, 0);
  writeAggregator(attributes.aggregator, asWidth);
  writeWords(OPTIONAL_TRANSITIVE, ATTR_COMMUNITIES, attributes.communities);
  writeNumber(OPTIONAL, ATTR_ORIGINATOR_ID, attributes.originatorId);
  writeWords(OPTIONAL, ATTR_CLUSTER_LIST, attributes.clusterList);
}

/** A size beyond 65535 goes into four octets more, so that different sets still have different octets. */
function writeAttributeHeader(flags: number, type: number, size: number): void {
  const isLong = size > 255;
  const category = flags === OPTIONAL_TRANSITIVE && isPartial(type) ? flags | FLAG_PARTIAL : flags;
  writer.u8(isLong ? category | FLAG_EXTENDED_LENGTH : category);
  writer.u8(type);
  if (isLong) writer.u16(Math.min(size, TOO_LONG));
  else writer.u8(size);
  if (size >= TOO_LONG) writer.u32(size);
}

function isPartial(type: number): boolean {
  return (partial & partialBit(type)) !== 0;
}

function writePath(type: number, path: AsPath, asWidth: 2 | 4): void {
  let size = 0;
  for (const { asns } of path.segments) size += 2 + asns.length * asWidth;
  writeAttributeHeader(type === ATTR_AS_PATH ? WELL_KNOWN : OPTIONAL_TRANSITIVE, type, size);
  writeAsPath(writer, path, asWidth);
}

function writeNumber(flags: number, type: number, value: number | undefined): void {
  if (value === undefined) return;
  writeAttributeHeader(flags, type, 4);
  writer.u32(value);
}

function writeWords(flags: number, type: number, words: Uint32Array): void {
  if (words.length === 0) return;
  writeAttributeHeader(flags, type, words.length * 4);
  for (const word of words) writer.u32(word);
}

function writeOctets(type: number, octets: Uint8Array): void {
  if (octets.length === 0) return;
  writeAttributeHeader(OPTIONAL_TRANSITIVE, type, octets.length);
  writer.put(octets);
}

function writeAggregator(aggregator: Aggregator | undefined, asWidth: 2 | 4): void {
  if (!aggregator) return;
  writeAttributeHeader(OPTIONAL_TRANSITIVE, ATTR_AGGREGATOR, asWidth + 4);
  if (asWidth === 4) writer.u32(aggregator.asn);
  else writer.u16(twoOctetAs(aggregator.asn));
  writer.u32(aggregator.address);
}

function writeAs4Aggregator(aggregator: Aggregator | undefined): void {
  if (!aggregator || aggregator.asn === twoOctetAs(aggregator.asn)) return;
  writeAttributeHeader(OPTIONAL_TRANSITIVE, ATTR_AS4_AGGREGATOR, 8);
  writer.u32(aggregator.asn);
  writer.u32(aggregator.address);
}

/**
 * Writes the unknown attributes from index `from` whose type is below `type`, with Partial set.
 *
 * @returns the index of the first one not written
 */
function writeUnknown(unknown: readonly UnknownAttribute[], from: number, type: number): number {
  let i = from;
  for (; i < unknown.length && unknown[i]!.type < type; i++) {
    const attribute = unknown[i]!;
    writeAttributeHeader(attribute.flags | FLAG_PARTIAL, attribute.type, attribute.value.length);
    writer.put(attribute.value);
  }
  return i;
}
