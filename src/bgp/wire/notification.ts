/**
 * NOTIFICATION messages (RFC 4271 §4.5, §6), their text for operators, and the error that asks for one.
 *
 * `NotificationError` is the only thing this folder throws, and only from `decodeOpen` and
 * `decodeRouteRefresh`; the session catches it in one place.
 */
import type { Family } from '../../net/family.ts';
import { afiSafiOf, formatAfiSafi } from './afi-safi.ts';
import {
  CEASE,
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_ADMINISTRATIVE_SHUTDOWN,
  CEASE_HARD_RESET,
  CEASE_MAX_PREFIXES,
  HEADER_SIZE,
  MAXIMUM_MESSAGE_SIZE,
  MESSAGE_NOTIFICATION,
} from './constants.ts';
import { writeHeader } from './header.ts';
import { describeError } from './notification-names.ts';
import { decodePeerText, encodePeerText, isUtf8 } from './peer-text.ts';

/** The content of a NOTIFICATION. */
export interface Notification {
  readonly code: number;
  readonly subcode: number;
  /** Own copy. */
  readonly data: Uint8Array;
}

const NO_DATA = new Uint8Array(0);
/** Longest shutdown text: its length field is one octet (RFC 9003 §2). */
const SHUTDOWN_TEXT_MAXIMUM = 255;
/** Of a text that cannot be read so much is shown. */
const SHOWN_OCTETS = 32;
/** AFI, SAFI and a number (RFC 4486 §4). */
const PREFIX_BOUND_SIZE = 7;

/** A fault that ends the session with this NOTIFICATION. */
export class NotificationError extends Error implements Notification {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  /** One sentence for operators. */
  readonly reason: string;

  constructor(code: number, subcode: number, data: Uint8Array = NO_DATA, reason = '') {
    super(`${describeError(code, subcode)}${reason && `: ${reason}`}`);
    this.name = 'NotificationError';
    this.code = code;
    this.subcode = subcode;
    this.data = data;
    this.reason = reason;
  }
}

/**
 * Encodes a whole NOTIFICATION message.
 *
 * @returns a new buffer; data beyond what 4096 octets hold is cut off
 */
export function encodeNotification({ code, subcode, data }: Notification): Uint8Array {
  const room = MAXIMUM_MESSAGE_SIZE - HEADER_SIZE - 2;
  const kept = data.subarray(0, room);
  const bytes = new Uint8Array(HEADER_SIZE + 2 + kept.length);
  writeHeader(bytes, 0, bytes.length, MESSAGE_NOTIFICATION);
  bytes[HEADER_SIZE] = code;
  bytes[HEADER_SIZE + 1] = subcode;
  bytes.set(kept, HEADER_SIZE + 2);
  return bytes;
}

/**
 * Decodes a whole NOTIFICATION message at `[at, end)`, which the framer has found to be at least 21
 * octets long. Any content is valid (RFC 4271 §6.4).
 */
export function decodeNotification(bytes: Uint8Array, at: number, end: number): Notification {
  const body = at + HEADER_SIZE;
  return { code: bytes[body]!, subcode: bytes[body + 1]!, data: bytes.slice(body + 2, end) };
}

/** Data of a Cease/2 or Cease/4 with a text for the other side (RFC 9003 §2); empty for no text. */
export function encodeShutdownText(text: string): Uint8Array {
  if (text === '') return NO_DATA;
  const octets = encodePeerText(text, SHUTDOWN_TEXT_MAXIMUM);
  const data = new Uint8Array(1 + octets.length);
  data[0] = octets.length;
  data.set(octets, 1);
  return data;
}

/**
 * The shutdown text of a Cease/2 or Cease/4, also when wrapped in a hard reset (RFC 9003, RFC 8538 §3).
 *
 * @returns escaped text safe to print; undefined when there is none, or its length or UTF-8 is wrong
 */
export function shutdownText(notification: Notification): string | undefined {
  const inner = unwrapHardReset(notification);
  if (!mayHaveText(inner)) return undefined;
  const { data } = inner;
  const size = data[0] ?? 0;
  if (size === 0 || 1 + size > data.length || !isUtf8(data, 1, 1 + size)) return undefined;
  return decodePeerText(data, 1, 1 + size);
}

/** The most prefixes of a family that are taken, as a Cease/1 may tell (RFC 4486 §4). */
export interface PrefixBound {
  readonly family: Family;
  readonly maximum: number;
}

export function encodePrefixBound({ family, maximum }: PrefixBound): Uint8Array {
  const { afi, safi } = afiSafiOf(family);
  const data = new Uint8Array(PREFIX_BOUND_SIZE);
  data.set([0, afi, safi]);
  new DataView(data.buffer).setUint32(3, maximum);
  return data;
}

/** One line for logs and views: `Cease/Administrative Shutdown: "maintenance"`. */
export function describeNotification(notification: Notification): string {
  const text = shutdownText(notification);
  const inner = unwrapHardReset(notification);
  const outer = inner === notification ? '' : 'Hard Reset: ';
  const detail = text === undefined ? describeData(inner) : `: "${text}"`;
  return `${outer}${describeError(inner.code, inner.subcode)}${detail}`;
}

/** A limit, or a text that cannot be read: that much is said, and what came (RFC 9003 §4). */
function describeData(notification: Notification): string {
  const { data } = notification;
  if (!mayHaveText(notification) || data.length === 0 || data[0] === 0)
    return describePrefixBound(notification);
  const hex = Buffer.from(data.subarray(0, SHOWN_OCTETS)).toString('hex');
  return `: a malformed text (${hex}${data.length > SHOWN_OCTETS ? '…' : ''})`;
}

function mayHaveText({ code, subcode }: Notification): boolean {
  const takesText =
    subcode === CEASE_ADMINISTRATIVE_SHUTDOWN || subcode === CEASE_ADMINISTRATIVE_RESET;
  return code === CEASE && takesText;
}

function describePrefixBound({ code, subcode, data }: Notification): string {
  if (code !== CEASE || subcode !== CEASE_MAX_PREFIXES || data.length < PREFIX_BOUND_SIZE)
    return '';
  const octets = new DataView(data.buffer, data.byteOffset, data.length);
  const family = formatAfiSafi({ afi: octets.getUint16(0), safi: data[2]! });
  return `: ${octets.getUint32(3)} of ${family}`;
}

/** A hard reset carries the real code, subcode and data in its data field (RFC 8538 §3.1). */
function unwrapHardReset(notification: Notification): Notification {
  const { code, subcode, data } = notification;
  if (code !== CEASE || subcode !== CEASE_HARD_RESET || data.length < 2) return notification;
  return { code: data[0]!, subcode: data[1]!, data: data.subarray(2) };
}
