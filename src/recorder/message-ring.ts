/**
 * The latest messages of one peer in a bounded number of octets: two buffers, one being filled, the other the one
 * filled before. When the first is full, the second is emptied and takes its place.
 *
 *     entry: time | sequence | size | flags | octets
 */
const HEADER_SIZE = 24;
const SMALLEST = 4096;

export interface RingEntry {
  /** Wall time, ms since 1970. */
  readonly at: number;
  /** Over all peers of a recorder. */
  readonly sequence: number;
  readonly flags: number;
  /** A view; good until the next `push`. */
  readonly bytes: Uint8Array;
}

/** Who says how much all rings may hold together. */
export interface RingBudget {
  /** @returns false when so many octets more would be too much; `isNeeded` takes them all the same */
  take(bytes: number, isNeeded: boolean): boolean;
  give(bytes: number): void;
}

interface Half {
  view: DataView;
  bytes: Uint8Array;
  used: number;
}

/** See the head of the file. */
export class MessageRing {
  readonly #halfLimit: number;
  readonly #budget: RingBudget;
  #current = emptyHalf();
  #previous = emptyHalf();

  /** @param limitBytes of both buffers together */
  constructor(limitBytes: number, budget: RingBudget) {
    this.#halfLimit = Math.max(SMALLEST, limitBytes >> 1);
    this.#budget = budget;
  }

  /** Octets held, in use or not. */
  get sizeBytes(): number {
    return this.#current.bytes.length + this.#previous.bytes.length;
  }

  /** Copies `[from, end)`; what is larger than half of the limit is not kept. */
  push(
    at: number,
    sequence: number,
    flags: number,
    bytes: Uint8Array,
    from: number,
    end: number,
  ): void {
    const size = end - from;
    if (!this.#makeRoom(HEADER_SIZE + size)) return;
    const { view, bytes: into, used } = this.#current;
    view.setFloat64(used, at);
    view.setFloat64(used + 8, sequence);
    view.setUint32(used + 16, size);
    view.setUint32(used + 20, flags);
    into.set(
      from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end),
      used + HEADER_SIZE,
    );
    this.#current.used = used + HEADER_SIZE + size;
  }

  /** From `since` on, oldest first. */
  *entries(since: number): Generator<RingEntry> {
    for (const half of [this.#previous, this.#current]) {
      for (let next = 0; next < half.used; ) {
        const size = half.view.getUint32(next + 16);
        const at = half.view.getFloat64(next);
        if (at >= since) yield entryAt(half, next, size);
        next += HEADER_SIZE + size;
      }
    }
  }

  /** Gives everything back. */
  clear(): void {
    this.#budget.give(this.sizeBytes);
    this.#current = emptyHalf();
    this.#previous = emptyHalf();
  }

  #makeRoom(size: number): boolean {
    if (size > this.#halfLimit) return false;
    const { used, bytes } = this.#current;
    if (used + size <= bytes.length || this.#grow(used + size)) return true;
    this.#turn(size);
    return size <= this.#current.bytes.length;
  }

  /** Where there is no memory for a second buffer, the only one starts over. */
  #turn(size: number): void {
    const hasRoom = this.#previous.bytes.length >= size;
    const next = hasRoom ? this.#previous : this.#enlarged(this.#previous, size);
    if (next) [this.#previous, this.#current] = [this.#current, next];
    this.#current.used = 0;
  }

  #grow(needed: number): boolean {
    if (needed > this.#halfLimit) return false;
    const grown = this.#enlarged(this.#current, needed);
    if (grown) this.#current = grown;
    return grown !== undefined;
  }

  /** With what is in it; undefined where the budget does not allow it. Everybody may have a first buffer. */
  #enlarged(half: Half, needed: number): Half | undefined {
    const before = half.bytes.length;
    const capacity = Math.min(this.#halfLimit, Math.max(SMALLEST, before * 2, needed));
    if (!this.#budget.take(capacity - before, this.sizeBytes === 0)) return undefined;
    const bytes = new Uint8Array(capacity);
    bytes.set(half.bytes.subarray(0, half.used));
    return { bytes, view: viewOf(bytes), used: half.used };
  }
}

function emptyHalf(): Half {
  const bytes = new Uint8Array(0);
  return { bytes, view: viewOf(bytes), used: 0 };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function entryAt({ view, bytes }: Half, at: number, size: number): RingEntry {
  return {
    at: view.getFloat64(at),
    sequence: view.getFloat64(at + 8),
    flags: view.getUint32(at + 20),
    bytes: bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + size),
  };
}
