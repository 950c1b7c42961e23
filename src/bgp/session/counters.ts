/** Counters of one session: plain numbers, read at scrape time, never reset. */
import {
  HEADER_SIZE,
  MESSAGE_KEEPALIVE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_ROUTE_REFRESH,
  MESSAGE_UPDATE,
} from '../wire/constants.ts';
import { messageLength, messageType } from '../wire/header.ts';

/** Messages by type, and octets, in one direction. */
export interface MessageCounters {
  open: number;
  update: number;
  notification: number;
  keepalive: number;
  routeRefresh: number;
  bytes: number;
}

export interface SessionCounters {
  readonly received: MessageCounters;
  readonly sent: MessageCounters;
  /** TCP connections that came up, in either direction. */
  connects: number;
  /** Times the session left Established. */
  flaps: number;
}

/** All zero. */
export function makeCounters(): SessionCounters {
  return { received: makeMessageCounters(), sent: makeMessageCounters(), connects: 0, flaps: 0 };
}

function makeMessageCounters(): MessageCounters {
  return { open: 0, update: 0, notification: 0, keepalive: 0, routeRefresh: 0, bytes: 0 };
}

/** Counts one message that was received; its octets are counted per chunk. */
export function countReceived(counters: SessionCounters, type: number): void {
  countType(counters.received, type);
}

/** Counts the messages in `[at, end)`, which begins and ends at message bounds. */
export function countSent(
  counters: SessionCounters,
  bytes: Uint8Array,
  at: number,
  end: number,
): void {
  counters.sent.bytes += end - at;
  let next = at;
  while (next + HEADER_SIZE <= end) {
    countType(counters.sent, messageType(bytes, next));
    next += Math.max(HEADER_SIZE, messageLength(bytes, next));
  }
}

function countType(counters: MessageCounters, type: number): void {
  switch (type) {
    case MESSAGE_UPDATE:
      counters.update++;
      break;
    case MESSAGE_KEEPALIVE:
      counters.keepalive++;
      break;
    case MESSAGE_OPEN:
      counters.open++;
      break;
    case MESSAGE_NOTIFICATION:
      counters.notification++;
      break;
    case MESSAGE_ROUTE_REFRESH:
      counters.routeRefresh++;
      break;
  }
}
