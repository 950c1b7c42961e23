/**
 * The flight recorder: the last minutes of messages of every peer, in a bounded number of octets, ready to be
 * written out as MRT when something went wrong.
 *
 * Nothing is encoded before that; a message costs a copy into a ring.
 */
import { type MessagePeer, MessageWriter } from '../mrt/message-writer.ts';
import { MessageRing, type RingBudget, type RingEntry } from './message-ring.ts';
import { PeerTape, stateOf, type TapeOwner, termsOf } from './peer-tape.ts';
import { updateFamily } from './update-family.ts';

export interface RecorderLimits {
  /** How far back, in ms. */
  readonly periodMs: number;
  /** Octets of all peers together, and of one. */
  readonly memoryBytes: number;
  readonly bytesPerPeer: number;
  readonly keepsSent: boolean;
}

export interface RecorderPorts {
  /** Ms since 1970. */
  wallTime(): number;
  notified(tape: PeerTape): void;
}

const PIECE_BYTES = 64 * 1024;

/** See the head of the file. */
export class FlightRecorder implements TapeOwner, RingBudget {
  readonly #limits: RecorderLimits;
  readonly #ports: RecorderPorts;
  readonly #tapes = new Set<PeerTape>();
  #sequence = 0;
  #bytes = 0;

  constructor(limits: RecorderLimits, ports: RecorderPorts) {
    this.#limits = limits;
    this.#ports = ports;
  }

  get keepsSent(): boolean {
    return this.#limits.keepsSent;
  }

  /** Octets held. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  tape(name: string, peer: MessagePeer): PeerTape {
    const tape = new PeerTape(name, peer, new MessageRing(this.#limits.bytesPerPeer, this), this);
    this.#tapes.add(tape);
    return tape;
  }

  forget(tape: PeerTape): void {
    tape.clear();
    this.#tapes.delete(tape);
  }

  /**
   * What is recorded, as MRT in the order it happened. A copy is taken when the first piece is made, so that
   * the rest may wait.
   *
   * @param only of one peer; of all when absent
   */
  *recording(only?: PeerTape): Generator<Uint8Array> {
    const since = this.#ports.wallTime() - this.#limits.periodMs;
    const lines = (only ? [only] : [...this.#tapes]).flatMap((tape) =>
      [...tape.entries(since)].map((entry) => ({ peer: tape.peer, entry: copied(entry) })),
    );
    lines.sort((a, b) => a.entry.sequence - b.entry.sequence);
    const writer = new MessageWriter();
    for (const { peer, entry } of lines) {
      writeEntry(writer, peer, entry);
      if (writer.sizeBytes >= PIECE_BYTES) yield writer.take();
    }
    yield writer.take();
  }

  now(): number {
    return this.#ports.wallTime();
  }

  nextSequence(): number {
    return this.#sequence++;
  }

  notified(tape: PeerTape): void {
    this.#ports.notified(tape);
  }

  take(bytes: number, isNeeded: boolean): boolean {
    if (this.#bytes + bytes > this.#limits.memoryBytes && !isNeeded) return false;
    this.#bytes += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }
}

function copied(entry: RingEntry): RingEntry {
  return { ...entry, bytes: entry.bytes.slice() };
}

function writeEntry(writer: MessageWriter, peer: MessagePeer, entry: RingEntry): void {
  const state = stateOf(entry);
  if (state) {
    writer.state(peer, entry.at, ...state);
    return;
  }
  const terms = termsOf(entry);
  const family = updateFamily(entry.bytes);
  const hasPathIds = family !== undefined && terms.addPath.includes(family);
  writer.message(peer, entry.at, entry.bytes, terms, hasPathIds);
}
