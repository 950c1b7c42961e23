/**
 * Interns the prefixes of one family as dense ids.
 *
 * An id's address lives in `#words` (one word for IPv4, four for IPv6) and its length in `#lengths`;
 * they are found through an open-addressing index. The index is cut into 64 segments by the top bits of
 * the hash, and each segment grows on its own: the longest stall at a million prefixes is one segment's
 * rehash, under a millisecond.
 *
 *     hash ─ top 6 bits ─▶ segment ─ low bits ─▶ line, last 4 bits of the prefix ─▶ column
 *          ─▶ slot ─▶ PrefixId ─▶ words, length
 *
 * A segment is a matrix: lines of 16 slots, which fill one cache line of the processor. The 16
 * prefixes of one length that differ in their last four bits are hashed to the same line, each to a column
 * of its own, for prefixes that come together are neighbours as a rule. Probing goes down the column and
 * on at the top of the next, so it is plain linear probing over the transposed matrix.
 *
 * Ids start at 1 and are reused, last freed first. Nothing here counts references; `FamilyRib` knows
 * when a prefix is no longer used.
 */
import type { Address } from '../net/address.ts';
import { type Family, maximumLength } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/text.ts';
import { grownInt32, grownUint8, grownUint32, nextCapacity } from './columns.ts';
import type { PrefixId } from './ids.ts';

const NONE = 0 as PrefixId;
const SEGMENTS = 64;
const SEGMENT_SHIFT = 26;
/** Slots per line. */
const COLUMNS = 16;
const LINE_SHIFT = 4;
/** Bits of the hash that scatter groups of neighbours over the columns. */
const COLUMN_SHIFT = 20;
/** Length that marks a free id. */
const FREE = 255;

export class PrefixTable {
  readonly family: Family;
  /** Words per address. */
  readonly #stride: number;
  readonly #seed: number;
  #words: Int32Array;
  #lengths: Uint8Array;
  /** Per segment a power of two of slots, 0 is empty. */
  readonly #segments: Uint32Array[] = [];
  readonly #used = new Uint32Array(SEGMENTS);
  /** Ids given back; `#words` of a free id is unused. */
  #free = new Uint32Array(64);
  #freeCount = 0;
  /** First id never given out. */
  #next = 1;
  /** The masked prefix being looked up. */
  #w0 = 0;
  #w1 = 0;
  #w2 = 0;
  #w3 = 0;
  /** Column of the prefix hashed last. */
  #column = 0;

  /** @param seed of the hash: a random one keeps peers from aiming at collisions */
  constructor(family: Family, seed = 0) {
    this.family = family;
    this.#seed = seed;
    this.#stride = family === 'ipv4-unicast' ? 1 : 4;
    this.#words = new Int32Array(1024 * this.#stride);
    this.#lengths = new Uint8Array(1024);
    for (let i = 0; i < SEGMENTS; i++) this.#segments.push(new Uint32Array(COLUMNS));
  }

  /** Number of prefixes in use. */
  get size(): number {
    return this.#next - 1 - this.#freeCount;
  }

  /** All ids in use are below this. */
  get limit(): number {
    return this.#next;
  }

  /** Octets held, for benches and metrics. */
  get sizeBytes(): number {
    const slots = this.#segments.reduce((sum, segment) => sum + segment.byteLength, 0);
    return slots + this.#words.byteLength + this.#lengths.byteLength + this.#free.byteLength;
  }

  /**
   * The id of a prefix, a new one when it is unknown.
   *
   * @param bytes holds the address octets from `at`, at least as many as `bits` need; borrowed
   * @param bits prefix length; bits behind it are ignored
   */
  intern(bytes: Uint8Array, at: number, bits: number): PrefixId {
    this.#load(bytes, at, bits);
    const hash = this.#hash(bits);
    const segment = this.#segments[hash >>> SEGMENT_SHIFT]!;
    const slot = this.#probe(segment, hash, bits);
    if (segment[slot] !== 0) return segment[slot]! as PrefixId;
    const id = this.#allocate(bits);
    segment[slot] = id;
    const used = ++this.#used[hash >>> SEGMENT_SHIFT]!;
    if (used * 4 > segment.length * 3) this.#growSegment(hash >>> SEGMENT_SHIFT);
    return id;
  }

