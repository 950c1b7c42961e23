/**
 * The latest messages that were rejected, whole or in part, octet for octet: what an operator needs to
 * tell a peer's maker what is wrong.
 *
 * Bounded per peer and for all together, and without garbage: what a peer sends without end goes into
 * buffers that are there already. A peer that fills its share drives out its own messages first.
 */

/** Why a message was rejected. */
export interface Rejection {
  /** Session label. */
  readonly peer: string;
  readonly action: string;
  readonly code: number;
  readonly subcode: number;
  readonly reason: string;
  /** Words for `catbird decode` that make it read the message as the session did. */
  readonly decodeWith: string;
}

/** One message that is kept. */
export interface QuarantinedMessage extends Rejection {
  /** Wall time, ms since 1970. */
  readonly at: number;
  readonly hex: string;
}

const MESSAGES_PER_PEER = 32;
const BYTES_PER_PEER = 256 * 1024;
const MESSAGES = 2048;
const BYTES = 8 * 1024 * 1024;
const SMALLEST_BUFFER = 256;

interface Kept {
  rejection: Rejection;
  at: number;
  buffer: Uint8Array;
  size: number;
}

/** Messages of one peer, oldest first. */
interface Share {
  readonly messages: Kept[];
  bytes: number;
}

/** See the head of the file. */
export class Quarantine {
  readonly #shares = new Map<string, Share>();
  #count = 0;
  #bytes = 0;

  /** Keeps a copy of `[from, end)`. */
  add(rejection: Rejection, at: number, bytes: Uint8Array, from: number, end: number): void {
    const size = end - from;
    const share = this.#shareOf(rejection.peer);
    const buffer = this.#makeRoom(share, size);
    buffer.set(bytes.subarray(from, end));
    share.messages.push({ rejection, at, buffer, size });
    this.#account(share, 1, buffer.length);
    this.#shrink(share);
  }

  /** Oldest first; of one peer when it is named. */
  list(peer?: string): QuarantinedMessage[] {
    const shares = peer === undefined ? [...this.#shares.values()] : [this.#shares.get(peer)];
    const kept = shares.flatMap((share) => share?.messages ?? []);
    return kept
      .sort((a, b) => a.at - b.at)
      .map(({ rejection, at, buffer, size }) => {
        return { ...rejection, at, hex: Buffer.from(buffer.subarray(0, size)).toString('hex') };
      });
  }

  /** Octets held, for messages and for what they may grow into. */
  get sizeBytes(): number {
    return this.#bytes;
  }

  #shareOf(peer: string): Share {
    let share = this.#shares.get(peer);
    if (!share) {
      share = { messages: [], bytes: 0 };
      this.#shares.set(peer, share);
    }
    return share;
  }

  /** A buffer for `size` octets: that of the oldest message when the share is full and it fits. */
  #makeRoom(share: Share, size: number): Uint8Array {
    let reusable: Uint8Array | undefined;
    while (share.messages.length >= MESSAGES_PER_PEER || share.bytes + size > BYTES_PER_PEER) {
      if (share.messages.length === 0) break;
      reusable = this.#dropOldest(share);
    }
    if (reusable && reusable.length >= size) return reusable;
    return new Uint8Array(Math.max(SMALLEST_BUFFER, size));
  }

  /** Above the bound for all, this peer gives up its own messages first, then whoever holds most. */
  #shrink(newest: Share): void {
    while (this.#count > MESSAGES || this.#bytes > BYTES) {
      const share = newest.messages.length > 1 ? newest : this.#largest(newest);
      const [oldest] = share.messages;
      this.#dropOldest(share);
      if (share.messages.length === 0) this.#shares.delete(oldest!.rejection.peer);
    }
  }

  /** Of the other shares; of equal ones the oldest. */
  #largest(newest: Share): Share {
    let largest: Share | undefined;
    for (const share of this.#shares.values()) {
      if (share !== newest && share.bytes > (largest?.bytes ?? 0)) largest = share;
    }
    return largest ?? newest;
  }

  #dropOldest(share: Share): Uint8Array {
    const { buffer } = share.messages.shift()!;
    this.#account(share, -1, -buffer.length);
    return buffer;
  }

  #account(share: Share, count: number, bytes: number): void {
    share.bytes += bytes;
    this.#bytes += bytes;
    this.#count += count;
  }
}
