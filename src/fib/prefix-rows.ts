/**
 * Dense row numbers for the prefixes of one family: open addressing over typed arrays, no text keys.
 *
 * A row number stays with its prefix until it is freed; freed numbers are handed out again. Columns that
 * others keep by row grow with {@link PrefixRows.capacity}.
 */
import { addressSize, type Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';

const FIRST_CAPACITY = 1024;
/** Slots per row of capacity: keeps the index at most half full. */
const SLOTS_PER_ROW = 2;
/** Length of a row that holds no prefix. */
const FREE = 255;

/** The prefixes in use, each with a row. */
export class PrefixRows {
  readonly #family: Family;
  /** Octets per address. */
  readonly #width: 4 | 16;
  #addresses: Uint8Array;
  #lengths: Uint8Array;
  /** Row + 1 per slot, 0 when empty. */
  #slots: Uint32Array;
  readonly #free: number[] = [];
  #end = 0;

  constructor(family: Family) {
    this.#family = family;
    this.#width = addressSize(family);
    this.#addresses = new Uint8Array(FIRST_CAPACITY * this.#width);
    this.#lengths = new Uint8Array(FIRST_CAPACITY);
    this.#slots = new Uint32Array(FIRST_CAPACITY * SLOTS_PER_ROW);
  }

  /** Prefixes in use. */
  get size(): number {
    return this.#end - this.#free.length;
  }

  /** Rows are below this number. */
  get capacity(): number {
    return this.#lengths.length;
  }

  /** The row of a prefix, -1 when it has none. */
  find(prefix: Prefix): number {
    return this.#slots[this.#slotOf(prefix.address, 0, prefix.length)]! - 1;
  }

  /** The row of a prefix, a fresh one when it has none. */
  acquire(prefix: Prefix): number {
    const slot = this.#slotOf(prefix.address, 0, prefix.length);
    const known = this.#slots[slot]!;
    if (known !== 0) return known - 1;
    if (this.#free.length === 0 && this.#end === this.capacity) {
      this.#grow();
      return this.acquire(prefix);
    }
    const row = this.#free.pop() ?? this.#end++;
    this.#addresses.set(prefix.address, row * this.#width);
    this.#lengths[row] = prefix.length;
    this.#slots[slot] = row + 1;
    return row;
  }

  /** Gives the row back; its prefix is forgotten. */
  release(row: number): void {
    this.#vacate(this.#slotOf(this.#addresses, row * this.#width, this.#lengths[row]!));
    this.#lengths[row] = FREE;
    this.#free.push(row);
  }

  /** A fresh value of the prefix in a row. */
  prefixOf(row: number): Prefix {
    const at = row * this.#width;
    const address = this.#addresses.slice(at, at + this.#width);
    return { family: this.#family, address, length: this.#lengths[row]! };
  }

  /** Visits every row in use, in no order that means something. */
  forEach(visit: (row: number) => void): void {
    for (let row = 0; row < this.#end; row++) if (this.#lengths[row] !== FREE) visit(row);
  }

  /** Where the prefix is, or where it would go. */
  #slotOf(bytes: Uint8Array, at: number, length: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(bytes, at, this.#width, length) & mask;
    for (;;) {
      const entry = this.#slots[slot]!;
      if (entry === 0 || this.#holds(entry - 1, bytes, at, length)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #holds(row: number, bytes: Uint8Array, at: number, length: number): boolean {
    if (this.#lengths[row] !== length) return false;
    const own = row * this.#width;
    for (let i = 0; i < this.#width; i++) {
      if (this.#addresses[own + i] !== bytes[at + i]) return false;
    }
    return true;
  }

  /** Closes the hole by moving entries back that would no longer be found (no tombstones). */
  #vacate(slot: number): void {
    const mask = this.#slots.length - 1;
    let hole = slot;
    for (let next = (hole + 1) & mask; this.#slots[next] !== 0; next = (next + 1) & mask) {
      const home = this.#homeOf(this.#slots[next]! - 1);
      if (((next - home) & mask) < ((next - hole) & mask)) continue;
      this.#slots[hole] = this.#slots[next]!;
      hole = next;
    }
    this.#slots[hole] = 0;
  }

  #homeOf(row: number): number {
    const hash = hashOf(this.#addresses, row * this.#width, this.#width, this.#lengths[row]!);
    return hash & (this.#slots.length - 1);
  }

  #grow(): void {
    const capacity = this.capacity * 2;
    this.#addresses = grown(this.#addresses, capacity * this.#width);
    this.#lengths = grown(this.#lengths, capacity);
    this.#slots = new Uint32Array(capacity * SLOTS_PER_ROW);
    this.forEach((row) => {
      const slot = this.#slotOf(this.#addresses, row * this.#width, this.#lengths[row]!);
      this.#slots[slot] = row + 1;
    });
  }
}

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(size);
  larger.set(bytes);
  return larger;
}

/** Murmur3-style mix of the octets and the length; unsigned. */
function hashOf(bytes: Uint8Array, at: number, width: number, length: number): number {
  let hash = length + 1;
  for (let i = at; i < at + width; i += 4) {
    const word = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
