/**
 * Remembers which attribute set an encoded attribute block was, so that a block which comes again is
 * never parsed. Only for blocks whose octets are not canonical; the others are found in the store itself.
 *
 * The cache is bounded and holds no references: an entry counts only while the set's generation is the
 * one it saw. When full it is emptied as a whole, which is rare and cheap.
 */
import { ByteArena } from './byte-arena.ts';
import { hashBytes, sameBytes } from './hash.ts';
import type { AttrsId } from './ids.ts';

const MAXIMUM_ENTRIES = 131_072;
const MAXIMUM_BYTES = 16 * 1024 * 1024;

/** An encoded block: octets `[at, end)`, the MP next hop, and what else its meaning depends on. */
export interface RawAttributes {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly end: number;
  readonly nextHop: Uint8Array | undefined;
  /** Session kind, AS width and family as one small number. */
  readonly context: number;
}

interface Entry {
  readonly attrs: AttrsId;
  readonly generation: number;
  readonly context: number;
  readonly at: number;
  readonly size: number;
  readonly nextHopSize: number;
}

export class RawAttributeCache {
  #entries = new Map<number, Entry>();
  #arena = new ByteArena();

  /**
   * The set this block was, or 0.
   *
   * @param generationOf current generation of a set
   */
  find(raw: RawAttributes, generationOf: (attrs: AttrsId) => number): AttrsId {
    const entry = this.#entries.get(keyOf(raw));
    if (!entry || entry.generation !== generationOf(entry.attrs)) return 0 as AttrsId;
    return this.#isSame(entry, raw) ? entry.attrs : (0 as AttrsId);
  }

  /** Remembers the set; a block with the same hash is forgotten. */
  add(raw: RawAttributes, attrs: AttrsId, generation: number): void {
    const nextHopSize = raw.nextHop?.length ?? 0;
    const size = raw.end - raw.at;
    if (this.#entries.size >= MAXIMUM_ENTRIES || this.#arena.sizeBytes > MAXIMUM_BYTES) {
      this.#entries = new Map();
      this.#arena = new ByteArena();
    }
    const key = keyOf(raw);
    const old = this.#entries.get(key);
    if (old) this.#arena.release(old.at, old.size + old.nextHopSize);
    const at = this.#arena.allocate(size + nextHopSize);
    this.#arena.bytes.set(raw.bytes.subarray(raw.at, raw.end), at);
    if (raw.nextHop) this.#arena.bytes.set(raw.nextHop, at + size);
    this.#entries.set(key, { attrs, generation, context: raw.context, at, size, nextHopSize });
  }

  #isSame(entry: Entry, { bytes, at, end, nextHop, context }: RawAttributes): boolean {
    if (entry.context !== context || entry.size !== end - at) return false;
    if (entry.nextHopSize !== (nextHop?.length ?? 0)) return false;
    const stored = this.#arena.bytes;
    if (!sameBytes(stored, entry.at, bytes, at, entry.size)) return false;
    return !nextHop || sameBytes(stored, entry.at + entry.size, nextHop, 0, nextHop.length);
  }
}

function keyOf({ bytes, at, end, nextHop, context }: RawAttributes): number {
  const hash = hashBytes(bytes, at, end, context);
  return nextHop ? hashBytes(nextHop, 0, nextHop.length, hash) : hash;
}
