/** The 19 octets in front of every message (RFC 4271 §4.1), and the message that is nothing else. */
import { HEADER_SIZE, MARKER_SIZE, MESSAGE_KEEPALIVE } from './constants.ts';
import { readU16, writeU16 } from './octets.ts';

/** A KEEPALIVE message. Shared and never written. */
export const KEEPALIVE: Uint8Array = makeKeepalive();

/** The length field of the header at `at`. */
export function messageLength(bytes: Uint8Array, at: number): number {
  return readU16(bytes, at + MARKER_SIZE);
}

/** The type field of the header at `at`. */
export function messageType(bytes: Uint8Array, at: number): number {
  return bytes[at + MARKER_SIZE + 2]!;
}

/** Writes marker, length (of the whole message) and type; answers the offset of the body. */
export function writeHeader(bytes: Uint8Array, at: number, length: number, type: number): number {
  bytes.fill(0xff, at, at + MARKER_SIZE);
  writeU16(bytes, at + MARKER_SIZE, length);
  bytes[at + MARKER_SIZE + 2] = type;
  return at + HEADER_SIZE;
}

function makeKeepalive(): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  writeHeader(bytes, 0, HEADER_SIZE, MESSAGE_KEEPALIVE);
  return bytes;
}
