/** Reads BGP messages and changes of state (BGP4MP, BGP4MP_ET; RFC 6396 §4.4, RFC 8050 §3). */
import { ByteReader } from './byte-reader.ts';
import {
  BGP4MP,
  BGP4MP_ET,
  BGP4MP_MESSAGE,
  BGP4MP_MESSAGE_ADDPATH,
  BGP4MP_MESSAGE_AS4,
  BGP4MP_MESSAGE_AS4_ADDPATH,
  BGP4MP_MESSAGE_AS4_LOCAL,
  BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH,
  BGP4MP_MESSAGE_LOCAL,
  BGP4MP_MESSAGE_LOCAL_ADDPATH,
  BGP4MP_STATE_CHANGE,
  BGP4MP_STATE_CHANGE_AS4,
} from './constants.ts';
import type { MessagePeer } from './message-writer.ts';
import type { MrtRecord } from './record-splitter.ts';

export type RecordedEvent = RecordedMessage | RecordedState;

export interface RecordedMessage {
  readonly kind: 'message';
  readonly peer: MessagePeer;
  readonly isSent: boolean;
  readonly asWidth: 2 | 4;
  readonly hasPathIds: boolean;
  /** A view of the record. */
  readonly message: Uint8Array;
}

/** States by their number, 1 Idle to 6 Established. */
export interface RecordedState {
  readonly kind: 'state';
  readonly peer: MessagePeer;
  readonly from: number;
  readonly to: number;
}

const STATE_CHANGES: readonly number[] = [BGP4MP_STATE_CHANGE, BGP4MP_STATE_CHANGE_AS4];
const SENT: readonly number[] = [
  BGP4MP_MESSAGE_LOCAL,
  BGP4MP_MESSAGE_AS4_LOCAL,
  BGP4MP_MESSAGE_LOCAL_ADDPATH,
  BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH,
];
const WITH_PATH_IDS: readonly number[] = [
  BGP4MP_MESSAGE_ADDPATH,
  BGP4MP_MESSAGE_AS4_ADDPATH,
  BGP4MP_MESSAGE_LOCAL_ADDPATH,
  BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH,
];
const WITH_AS4: readonly number[] = [
  BGP4MP_STATE_CHANGE_AS4,
  BGP4MP_MESSAGE_AS4,
  BGP4MP_MESSAGE_AS4_ADDPATH,
  BGP4MP_MESSAGE_AS4_LOCAL,
  BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH,
];
const KNOWN: readonly number[] = [
  ...STATE_CHANGES,
  BGP4MP_MESSAGE,
  ...SENT,
  ...WITH_PATH_IDS,
  ...WITH_AS4,
];

/**
 * @returns undefined for records of another kind
 * @throws RangeError for a body that is cut short
 */
export function readMessage({ type, subtype, body }: MrtRecord): RecordedEvent | undefined {
  if ((type !== BGP4MP && type !== BGP4MP_ET) || !KNOWN.includes(subtype)) return undefined;
  const reader = new ByteReader(body);
  const asWidth = WITH_AS4.includes(subtype) ? 4 : 2;
  const peer = readEnds(reader, asWidth);
  if (STATE_CHANGES.includes(subtype)) {
    return { kind: 'state', peer, from: reader.u16(), to: reader.u16() };
  }
  const isSent = SENT.includes(subtype);
  const hasPathIds = WITH_PATH_IDS.includes(subtype);
  const message = reader.take(reader.left);
  return { kind: 'message', peer, isSent, asWidth, hasPathIds, message };
}

function readEnds(reader: ByteReader, asWidth: 2 | 4): MessagePeer {
  const as = () => (asWidth === 4 ? reader.u32() : reader.u16());
  const asNumber = as();
  const localAsNumber = as();
  reader.u16(); // interface
  const size = reader.u16() === 2 ? 16 : 4;
  const address = reader.take(size).slice();
  return { address, asNumber, localAsNumber, localAddress: reader.take(size).slice() };
}
