/** Routes of one source as columns, and the UPDATE messages that announce and withdraw them. */
import { HEADER_SIZE, MAXIMUM_MESSAGE_SIZE, MESSAGE_UPDATE } from '../../src/bgp/wire/constants.ts';
import { writeHeader } from '../../src/bgp/wire/header.ts';
import { writeU16 } from '../../src/bgp/wire/octets.ts';
import { ByteWriter } from '../../src/bgp/wire/writer.ts';

/** IPv4 routes; row `i` of all columns is one route. */
export interface RouteSet {
  /** Network addresses as unsigned numbers: Uint32Array[count]. */
  readonly addresses: Uint32Array;
  /** Prefix lengths: Uint8Array[count]. */
  readonly lengths: Uint8Array;
  /** Index into `attributeSets`: Uint32Array[count]. */
  readonly sets: Uint32Array;
  /** Encoded path attributes. */
  readonly attributeSets: readonly Uint8Array[];
}

/** Routes per UPDATE unless told otherwise; what the recorded full table has on average. */
export const ROUTES_PER_UPDATE = 6;

/** Octets of the two length fields behind the header (RFC 4271 §4.3). */
const LENGTH_FIELDS = 4;

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
    const room = MAXIMUM_MESSAGE_SIZE - HEADER_SIZE - LENGTH_FIELDS - attributes.length;
    const limit = Math.min(rows.length, from + maximum, from + Math.floor(room / 5));
    let to = from + 1;
    while (to < limit && routes.sets[rows[to]!] === set) to++;
    const nlri = encodeNlri(routes, rows, from, to);
    writeUpdate(writer, new Uint8Array(0), attributes, nlri);
    from = to;
  }
  return writer.take();
}

/** UPDATEs that withdraw the chosen rows, as full as they get. */
export function encodeWithdrawals(routes: RouteSet, isChosen: Choice = () => true): Uint8Array {
  const writer = new ByteWriter();
  const rows = chosenRows(routes, isChosen);
  const perMessage = Math.floor((MAXIMUM_MESSAGE_SIZE - HEADER_SIZE - LENGTH_FIELDS) / 5);
  for (let from = 0; from < rows.length; from += perMessage) {
    const to = Math.min(rows.length, from + perMessage);
    writeUpdate(writer, encodeNlri(routes, rows, from, to), new Uint8Array(0), new Uint8Array(0));
  }
  return writer.take();
}

function chosenRows(routes: RouteSet, isChosen: Choice): number[] {
  const rows: number[] = [];
  for (let i = 0; i < routes.addresses.length; i++) if (isChosen(i)) rows.push(i);
  return rows;
}

function encodeNlri(
  routes: RouteSet,
  rows: readonly number[],
  from: number,
  to: number,
): Uint8Array {
  const bytes = new Uint8Array(5 * (to - from));
  let at = 0;
  for (let i = from; i < to; i++) {
    const bits = routes.lengths[rows[i]!]!;
    const address = routes.addresses[rows[i]!]!;
    bytes[at++] = bits;
    for (let shift = 24, left = bits; left > 0; shift -= 8, left -= 8) {
      bytes[at++] = address >>> shift;
    }
  }
  return bytes.subarray(0, at);
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