  /** The id of a prefix, or 0 when it is unknown. Parameters as {@link intern}. */
  find(bytes: Uint8Array, at: number, bits: number): PrefixId {
    this.#load(bytes, at, bits);
    const hash = this.#hash(bits);
    const segment = this.#segments[hash >>> SEGMENT_SHIFT]!;
    return segment[this.#probe(segment, hash, bits)]! as PrefixId;
  }

  /**
   * Visits the known prefixes that contain `address`, longest first.
   *
   * @param accept answers true to stop
   * @returns the id that was accepted, or 0
   */
  longestMatch(address: Address, accept: (id: PrefixId) => boolean): PrefixId {
    for (let bits: number = maximumLength(this.family); bits >= 0; bits--) {
      const id = this.find(address, 0, bits);
      if (id !== 0 && accept(id)) return id;
    }
    return NONE;
  }

  /** Gives an id back; the caller holds no reference to it any more. */
  free(id: PrefixId): void {
    this.#remove(id);
    this.#lengths[id] = FREE;
    if (this.#freeCount === this.#free.length) {
      this.#free = grownUint32(this.#free, nextCapacity(this.#free.length, this.#freeCount + 1));
    }
    this.#free[this.#freeCount++] = id;
  }

  /** True for ids given out and not freed. */
  isInUse(id: PrefixId): boolean {
    return id > 0 && id < this.#next && this.#lengths[id] !== FREE;
  }

  /** Prefix length in bits. */
  length(id: PrefixId): number {
    return this.#lengths[id]!;
  }

  /**
   * Writes the masked address octets, 4 or 16, to `into` from `at`.
   *
   * @returns the offset behind them
   */
  writeAddress(id: PrefixId, into: Uint8Array, at: number): number {
    return this.#write(id, into, at, this.#stride * 4);
  }

  /**
   * Writes length octet and as many address octets as it needs (RFC 4271 §4.3).
   *
   * @returns the offset behind them
   */
  writeNlri(id: PrefixId, into: Uint8Array, at: number): number {
    const bits = this.#lengths[id]!;
    into[at] = bits;
    return this.#write(id, into, at + 1, (bits + 7) >>> 3);
  }

  /** The prefix as a value. */
  value(id: PrefixId): Prefix {
    const address = new Uint8Array(this.#stride * 4);
    this.writeAddress(id, address, 0);
    return { family: this.family, address, length: this.#lengths[id]! };
  }

  /** `address/length`, for views. */
  text(id: PrefixId): string {
    return formatPrefix(this.value(id));
  }

  #write(id: number, into: Uint8Array, at: number, size: number): number {
    const base = id * this.#stride;
    for (let i = 0; i < size; i++) {
      into[at + i] = this.#words[base + (i >>> 2)]! >>> (24 - ((i & 3) << 3));
    }
    return at + size;
  }

  /** Reads and masks the prefix into `#w0`…`#w3`. */
  #load(bytes: Uint8Array, at: number, bits: number): void {
    this.#w0 = wordAt(bytes, at, bits);
    if (this.#stride === 1) return;
    this.#w1 = wordAt(bytes, at + 4, bits - 32);
    this.#w2 = wordAt(bytes, at + 8, bits - 64);
    this.#w3 = wordAt(bytes, at + 12, bits - 96);
  }

  /** Hash of the loaded prefix without its last four bits, which choose `#column` with it. */
  #hash(bits: number): number {
    const shift = bits === 0 ? 0 : 31 - ((bits - 1) & 31);
    const hash = this.#stride === 1 ? this.#hashIpv4(bits, shift) : this.#hashIpv6(bits, shift);
    const last = bits <= 32 ? this.#w0 : this.#lastWord(bits);
    this.#column = ((last >>> shift) ^ (hash >>> COLUMN_SHIFT)) & (COLUMNS - 1);
    return hash;
  }

  #hashIpv4(bits: number, shift: number): number {
    const group = this.#w0 & ~((COLUMNS - 1) << shift);
    let hash = Math.imul(group ^ this.#seed ^ Math.imul(bits, 0x9e3779b1), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  #hashIpv6(bits: number, shift: number): number {
    const mask = ~((COLUMNS - 1) << shift);
    const word = (bits - 1) >> 5;
    const w0 = word <= 0 ? this.#w0 & mask : this.#w0;
    let hash = Math.imul(w0 ^ this.#seed ^ Math.imul(bits, 0x9e3779b1), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (word === 1 ? this.#w1 & mask : this.#w1), 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (word === 2 ? this.#w2 & mask : this.#w2), 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (word === 3 ? this.#w3 & mask : this.#w3), 0x165667b1);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  }

  #lastWord(bits: number): number {
    return bits <= 64 ? this.#w1 : bits <= 96 ? this.#w2 : this.#w3;
  }

  /** The slot that holds the loaded prefix, or the empty one where it belongs. */
  #probe(segment: Uint32Array, hash: number, bits: number): number {
    let slot = this.#home(segment, hash);
    for (let id = segment[slot]!; id !== 0 && !this.#isLoaded(id, bits); id = segment[slot]!) {
      slot = nextSlot(segment, slot);
    }
    return slot;
  }

  /** Where a prefix belongs whose hash and `#column` were just worked out. */
  #home(segment: Uint32Array, hash: number): number {
    return ((hash << LINE_SHIFT) & (segment.length - 1)) | this.#column;
  }

