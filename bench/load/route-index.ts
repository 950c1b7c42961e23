/** Prefix → row, by open addressing over typed arrays; shares no code with the tables under test. */
import type { Family } from '../../src/net/family.ts';
import { IPV6_TOP } from './route-set.ts';

export class RouteIndex {
  readonly #slots: Int32Array;
  readonly #addresses: Uint32Array;
  readonly #lengths: Uint8Array;
  readonly #isIpv6: boolean;
  #count = 0;

  /** @param capacity how many prefixes it may come to hold */
  constructor(capacity: number, family: Family) {
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(2 * capacity + 2))).fill(-1);
    this.#addresses = new Uint32Array(capacity);
    this.#lengths = new Uint8Array(capacity);
    this.#isIpv6 = family === 'ipv6-unicast';
  }

  /** Number of prefixes. */
  get size(): number {
    return this.#count;
  }

  /** @returns the prefix's row: rows count up from 0 in order of addition */
  add(address: number, bits: number): number {
    const slot = this.#find(address, bits);
    if (this.#slots[slot] !== -1) throw new Error('the same prefix is offered twice');
    this.#addresses[this.#count] = address;
    this.#lengths[this.#count] = bits;
    this.#slots[slot] = this.#count;
    return this.#count++;
  }

  /** The row of a prefix; −1 when it was never added. */
  find(address: number, bits: number): number {
    return this.#slots[this.#find(address, bits)]!;
  }

  /** The row of the prefix whose first octet is at `at`; −1 when it was never added. */
  row(bytes: Uint8Array, at: number, bits: number): number {
    if (!this.#isIpv6) return this.find(addressAt(bytes, at, bits), bits);
    if (bits < 32 || addressAt(bytes, at, 32) !== IPV6_TOP) return -1;
    return this.find(addressAt(bytes, at + 4, bits - 32), bits - 32);
  }

  /** The slot that holds the prefix, or the free one where it belongs. */
  #find(address: number, bits: number): number {
    const mask = this.#slots.length - 1;
    let slot = Math.imul(address ^ (address >>> 15) ^ bits, 0x9e3779b1);
    slot = (slot ^ (slot >>> 15)) & mask;
    for (;;) {
      const row = this.#slots[slot]!;
      if (row === -1) return slot;
      if (this.#addresses[row] === address && this.#lengths[row] === bits) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

/** The first `bits` (at most 32) of a prefix as a number. */
function addressAt(bytes: Uint8Array, at: number, bits: number): number {
  let address = 0;
  for (let i = 0, size = (bits + 7) >> 3; i < size; i++) address |= bytes[at + i]! << (24 - 8 * i);
  if (bits < 32) address &= ~(0xffff_ffff >>> bits);
  return address >>> 0;
}
