/** Cease (RFC 4486, RFC 9003), and what counts as an error that makes a session wait (SESS-14). */
import {
  CEASE,
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_ADMINISTRATIVE_SHUTDOWN,
  CEASE_COLLISION_RESOLUTION,
  CEASE_HARD_RESET,
} from '../wire/constants.ts';
import { encodeShutdownText, type Notification } from '../wire/notification.ts';
import type { ConnectionEnd } from './fsm.ts';

/** A Cease; `text` goes with a shutdown or reset only, which are the two that can carry one. */
export function cease(subcode: number, text: string): Notification {
  const takesText =
    subcode === CEASE_ADMINISTRATIVE_SHUTDOWN || subcode === CEASE_ADMINISTRATIVE_RESET;
  return { code: CEASE, subcode, data: encodeShutdownText(takesText ? text : '') };
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
