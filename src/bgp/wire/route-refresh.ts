/** ROUTE-REFRESH (RFC 2918), with the subtypes of enhanced route refresh (RFC 7313). */
import type { Family } from '../../net/family.ts';
import { type AfiSafi, afiSafiOf } from './afi-safi.ts';
import {
  HEADER_SIZE,
  MESSAGE_ROUTE_REFRESH,
  REFRESH_END,
  ROUTE_REFRESH_BAD_LENGTH,
  ROUTE_REFRESH_ERROR,
} from './constants.ts';
import { writeHeader } from './header.ts';
import { NotificationError } from './notification.ts';
import { readU16, writeU16 } from './octets.ts';

const BODY_SIZE = 4;

export interface RouteRefresh extends AfiSafi {
  /** 0 request, 1 begin, 2 end; a message with another subtype is to be ignored (RFC 7313 §5). */
  readonly subtype: number;
}

/**
 * Decodes the whole message at `[at, end)`. Families and subtypes we do not know are the caller's to
 * ignore.
 *
 * @throws NotificationError 7/1 with the message as data when the length is wrong (RFC 7313 §5)
 */
export function decodeRouteRefresh(bytes: Uint8Array, at: number, end: number): RouteRefresh {
  const body = at + HEADER_SIZE;
  const size = end - body;
  const subtype = size < BODY_SIZE ? 0 : bytes[body + 2]!;
  if (size < BODY_SIZE || (size > BODY_SIZE && subtype <= REFRESH_END)) {
    const reason = `a body of ${size} octets`;
    const data = bytes.slice(at, end);
    throw new NotificationError(ROUTE_REFRESH_ERROR, ROUTE_REFRESH_BAD_LENGTH, data, reason);
  }
  return { afi: readU16(bytes, body), safi: bytes[body + 3]!, subtype };
}

/** Encodes a whole message; a new buffer. */
export function encodeRouteRefresh(family: Family, subtype: number): Uint8Array {
  const { afi, safi } = afiSafiOf(family);
  const bytes = new Uint8Array(HEADER_SIZE + BODY_SIZE);
  const body = writeHeader(bytes, 0, bytes.length, MESSAGE_ROUTE_REFRESH);
  writeU16(bytes, body, afi);
  bytes[body + 2] = subtype;
  bytes[body + 3] = safi;
  return bytes;
}