  #isLoaded(id: number, bits: number): boolean {
    if (this.#lengths[id] !== bits) return false;
    if (this.#stride === 1) return this.#words[id] === this.#w0;
    const base = id * 4;
    return (
      this.#words[base] === this.#w0 &&
      this.#words[base + 1] === this.#w1 &&
      this.#words[base + 2] === this.#w2 &&
      this.#words[base + 3] === this.#w3
    );
  }

  /** Loads a stored prefix and answers its hash. */
  #rehash(id: number): number {
    const base = id * this.#stride;
    this.#w0 = this.#words[base]!;
    if (this.#stride === 4) {
      this.#w1 = this.#words[base + 1]!;
      this.#w2 = this.#words[base + 2]!;
      this.#w3 = this.#words[base + 3]!;
    }
    return this.#hash(this.#lengths[id]!);
  }

  #allocate(bits: number): PrefixId {
    const id = this.#freeCount > 0 ? this.#free[--this.#freeCount]! : this.#next++;
    if (id >= this.#lengths.length) this.#growColumns(id + 1);
    const base = id * this.#stride;
    this.#words[base] = this.#w0;
    if (this.#stride === 4) {
      this.#words[base + 1] = this.#w1;
      this.#words[base + 2] = this.#w2;
      this.#words[base + 3] = this.#w3;
    }
    this.#lengths[id] = bits;
    return id as PrefixId;
  }

  #growColumns(needed: number): void {
    const capacity = nextCapacity(this.#lengths.length, needed);
    this.#lengths = grownUint8(this.#lengths, capacity);
    this.#words = grownInt32(this.#words, capacity * this.#stride);
  }

  #growSegment(index: number): void {
    const old = this.#segments[index]!;
    const grown = new Uint32Array(old.length * 2);
    for (const id of old) {
      if (id === 0) continue;
      let slot = this.#home(grown, this.#rehash(id));
      while (grown[slot] !== 0) slot = nextSlot(grown, slot);
      grown[slot] = id;
    }
    this.#segments[index] = grown;
  }

  /** Empties the slot and closes the gap, so that no tombstones are needed. */
  #remove(id: number): void {
    const hash = this.#rehash(id);
    const segment = this.#segments[hash >>> SEGMENT_SHIFT]!;
    const mask = segment.length - 1;
    let gap = this.#probe(segment, hash, this.#lengths[id]!);
    let slot = nextSlot(segment, gap);
    for (; segment[slot] !== 0; slot = nextSlot(segment, slot)) {
      const place = placeOf(segment, slot);
      const home = placeOf(segment, this.#home(segment, this.#rehash(segment[slot]!)));
      if (((place - home) & mask) < ((place - placeOf(segment, gap)) & mask)) continue;
      segment[gap] = segment[slot]!;
      gap = slot;
    }
    segment[gap] = 0;
    this.#used[hash >>> SEGMENT_SHIFT]!--;
  }
}

/** The slot probed next: down the column, then the next column from its top; at the end the first. */
function nextSlot(segment: Uint32Array, slot: number): number {
  const below = slot + COLUMNS;
  return below < segment.length ? below : (below + 1) & (COLUMNS - 1);
}

/** A slot's number in the order of probing. */
function placeOf(segment: Uint32Array, slot: number): number {
  return (slot & (COLUMNS - 1)) * (segment.length >>> LINE_SHIFT) + (slot >>> LINE_SHIFT);
}

/** Up to 32 bits from `at` as a signed number (unsigned ones cost an allocation now and then), bits from `bits` on cleared; reads no octet it does not need. */
function wordAt(bytes: Uint8Array, at: number, bits: number): number {
  if (bits <= 0) return 0;
  let word = bytes[at]! << 24;
  if (bits > 8) word |= bytes[at + 1]! << 16;
  if (bits > 16) word |= bytes[at + 2]! << 8;
  if (bits > 24) word |= bytes[at + 3]!;
  return bits >= 32 ? word : word & ~(0xffff_ffff >>> bits);
}
