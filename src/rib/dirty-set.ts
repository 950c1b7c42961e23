/**
 * A set of dense ids that is emptied in the order of arrival: a bitset that answers "already in?", and
 * a ring that remembers the order. Marking an id twice costs one bit test.
 */
import { grownUint32, nextCapacity } from './columns.ts';

export class DirtySet {
  #bits = new Uint32Array(32);
  #ring = new Uint32Array(256);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return ((this.#bits[id >>> 5] ?? 0) & (1 << (id & 31))) !== 0;
  }

  /** @returns false when the id was in already */
  add(id: number): boolean {
    const word = id >>> 5;
    if (word >= this.#bits.length) {
      this.#bits = grownUint32(this.#bits, nextCapacity(this.#bits.length, word + 1));
    }
    const mask = 1 << (id & 31);
    if ((this.#bits[word]! & mask) !== 0) return false;
    this.#bits[word]! |= mask;
    this.#push(id);
    return true;
  }

  /** Takes the oldest id out; 0 when empty. */
  take(): number {
    if (this.#size === 0) return 0;
    const id = this.#ring[this.#head]!;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#size--;
    this.#bits[id >>> 5]! &= ~(1 << (id & 31));
    if (this.#size === 0) this.#rest();
    return id;
  }

  #push(id: number): void {
    if (this.#size === this.#ring.length) this.#growRing();
    this.#ring[(this.#head + this.#size) & (this.#ring.length - 1)] = id;
    this.#size++;
  }

  #growRing(): void {
    const ring = new Uint32Array(this.#ring.length * 2);
    const tail = this.#ring.subarray(this.#head);
    ring.set(tail);
    ring.set(this.#ring.subarray(0, this.#head), tail.length);
    this.#ring = ring;
    this.#head = 0;
  }

  /** An empty set gives a large ring back, which only a burst needed. */
  #rest(): void {
    this.#head = 0;
    if (this.#ring.length > 65_536) this.#ring = new Uint32Array(256);
  }
}
