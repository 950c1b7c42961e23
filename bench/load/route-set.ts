/** Routes of one source as columns, and the UPDATE messages that announce and withdraw them. */
import {
  AFI_IPV6,
  ATTR_MP_REACH_NLRI,
  ATTR_MP_UNREACH_NLRI,
  ATTR_NEXT_HOP,
  FLAG_EXTENDED_LENGTH,
  FLAG_OPTIONAL,
  HEADER_SIZE,
  MAXIMUM_MESSAGE_SIZE,
  MESSAGE_UPDATE,
  SAFI_UNICAST,
} from '../../src/bgp/wire/constants.ts';
import { writeHeader } from '../../src/bgp/wire/header.ts';
import { writeU16 } from '../../src/bgp/wire/octets.ts';
import { ByteWriter } from '../../src/bgp/wire/writer.ts';
import type { Family } from '../../src/net/family.ts';
import { removeAttribute } from './attribute-set.ts';

/** Routes of one family; row `i` of all columns is one route. */
export interface RouteSet {
  readonly family: Family;
  /** Network addresses as unsigned numbers, for IPv6 the second 32 bits of them: Uint32Array[count]. */
  readonly addresses: Uint32Array;
  /** Prefix lengths, for IPv6 less 32: Uint8Array[count]. */
  readonly lengths: Uint8Array;
  /** Index into `attributeSets`: Uint32Array[count]. */
  readonly sets: Uint32Array;
  /** Encoded path attributes with NEXT_HOP, also where it travels in MP_REACH_NLRI. */
  readonly attributeSets: readonly Uint8Array[];
}

/** The first 32 bits of all IPv6 prefixes: 2a10::/32. */
export const IPV6_TOP = 0x2a100000;

/** Routes per UPDATE unless told otherwise; what the recorded full table has on average. */
export const ROUTES_PER_UPDATE = 6;

/** Octets of the two length fields behind the header (RFC 4271 §4.3). */
const LENGTH_FIELDS = 4;
/** MP_REACH_NLRI in front of its prefixes (RFC 4760 §3), with a next hop of 16 octets. */
const MP_REACH_SIZE = 4 + 5 + 16;
const NOTHING = new Uint8Array(0);

/** Answers whether row `i` is meant. */
export type Choice = (i: number) => boolean;

/**
 * UPDATEs that announce the chosen rows in order; neighbours with the same set share a message.
 *
 * @param maximum routes per message
 */
export function encodeAnnouncements(
  routes: RouteSet,
  isChosen: Choice = () => true,
  maximum = ROUTES_PER_UPDATE,
): Uint8Array {
  const writer = new ByteWriter();
  const rows = chosenRows(routes, isChosen);
  for (let from = 0; from < rows.length; ) {
    const set = routes.sets[rows[from]!]!;
    const attributes = routes.attributeSets[set]!;
    const size = HEADER_SIZE + LENGTH_FIELDS + MP_REACH_SIZE + attributes.length;
    const room = Math.floor((MAXIMUM_MESSAGE_SIZE - size) / largestPrefix(routes));
    const limit = Math.min(rows.length, from + maximum, from + room);
    let to = from + 1;
    while (to < limit && routes.sets[rows[to]!] === set) to++;
    const nlri = encodeNlri(routes, rows, from, to);
    if (routes.family === 'ipv4-unicast') writeUpdate(writer, NOTHING, attributes, nlri);
    else writeUpdate(writer, NOTHING, withMpReach(attributes, nlri), NOTHING);
    from = to;
  }
  return writer.take();
}

/** UPDATEs that withdraw the chosen rows, as full as they get. */
export function encodeWithdrawals(routes: RouteSet, isChosen: Choice = () => true): Uint8Array {
  const writer = new ByteWriter();
  const rows = chosenRows(routes, isChosen);
  const room = MAXIMUM_MESSAGE_SIZE - HEADER_SIZE - LENGTH_FIELDS - MP_REACH_SIZE;
  const perMessage = Math.floor(room / largestPrefix(routes));
  for (let from = 0; from < rows.length; from += perMessage) {
    const nlri = encodeNlri(routes, rows, from, Math.min(rows.length, from + perMessage));
    if (routes.family === 'ipv4-unicast') writeUpdate(writer, nlri, NOTHING, NOTHING);
    else writeUpdate(writer, NOTHING, mpUnreach(nlri), NOTHING);
  }
  return writer.take();
}

/** Rows of the IPv4 `routes` as IPv6 ones: the same numbers behind 2a10::/32. */
export function asIpv6(routes: RouteSet): RouteSet {
  return { ...routes, family: 'ipv6-unicast' };
}

function chosenRows(routes: RouteSet, isChosen: Choice): number[] {
  const rows: number[] = [];
  for (let i = 0; i < routes.addresses.length; i++) if (isChosen(i)) rows.push(i);
  return rows;
}

function largestPrefix({ family }: RouteSet): number {
  return family === 'ipv4-unicast' ? 5 : 9;
}

function encodeNlri(
  routes: RouteSet,
  rows: readonly number[],
  from: number,
  to: number,
): Uint8Array {
  const bytes = new Uint8Array(largestPrefix(routes) * (to - from));
  const top = routes.family === 'ipv4-unicast' ? 0 : 32;
  let at = 0;
  for (let i = from; i < to; i++) {
    const bits = routes.lengths[rows[i]!]!;
    bytes[at++] = top + bits;
    if (top > 0) at = writeAddress(bytes, at, IPV6_TOP, top);
    at = writeAddress(bytes, at, routes.addresses[rows[i]!]!, bits);
  }
  return bytes.subarray(0, at);
}

function writeAddress(bytes: Uint8Array, at: number, address: number, bits: number): number {
  let next = at;
  for (let shift = 24, left = bits; left > 0; shift -= 8, left -= 8) {
    bytes[next++] = address >>> shift;
  }
  return next;
}

/** The attributes with next hop and prefixes in MP_REACH_NLRI, in front (RFC 7606 §5.1). */
function withMpReach(attributes: Uint8Array, nlri: Uint8Array): Uint8Array {
  const { value: nextHop, rest } = removeAttribute(attributes, ATTR_NEXT_HOP);
  const fields = [AFI_IPV6 >> 8, AFI_IPV6, SAFI_UNICAST, nextHop.length, ...nextHop, 0];
  return concat([mpAttribute(ATTR_MP_REACH_NLRI, fields, nlri), rest]);
}

function mpUnreach(nlri: Uint8Array): Uint8Array {
  return mpAttribute(ATTR_MP_UNREACH_NLRI, [AFI_IPV6 >> 8, AFI_IPV6, SAFI_UNICAST], nlri);
}

function mpAttribute(type: number, fields: readonly number[], nlri: Uint8Array): Uint8Array {
  const size = fields.length + nlri.length;
  const head = [FLAG_OPTIONAL | FLAG_EXTENDED_LENGTH, type, size >> 8, size & 255, ...fields];
  return concat([Uint8Array.from(head), nlri]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function writeUpdate(
  writer: ByteWriter,
  withdrawn: Uint8Array,
  attributes: Uint8Array,
  nlri: Uint8Array,
): void {
  const size = HEADER_SIZE + LENGTH_FIELDS + withdrawn.length + attributes.length + nlri.length;
  const message = new Uint8Array(size);
  writeHeader(message, 0, size, MESSAGE_UPDATE);
  let at = writeU16(message, HEADER_SIZE, withdrawn.length);
  message.set(withdrawn, at);
  at = writeU16(message, at + withdrawn.length, attributes.length);
  message.set(attributes, at);
  message.set(nlri, at + attributes.length);
  writer.put(message);
}
