/** Cease (RFC 4486, RFC 9003), and what counts as an error that makes a session wait (SESS-14). */
import {
  CEASE,
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_ADMINISTRATIVE_SHUTDOWN,
  CEASE_COLLISION_RESOLUTION,
  CEASE_HARD_RESET,
} from '../wire/constants.ts';
import {
  encodePrefixBound,
  encodeShutdownText,
  type Notification,
  type PrefixBound,
} from '../wire/notification.ts';
import type { ConnectionEnd } from './fsm.ts';

/** Why we end a session. */
export interface CeaseReason {
  readonly subcode: number;
  /** For operators: the peer's with a shutdown or reset, which can carry it; ours in any case. */
  readonly text?: string;
  /** The limit that was passed, for the peer to know (RFC 4486 §4). */
  readonly limit?: PrefixBound;
}

export function cease({ subcode, text = '', limit }: CeaseReason): Notification {
  const data = limit
    ? encodePrefixBound(limit)
    : encodeShutdownText(takesText(subcode) ? text : '');
  return { code: CEASE, subcode, data };
}

/** The text that the Cease itself cannot carry. */
export function unsaidText(reason: CeaseReason | 'silent'): string {
  if (reason === 'silent' || takesText(reason.subcode)) return '';
  return reason.text ?? '';
}

function takesText(subcode: number): boolean {
  return subcode === CEASE_ADMINISTRATIVE_SHUTDOWN || subcode === CEASE_ADMINISTRATIVE_RESET;
}

/** The same for a peer that would bridge a plain NOTIFICATION: wrapped in a Hard Reset (RFC 8538 §3.1). */
export function hardReset({ code, subcode, data }: Notification): Notification {
  return { code: CEASE, subcode: CEASE_HARD_RESET, data: Uint8Array.of(code, subcode, ...data) };
}

/**
 * True when the peer's routes may be kept after such an end: a lost connection (RFC 4724 §4.2), and with
 * the N bit on both sides any NOTIFICATION but a Hard Reset (RFC 8538 §4).
 */
export function isBridged(end: ConnectionEnd, bridgesNotifications: boolean): boolean {
  if (!end.notification) return end.isGraceful;
  return bridgesNotifications && !isCease(end.notification, CEASE_HARD_RESET);
}

/** True for a Cease of this subcode. */
export function isCease(notification: Notification | undefined, subcode: number): boolean {
  return notification?.code === CEASE && notification.subcode === subcode;
}

/**
 * True for errors of ours, and of the peer unless it only said Cease. A lost TCP connection and the
 * loser of a collision are no errors.
 */
export function isError({ notification, sentByUs }: ConnectionEnd): boolean {
  if (!notification || isCease(notification, CEASE_COLLISION_RESOLUTION)) return false;
  return sentByUs || notification.code !== CEASE;
}
