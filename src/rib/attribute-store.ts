/**
 * Interns attribute sets: one id per distinct set, so that "same attributes" is `===`.
 *
 * A set is identified by its canonical octets: ascending types, four-octet AS numbers, NEXT_HOP among
 * them for IPv4, and for IPv6 the next hop behind the attributes (`tail`). These are also the octets an
 * UPDATE needs, so sending copies them. They live in one arena; decoded objects are kept only for the
 * sets used last.
 *
 * Ids are reference counted and reused. `intern` and `internRaw` answer a reference that the caller
 * owns; whoever stores an id retains it, whoever forgets it releases it.
 */
import { countAsInAttributes, isSameAsPath } from '../bgp/wire/as-path.ts';
import { EXTENDED_MESSAGE_SIZE } from '../bgp/wire/constants.ts';
import { decodePathAttributes } from '../bgp/wire/decode-path-attributes.ts';
import { type AttributeEdits, editAttributes } from '../bgp/wire/edit-attributes.ts';
import { encodePathAttributes } from '../bgp/wire/encode-path-attributes.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import type { UpdateFault } from '../bgp/wire/update-fault.ts';
import type { WireOptions } from '../bgp/wire/wire-options.ts';
import { isLinkLocal } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import {
  ATTRS_HAS_LOCAL_PREF,
  ATTRS_IS_ORDINARY,
  ATTRS_IS_REFLECTED,
  AttributeColumns,
  type AttributeSummary,
  summaryOf,
} from './attribute-columns.ts';
import { ByteArena } from './byte-arena.ts';
import { CanonicalSurvey } from './canonical-survey.ts';
import { grownInt32, grownUint8, grownUint32, nextCapacity } from './columns.ts';
import { hashBytes, sameBytes } from './hash.ts';
import type { AttrsId } from './ids.ts';
import type { NextHopTable } from './next-hop-table.ts';
import { RawAttributeCache, type RawAttributes } from './raw-attribute-cache.ts';

const NONE = 0 as AttrsId;
const NO_OCTETS = new Uint8Array(0);
/** Decoded objects kept, by the low bits of the id. */
const DECODED_SLOTS = 2048;

const CANONICAL_OPTIONS: WireOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 65_535,
  isInternal: true,
  toleratesAsZero: true,
};

interface Decoded {
  readonly id: AttrsId;
  readonly generation: number;
  readonly attributes: PathAttributes;
}

export class AttributeStore {
  /** Fields by id, for comparison without decoding. */
  readonly columns = new AttributeColumns();
  readonly #nextHops: NextHopTable;
  readonly #seed: number;
  readonly #arena = new ByteArena();
  readonly #raw = new RawAttributeCache();
  readonly #survey = new CanonicalSurvey();
  readonly #decoded: (Decoded | undefined)[] = new Array(DECODED_SLOTS);
  /**
   * Sets that their octets do not tell: local routes have no next hop, and some grew beyond every message
   * on their way in (two-octet paths) or out. A handful.
   */
  readonly #undecodable = new Map<AttrsId, PathAttributes>();
  readonly #generationOf = (id: AttrsId): number => this.#generations[id]!;
  #slots = new Uint32Array(512);
  #references = new Uint32Array(256);
  #generations = new Uint32Array(256);
  #hashes = new Int32Array(256);
  #at = new Uint32Array(256);
  #sizes = new Uint32Array(256);
  #tails = new Uint8Array(256);
  readonly #free: AttrsId[] = [];
  #next = 1;
  #size = 0;
  #defaultLocalPref: number;

  /** @param seed of the hash: a random one keeps peers from aiming at collisions */
  constructor(nextHops: NextHopTable, defaultLocalPref: number, seed = 0) {
    this.#nextHops = nextHops;
    this.#seed = seed;
    this.#defaultLocalPref = defaultLocalPref;
  }

  /** Number of distinct sets. */
  get size(): number {
    return this.#size;
  }

  /** All ids in use are below this. */
  get limit(): number {
    return this.#next;
  }

  /** Changes whenever an id is freed: a cache entry is good while the generation it saw is the same. */
  generation(id: AttrsId): number {
    return this.#generations[id]!;
  }

  retain(id: AttrsId): void {
    this.#references[id]!++;
  }

