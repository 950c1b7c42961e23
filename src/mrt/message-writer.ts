/** Writes BGP messages and changes of state with microseconds (BGP4MP_ET, RFC 6396 §3, §4.4; RFC 8050 §3). */
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import {
  BGP4MP_ET,
  BGP4MP_MESSAGE,
  BGP4MP_MESSAGE_ADDPATH,
  BGP4MP_MESSAGE_AS4,
  BGP4MP_MESSAGE_AS4_ADDPATH,
  BGP4MP_MESSAGE_AS4_LOCAL,
  BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH,
  BGP4MP_MESSAGE_LOCAL,
  BGP4MP_MESSAGE_LOCAL_ADDPATH,
  BGP4MP_STATE_CHANGE_AS4,
} from './constants.ts';
import { RecordWriter } from './record-writer.ts';

/** Both ends of a session. */
export interface MessagePeer {
  readonly address: Address;
  readonly asNumber: number;
  /** Of the family of `address`; zeros where it is not known. */
  readonly localAddress: Address;
  readonly localAsNumber: number;
}

/** How the message is to be read. */
export interface MessageTerms {
  readonly isSent: boolean;
  readonly asWidth: 2 | 4;
  /** Families whose prefixes have path identifiers in it. */
  readonly addPath: readonly Family[];
}

const AS_TRANS = 23_456;
const PLAIN = [
  [BGP4MP_MESSAGE, BGP4MP_MESSAGE_LOCAL],
  [BGP4MP_MESSAGE_AS4, BGP4MP_MESSAGE_AS4_LOCAL],
] as const;
const ADD_PATH = [
  [BGP4MP_MESSAGE_ADDPATH, BGP4MP_MESSAGE_LOCAL_ADDPATH],
  [BGP4MP_MESSAGE_AS4_ADDPATH, BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH],
] as const;

/** See the head of the file. */
export class MessageWriter {
  readonly #records = new RecordWriter();

  get sizeBytes(): number {
    return this.#records.sizeBytes;
  }

  take(): Uint8Array {
    return this.#records.take();
  }

  /** @param hasPathIds as its prefixes have them; see {@link MessageTerms.addPath} */
  message(
    peer: MessagePeer,
    at: number,
    bytes: Uint8Array,
    terms: Pick<MessageTerms, 'isSent' | 'asWidth'>,
    hasPathIds: boolean,
  ): void {
    const table = hasPathIds ? ADD_PATH : PLAIN;
    const subtype = table[terms.asWidth === 4 ? 1 : 0][terms.isSent ? 1 : 0];
    this.#records.begin(at, BGP4MP_ET, subtype);
    this.#ends(peer, terms.asWidth);
    this.#records.out.put(bytes);
    this.#records.end();
  }

  /** States by their number: 1 Idle, 2 Connect, 3 Active, 4 OpenSent, 5 OpenConfirm, 6 Established. */
  state(peer: MessagePeer, at: number, from: number, to: number): void {
    this.#records.begin(at, BGP4MP_ET, BGP4MP_STATE_CHANGE_AS4);
    this.#ends(peer, 4);
    this.#records.out.u16(from);
    this.#records.out.u16(to);
    this.#records.end();
  }

  #ends(peer: MessagePeer, asWidth: 2 | 4): void {
    const { out } = this.#records;
    for (const asNumber of [peer.asNumber, peer.localAsNumber]) {
      if (asWidth === 4) out.u32(asNumber);
      else out.u16(asNumber > 0xffff ? AS_TRANS : asNumber);
    }
    out.u16(0); // interface
    out.u16(peer.address.length === 4 ? 1 : 2);
    out.put(peer.address);
    out.put(peer.localAddress);
  }
}
