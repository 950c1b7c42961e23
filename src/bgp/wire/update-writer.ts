/**
 * Frames UPDATE messages around NLRI that the caller writes into its own buffer.
 *
 * Sequence: `beginReach` → write NLRI from the returned offset → `finishReach`. With an IPv4 next hop the
 * NLRI come last; with an IPv6 one, which IPv4 prefixes may have too (RFC 8950), they go into
 * MP_REACH_NLRI. That comes first among the attributes (RFC 7606 §5.1), so the others follow when the
 * message is finished:
 *
 *     IPv4: header | 0 | length | attributes | NLRI
 *     IPv6: header | 0 | length | MP_REACH_NLRI( next hop, NLRI ) | attributes
 *
 * Buffers are the caller's and must have room; `reachOverhead` and `UNREACH_OVERHEAD` say how much of
 * a message is not NLRI.
 */
import type { Family } from '../../net/family.ts';
import { afiSafiOf } from './afi-safi.ts';
import {
  ATTR_MP_REACH_NLRI,
  ATTR_MP_UNREACH_NLRI,
  FLAG_EXTENDED_LENGTH,
  FLAG_OPTIONAL,
  HEADER_SIZE,
  MESSAGE_UPDATE,
} from './constants.ts';
import { writeHeader } from './header.ts';
import { writeU16 } from './octets.ts';

/** Flags, type and two length octets. */
const MP_HEADER_SIZE = 4;
/** AFI, SAFI, next hop length, reserved octet. */
const MP_REACH_FIXED_SIZE = 5;
/** AFI, SAFI. */
const MP_UNREACH_FIXED_SIZE = 3;
/** Header and the two length fields of an UPDATE. */
const UPDATE_FIXED_SIZE = HEADER_SIZE + 4;

/** Octets of a message of withdrawn prefixes that are not NLRI, by family. */
export const UNREACH_OVERHEAD: Readonly<Record<Family, number>> = {
  'ipv4-unicast': UPDATE_FIXED_SIZE,
  'ipv6-unicast': UPDATE_FIXED_SIZE + MP_HEADER_SIZE + MP_UNREACH_FIXED_SIZE,
};

/** Octets of a message of reachable prefixes that are not NLRI. */
export function reachOverhead(attributesSize: number, nextHopSize: number): number {
  if (!isMp(nextHopSize)) return UPDATE_FIXED_SIZE + attributesSize;
  return UPDATE_FIXED_SIZE + MP_HEADER_SIZE + MP_REACH_FIXED_SIZE + nextHopSize + attributesSize;
}

/**
 * Starts a message of reachable prefixes at `at`.
 *
 * @param attributes encoded; with NEXT_HOP when the next hop is IPv4, else without
 * @param nextHop 16 or 32 octets of IPv6; what is shorter is not looked at
 * @returns the offset of the first NLRI
 */
export function beginReach(
  bytes: Uint8Array,
  at: number,
  family: Family,
  attributes: Uint8Array,
  nextHop: Uint8Array,
): number {
  if (isMp(nextHop.length)) return beginMpReach(bytes, at, family, nextHop);
  let next = writeU16(bytes, at + HEADER_SIZE, 0);
  next = writeU16(bytes, next, attributes.length);
  bytes.set(attributes, next);
  return next + attributes.length;
}

/** True when a next hop of this size needs MP_REACH_NLRI. */
export function isMp(nextHopSize: number): boolean {
  return nextHopSize > 4;
}

function beginMpReach(bytes: Uint8Array, at: number, family: Family, nextHop: Uint8Array): number {
  let next = writeMpHeader(bytes, at, family, ATTR_MP_REACH_NLRI);
  bytes[next++] = nextHop.length;
  bytes.set(nextHop, next);
  next += nextHop.length;
  bytes[next++] = 0; // reserved
  return next;
}

/** Everything of a message with an MP attribute up to and with AFI and SAFI; lengths are patched later. */
function writeMpHeader(bytes: Uint8Array, at: number, family: Family, type: number): number {
  const { afi, safi } = afiSafiOf(family);
  let next = writeU16(bytes, at + HEADER_SIZE, 0) + 2;
  bytes[next++] = FLAG_OPTIONAL | FLAG_EXTENDED_LENGTH;
  bytes[next++] = type;
  next = writeU16(bytes, next + 2, afi);
  bytes[next++] = safi;
  return next;
}

/**
 * Ends the message that `beginReach` started at `at`: appends the attributes (IPv6 next hop), fills in
 * lengths and header.
 *
 * @param nlriEnd offset behind the last NLRI
 * @param nextHop as given to `beginReach`
 * @returns the offset behind the message
 */
export function finishReach(
  bytes: Uint8Array,
  at: number,
  nlriEnd: number,
  attributes: Uint8Array,
  nextHop: Uint8Array,
): number {
  let end = nlriEnd;
  if (isMp(nextHop.length)) {
    bytes.set(attributes, nlriEnd);
    end += attributes.length;
    patchMpLengths(bytes, at, nlriEnd, end);
  }
  writeHeader(bytes, at, end - at, MESSAGE_UPDATE);
  return end;
}

function patchMpLengths(bytes: Uint8Array, at: number, mpEnd: number, end: number): void {
  const attributesAt = at + UPDATE_FIXED_SIZE;
  writeU16(bytes, attributesAt - 2, end - attributesAt);
  writeU16(bytes, attributesAt + 2, mpEnd - attributesAt - MP_HEADER_SIZE);
}

/** Starts a message of withdrawn prefixes at `at`; answers the offset of the first NLRI. */
export function beginUnreach(bytes: Uint8Array, at: number, family: Family): number {
  if (family === 'ipv4-unicast') return at + HEADER_SIZE + 2;
  return writeMpHeader(bytes, at, family, ATTR_MP_UNREACH_NLRI);
}

/** Ends the message that `beginUnreach` started at `at`; answers the offset behind the message. */
export function finishUnreach(
  bytes: Uint8Array,
  at: number,
  family: Family,
  nlriEnd: number,
): number {
  let end = nlriEnd;
  if (family === 'ipv4-unicast') {
    writeU16(bytes, at + HEADER_SIZE, nlriEnd - at - HEADER_SIZE - 2);
    end = writeU16(bytes, nlriEnd, 0);
  } else {
    patchMpLengths(bytes, at, nlriEnd, nlriEnd);
  }
  writeHeader(bytes, at, end - at, MESSAGE_UPDATE);
  return end;
}

/** An End-of-RIB message (RFC 4724 §2); a new buffer. */
export function encodeEndOfRib(family: Family): Uint8Array {
  const bytes = new Uint8Array(UNREACH_OVERHEAD[family]);
  finishUnreach(bytes, 0, family, beginUnreach(bytes, 0, family));
  return bytes;
}
