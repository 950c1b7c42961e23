/** What one peer and we said to each other lately, and the OPENs of its latest session whatever became of the rest. */
import type { SessionState } from '../bgp/session/fsm.ts';
import type { MessageTap } from '../bgp/session/message-tap.ts';
import {
  CEASE,
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_ADMINISTRATIVE_SHUTDOWN,
  CEASE_COLLISION_RESOLUTION,
  CEASE_CONNECTION_REJECTED,
  CEASE_PEER_DECONFIGURED,
  HEADER_SIZE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_UPDATE,
} from '../bgp/wire/constants.ts';
import { messageLength, messageType } from '../bgp/wire/header.ts';
import type { WireOptions } from '../bgp/wire/wire-options.ts';
import type { MessagePeer } from '../mrt/message-writer.ts';
import type { Family } from '../net/family.ts';
import type { MessageRing, RingEntry } from './message-ring.ts';

/** Bits of `RingEntry.flags`. */
const IS_SENT = 1;
const IS_TWO_OCTETS = 2;
const HAS_IPV4_PATH_IDS = 4;
const HAS_IPV6_PATH_IDS = 8;
const IS_STATE = 16;

const STATES: readonly SessionState[] = [
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
];

export interface TapeOwner {
  /** Wall time, ms since 1970. */
  now(): number;
  nextSequence(): number;
  /** UPDATEs we send are kept too. */
  readonly keepsSent: boolean;
  /** A NOTIFICATION went over the wire. */
  notified(tape: PeerTape): void;
}

/** See the head of the file. */
export class PeerTape implements MessageTap {
  readonly name: string;
  /** As known at present. */
  peer: MessagePeer;
  readonly #ring: MessageRing;
  readonly #owner: TapeOwner;
  /** Of the latest session, by direction. */
  readonly #opens = new Map<number, RingEntry>();

  constructor(name: string, peer: MessagePeer, ring: MessageRing, owner: TapeOwner) {
    this.name = name;
    this.peer = peer;
    this.#ring = ring;
    this.#owner = owner;
  }

  message(
    bytes: Uint8Array,
    at: number,
    end: number,
    isSent: boolean,
    terms: WireOptions | undefined,
  ): void {
    const now = this.#owner.now();
    const flags = flagsOf(isSent, terms);
    for (let from = at; from + HEADER_SIZE <= end; ) {
      const stop = Math.min(end, from + Math.max(HEADER_SIZE, messageLength(bytes, from)));
      this.#one(now, flags, bytes, from, stop);
      from = stop;
    }
  }

  stateChanged(from: SessionState, to: SessionState): void {
    const bytes = Uint8Array.of(STATES.indexOf(from) + 1, STATES.indexOf(to) + 1);
    this.#ring.push(this.#owner.now(), this.#owner.nextSequence(), IS_STATE, bytes, 0, 2);
  }

  /** From `since` on, oldest first; the OPENs come first where they are older than all the rest. */
  *entries(since: number): Generator<RingEntry> {
    let isFirst = true;
    for (const entry of this.#ring.entries(since)) {
      if (isFirst) yield* this.#opensBefore(entry.sequence);
      isFirst = false;
      yield entry;
    }
  }

  clear(): void {
    this.#ring.clear();
  }

  #one(now: number, flags: number, bytes: Uint8Array, from: number, stop: number): void {
    const type = messageType(bytes, from);
    if (type === MESSAGE_UPDATE && (flags & IS_SENT) !== 0 && !this.#owner.keepsSent) return;
    const sequence = this.#owner.nextSequence();
    if (type === MESSAGE_OPEN) {
      const copy = bytes.slice(from, stop);
      this.#opens.set(flags & IS_SENT, { at: now, sequence, flags, bytes: copy });
    }
    this.#ring.push(now, sequence, flags, bytes, from, stop);
    if (type === MESSAGE_NOTIFICATION && !isIntended(bytes, from)) this.#owner.notified(this);
  }

  #opensBefore(sequence: number): RingEntry[] {
    return [...this.#opens.values()]
      .filter((open) => open.sequence < sequence)
      .sort((a, b) => a.sequence - b.sequence);
  }
}

/** Somebody wanted the end of the session, or of one of two connections: there is nothing to find out. */
function isIntended(bytes: Uint8Array, from: number): boolean {
  return bytes[from + HEADER_SIZE] === CEASE && INTENDED.includes(bytes[from + HEADER_SIZE + 1]!);
}

const INTENDED: readonly number[] = [
  CEASE_ADMINISTRATIVE_SHUTDOWN,
  CEASE_PEER_DECONFIGURED,
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_CONNECTION_REJECTED,
  CEASE_COLLISION_RESOLUTION,
];

/** The state change an entry stands for, by numbers; undefined for a message. */
export function stateOf({ flags, bytes }: RingEntry): readonly [number, number] | undefined {
  return flags & IS_STATE ? [bytes[0]!, bytes[1]!] : undefined;
}

export function termsOf({ flags }: RingEntry) {
  const addPath: Family[] = [];
  if (flags & HAS_IPV4_PATH_IDS) addPath.push('ipv4-unicast');
  if (flags & HAS_IPV6_PATH_IDS) addPath.push('ipv6-unicast');
  const asWidth = flags & IS_TWO_OCTETS ? 2 : 4;
  return { isSent: (flags & IS_SENT) !== 0, asWidth, addPath } as const;
}

/** Before the OPENs are agreed on there are no AS paths: any width will do. */
function flagsOf(isSent: boolean, terms: WireOptions | undefined): number {
  const sent = isSent ? IS_SENT : 0;
  if (!terms) return sent;
  const addPath = isSent ? terms.addPathSend : terms.addPathReceive;
  return (
    sent |
    (terms.asWidth === 2 ? IS_TWO_OCTETS : 0) |
    (addPath.includes('ipv4-unicast') ? HAS_IPV4_PATH_IDS : 0) |
    (addPath.includes('ipv6-unicast') ? HAS_IPV6_PATH_IDS : 0)
  );
}