  /** Gives up one reference; the last one frees the id. 0 is allowed. */
  release(id: AttrsId): void {
    if (id === 0 || --this.#references[id]! > 0) return;
    this.#remove(id);
  }

  /** The id of a set; the caller owns one reference. */
  intern(attributes: PathAttributes): AttrsId {
    const { nextHop } = attributes;
    const encoded = encodePathAttributes(attributes, 4, nextHop.length === 4);
    const tail = nextHop.length > 4 ? nextHop : undefined;
    const hash = this.#hash(encoded, 0, encoded.length, tail);
    const known = this.#find(hash, encoded, 0, encoded.length, tail);
    if (known !== 0) {
      this.retain(known);
      return known;
    }
    const id = this.#add(hash, encoded, 0, encoded.length, tail);
    this.#describe(id, summaryOf(attributes), nextHop);
    const isDecodable = nextHop.length > 0 && encoded.length <= EXTENDED_MESSAGE_SIZE;
    if (!isDecodable) this.#undecodable.set(id, attributes);
    return id;
  }

  /**
   * The id of a set given as canonical octets; the caller owns one reference.
   *
   * @param tail the IPv6 next hop; undefined for IPv4, which has it among the attributes
   * @returns 0 when the octets say something that only the decoder can judge
   */
  internCanonical(
    bytes: Uint8Array,
    at: number,
    end: number,
    tail: Uint8Array | undefined,
  ): AttrsId {
    const hash = this.#hash(bytes, at, end, tail);
    const known = this.#find(hash, bytes, at, end, tail);
    if (known === 0) return this.#addCanonical(hash, bytes, at, end, tail, true);
    if (this.#undecodable.has(known)) return NONE;
    this.retain(known);
    return known;
  }

  /**
   * The id of an encoded block as `UpdateSink.attributes` gets it; the caller owns one reference. A
   * block that was seen before is not parsed, and one in canonical form is not decoded.
   *
   * @param onDiscard told of faults that cost an attribute only
   */
  internRaw(
    bytes: Uint8Array,
    at: number,
    end: number,
    family: Family,
    nextHop: Uint8Array | undefined,
    options: WireOptions,
    onDiscard: (fault: UpdateFault) => void = () => {},
  ): AttrsId | UpdateFault {
    const canonical = mayBeCanonical(family, nextHop, options)
      ? this.#takeCanonical(bytes, at, end, nextHop, options.isInternal)
      : NONE;
    if (canonical !== 0) return canonical;
    const raw = { bytes, at, end, nextHop, context: contextOf(family, options) };
    const known = this.#findRaw(raw);
    if (known !== 0) {
      this.retain(known);
      return known;
    }
    let isFaulty = false;
    const discard = (fault: UpdateFault) => {
      isFaulty = true;
      onDiscard(fault);
    };
    const attributes = decodePathAttributes(bytes, at, end, family, nextHop, options, discard);
    if ('action' in attributes) return attributes;
    const id = this.intern(attributes);
    this.#keepDecoded(id, attributes); // export asks for it soon
    // A faulty block is read again each time, so that each time it is told.
    if (!isFaulty) this.#raw.add(raw, id, this.#generations[id]!);
    return id;
  }

  /** The decoded set; LOCAL_PREF is filled in with the default where the set has none (SESS-16). */
  attributes(id: AttrsId): PathAttributes {
    const kept = this.#decoded[id & (DECODED_SLOTS - 1)];
    if (kept && kept.id === id && kept.generation === this.#generations[id]) return kept.attributes;
    return this.#keepDecoded(id, this.#undecodable.get(id) ?? this.#decode(id));
  }

  #keepDecoded(id: AttrsId, decoded: PathAttributes): PathAttributes {
    const attributes =
      decoded.localPref === undefined ? { ...decoded, localPref: this.#defaultLocalPref } : decoded;
    const generation = this.#generations[id]!;
    this.#decoded[id & (DECODED_SLOTS - 1)] = { id, generation, attributes };
    return attributes;
  }

  /** How often an AS occurs in the path. */
  countAs(id: AttrsId, asn: number): number {
    if (!this.columns.mayContainAs(id, asn)) return 0;
    const at = this.#at[id]!;
    return countAsInAttributes(this.#arena.bytes, at, at + this.#sizes[id]!, asn);
  }

  /** True when the paths are the same, segment by segment. */
  haveSameAsPath(a: AttrsId, b: AttrsId): boolean {
    if (a === b) return true;
    if (this.columns.asPathLength(a) !== this.columns.asPathLength(b)) return false;
    return isSameAsPath(this.attributes(a).asPath, this.attributes(b).asPath);
  }

  /**
   * The attributes as an UPDATE needs them: with NEXT_HOP when it is IPv4, without when IPv6.
   *
   * @returns for width 4 a view of the store, good until the next change; for width 2 a new buffer
   */
  encoded(id: AttrsId, asWidth: 2 | 4): Uint8Array {
    if (asWidth === 2) {
      const attributes = this.attributes(id);
      return encodePathAttributes(attributes, 2, attributes.nextHop.length === 4);
    }
    const at = this.#at[id]!;
    return this.#arena.bytes.subarray(at, at + this.#sizes[id]!);
  }

  /** An IPv6 next hop, 16 or 32 octets; a view as {@link encoded}, empty when it is an IPv4 one. */
  mpNextHop(id: AttrsId): Uint8Array {
    if (this.#tails[id] === 0) return NO_OCTETS;
    const at = this.#at[id]! + this.#sizes[id]!;
    return this.#arena.bytes.subarray(at, at + this.#tails[id]!);
  }

  /** Another default for sets without LOCAL_PREF. */
  setDefaultLocalPref(localPref: number): void {
    this.#defaultLocalPref = localPref;
    this.#decoded.fill(undefined);
    for (let id = 1; id < this.#next; id++) {
      this.columns.setDefaultLocalPref(id as AttrsId, localPref);
    }
  }

  /**
   * Encodes what editing makes of a set, to be interned with {@link internCanonical}.
   *
   * @returns the size of what is in `into`; -1 when only decoding can do it
   */
  edited(id: AttrsId, edits: AttributeEdits, into: Uint8Array): number {
    if (this.#undecodable.has(id)) return -1;
    const at = this.#at[id]!;
    return editAttributes(this.#arena.bytes, at, at + this.#sizes[id]!, edits, into);
  }

  /** True when the next hop is not among the attributes (IPv6). */
  hasMpNextHop(id: AttrsId): boolean {
    return this.#tails[id] !== 0;
  }

  /** Octets of a set, without an IPv6 next hop. */
  sizeBytes(id: AttrsId): number {
    return this.#sizes[id]!;
  }

  #decode(id: AttrsId): PathAttributes {
    const tail = this.mpNextHop(id);
    const isMp = tail.length > 0;
    // A copy: decoded sets may keep views, and arena blocks are used again.
    const bytes = this.encoded(id, 4).slice();
    const nextHop = isMp ? tail.slice() : undefined;
    const family = isMp ? 'ipv6-unicast' : 'ipv4-unicast';
    const set = decodePathAttributes(bytes, 0, bytes.length, family, nextHop, CANONICAL_OPTIONS);
    if ('action' in set) throw new Error(`A stored attribute set does not decode: ${set.reason}`);
    return set;
  }

  /** Octets that are canonical already need no cache: the store's own index knows them. */
  #takeCanonical(
    bytes: Uint8Array,
    at: number,
    end: number,
    tail: Uint8Array | undefined,
    isInternal: boolean,
  ): AttrsId {
    const hash = this.#hash(bytes, at, end, tail);
    const id = this.#find(hash, bytes, at, end, tail);
    if (id === 0) return this.#addCanonical(hash, bytes, at, end, tail, isInternal);
    if (this.#undecodable.has(id) || !(isInternal || this.#isSayableOutside(id))) return NONE;
    this.retain(id);
    return id;
  }

  /** What an external peer sends in the internal attributes is dropped: it means another set. */
  #isSayableOutside(id: AttrsId): boolean {
    const { columns } = this;
    if (columns.has(id, ATTRS_HAS_LOCAL_PREF | ATTRS_IS_REFLECTED)) return false;
    return columns.has(id, ATTRS_IS_ORDINARY);
  }

  #addCanonical(
    hash: number,
    bytes: Uint8Array,
    at: number,
    end: number,
    tail: Uint8Array | undefined,
    isInternal: boolean,
  ): AttrsId {
    const survey = this.#survey;
    if (!survey.read(bytes, at, end, tail, isInternal)) return NONE;
    const id = this.#add(hash, bytes, at, end, tail);
    const { nextHopAt } = survey;
    this.#describe(id, survey, tail ?? bytes.subarray(nextHopAt, nextHopAt + 4));
    return id;
  }

  #findRaw(raw: RawAttributes): AttrsId {
    return this.#raw.find(raw, this.#generationOf);
  }

  #find(
    hash: number,
    bytes: Uint8Array,
    at: number,
    end: number,
    tail: Uint8Array | undefined,
  ): AttrsId {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]!;
      if (this.#hashes[id] === hash && this.#isSame(id, bytes, at, end, tail)) return id as AttrsId;
    }
    return NONE;
  }

  #hash(bytes: Uint8Array, at: number, end: number, tail: Uint8Array | undefined): number {
    const hash = hashBytes(bytes, at, end, this.#seed);
    return tail ? hashBytes(tail, 0, tail.length, hash) : hash;
  }

  #isSame(
    id: number,
    bytes: Uint8Array,
    at: number,
    end: number,
    tail: Uint8Array | undefined,
  ): boolean {
    const size = end - at;
    if (this.#sizes[id] !== size || this.#tails[id] !== (tail?.length ?? 0)) return false;
    const from = this.#at[id]!;
    if (!sameBytes(this.#arena.bytes, from, bytes, at, size)) return false;
    return !tail || sameBytes(this.#arena.bytes, from + size, tail, 0, tail.length);
  }

  /** Stores the octets of a new set, with one reference; its fields are still missing. */
  #add(
    hash: number,
    bytes: Uint8Array,
    from: number,
    end: number,
    tail: Uint8Array | undefined,
  ): AttrsId {
    const id = this.#free.pop() ?? (this.#next++ as AttrsId);
    if (id >= this.#references.length) this.#grow(id + 1);
    const size = end - from;
    const at = this.#arena.allocate(size + (tail?.length ?? 0));
    const stored = this.#arena.bytes;
    for (let i = 0; i < size; i++) stored[at + i] = bytes[from + i]!;
    if (tail) stored.set(tail, at + size);
    this.#at[id] = at;
    this.#sizes[id] = size;
    this.#tails[id] = tail?.length ?? 0;
    this.#references[id] = 1;
    this.#hashes[id] = hash;
    this.#size++;
    this.#index(id);
    return id;
  }

  #describe(id: AttrsId, summary: AttributeSummary, nextHop: Uint8Array): void {
    this.columns.write(id, summary, this.#nextHops.acquire(nextHop), this.#defaultLocalPref);
  }

  #index(id: AttrsId): void {
    if (this.#size * 4 > this.#slots.length * 3) this.#growSlots();
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[id]! & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    const mask = this.#slots.length - 1;
    for (const id of old) {
      if (id === 0) continue;
      let slot = this.#hashes[id]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id;
    }
  }

  #remove(id: AttrsId): void {
    this.#unindex(id);
    this.#arena.release(this.#at[id]!, this.#sizes[id]! + this.#tails[id]!);
    this.#nextHops.release(this.columns.nextHop(id));
    this.#undecodable.delete(id);
    this.#generations[id]!++;
    this.#free.push(id);
    this.#size--;
  }

  /** Empties the set's slot and closes the gap behind it. */
  #unindex(id: AttrsId): void {
    const mask = this.#slots.length - 1;
    let gap = this.#hashes[id]! & mask;
    while (this.#slots[gap] !== id) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.#hashes[this.#slots[slot]!]! & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      this.#slots[gap] = this.#slots[slot]!;
      gap = slot;
    }
    this.#slots[gap] = 0;
  }

  #grow(needed: number): void {
    const capacity = nextCapacity(this.#references.length, needed);
    this.#references = grownUint32(this.#references, capacity);
    this.#generations = grownUint32(this.#generations, capacity);
    this.#hashes = grownInt32(this.#hashes, capacity);
    this.#at = grownUint32(this.#at, capacity);
    this.#sizes = grownUint32(this.#sizes, capacity);
    this.#tails = grownUint8(this.#tails, capacity);
    this.columns.grow(capacity);
  }
}

/** False where what is stored would not be what came: other widths, an OTC to be added, odd next hops. */
function mayBeCanonical(
  family: Family,
  nextHop: Uint8Array | undefined,
  { asWidth, onlyToCustomer }: WireOptions,
): boolean {
  if (asWidth !== 4 || onlyToCustomer !== undefined) return false;
  if (!nextHop) return family === 'ipv4-unicast';
  return nextHop.length === 16 || (nextHop.length === 32 && !isLinkLocal(nextHop));
}

function contextOf(family: Family, options: WireOptions): number {
  const { isInternal, asWidth, onlyToCustomer = 0 } = options;
  const bits = (isInternal ? 1 : 0) | (asWidth === 2 ? 2 : 0) | (family === 'ipv4-unicast' ? 0 : 4);
  return bits + onlyToCustomer * 8; // no more than 35 bits
}
