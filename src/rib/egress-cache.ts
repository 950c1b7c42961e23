/**
 * What a group of peers is told for an attribute set from a source, worked out before: columns by set,
 * overwritten when slots are short. An entry holds no references: it counts only while both sets have
 * the generations it saw.
 */
import type { AttributeStore } from './attribute-store.ts';
import { grownUint16, grownUint32 } from './columns.ts';
import type { AttrsId, PeerId } from './ids.ts';

/** Beyond this many sets, several share a slot; about 18 octets each. */
const MAXIMUM_SLOTS = 262_144;

/** Nothing is known. */
export const EGRESS_UNKNOWN = -1;

export class EgressCache {
  readonly #attrs: AttributeStore;
  #set = new Uint32Array(64);
  #generation = new Uint32Array(64);
  #source = new Uint16Array(64);
  #egress = new Uint32Array(64);
  #egressGeneration = new Uint32Array(64);

  constructor(attrs: AttributeStore) {
    this.#attrs = attrs;
  }

  /** The set to send, 0 when the route is not announced, or {@link EGRESS_UNKNOWN}. */
  find(set: AttrsId, source: PeerId): AttrsId | typeof EGRESS_UNKNOWN {
    const slot = set & (this.#set.length - 1);
    if (this.#set[slot] !== set || this.#source[slot] !== source) return EGRESS_UNKNOWN;
    if (this.#generation[slot] !== this.#attrs.generation(set)) return EGRESS_UNKNOWN;
    const egress = this.#egress[slot]! as AttrsId;
    const isGood = egress === 0 || this.#egressGeneration[slot] === this.#attrs.generation(egress);
    return isGood ? egress : EGRESS_UNKNOWN;
  }

  put(set: AttrsId, source: PeerId, egress: AttrsId): void {
    if (set >= this.#set.length && this.#set.length < MAXIMUM_SLOTS) this.#grow(set + 1);
    const slot = set & (this.#set.length - 1);
    this.#set[slot] = set;
    this.#generation[slot] = this.#attrs.generation(set);
    this.#source[slot] = source;
    this.#egress[slot] = egress;
    this.#egressGeneration[slot] = this.#attrs.generation(egress);
  }

  /** Forgets everything. */
  clear(): void {
    this.#set.fill(0);
  }

  #grow(needed: number): void {
    let capacity = this.#set.length;
    while (capacity < needed && capacity < MAXIMUM_SLOTS) capacity *= 2;
    this.#set = grownUint32(this.#set, capacity);
    this.#generation = grownUint32(this.#generation, capacity);
    this.#source = grownUint16(this.#source, capacity);
    this.#egress = grownUint32(this.#egress, capacity);
    this.#egressGeneration = grownUint32(this.#egressGeneration, capacity);
  }
}
