/**
 * Adj-RIB-Out of an update group: by slot, the attributes told to its members and the peer the route
 * came from, who is not told. A slot is a `PrefixId`; with Add-Path a `PathId`.
 */
import { grownUint16, grownUint32, nextCapacity } from './columns.ts';
import type { AttrsId, PeerId } from './ids.ts';

export class AdvertisedRoutes {
  #attrs = new Uint32Array(256);
  #source = new Uint16Array(256);
  /** Routes by source, so that what one member is told can be counted. */
  #bySource = new Uint32Array(16);
  #size = 0;
  #limit = 1;

  /** All slots in use are below this. */
  get limit(): number {
    return this.#limit;
  }

  /** 0: not advertised. */
  attrs(slot: number): AttrsId {
    return (this.#attrs[slot] ?? 0) as AttrsId;
  }

  source(slot: number): PeerId {
    return (this.#source[slot] ?? 0) as PeerId;
  }

  /** What a member is told about a slot: everything but its own routes. */
  attrsFor(slot: number, peer: PeerId): AttrsId {
    return this.#source[slot] === peer ? (0 as AttrsId) : this.attrs(slot);
  }

  /** Number of routes a member is told. */
  countFor(peer: PeerId): number {
    return this.#size - (this.#bySource[peer] ?? 0);
  }

  /** Replaces a slot; references are the caller's business. */
  set(slot: number, attrs: AttrsId, source: PeerId): void {
    if (slot >= this.#limit) {
      this.#limit = slot + 1;
      if (slot >= this.#attrs.length) this.#grow(slot + 1);
    }
    this.#count(slot, -1);
    this.#attrs[slot] = attrs;
    this.#source[slot] = attrs === 0 ? 0 : source;
    this.#count(slot, 1);
  }

  #count(slot: number, by: number): void {
    if (this.#attrs[slot] === 0) return;
    const source = this.#source[slot]!;
    if (source >= this.#bySource.length) {
      const capacity = nextCapacity(this.#bySource.length, source + 1);
      this.#bySource = grownUint32(this.#bySource, capacity);
    }
    this.#bySource[source]! += by;
    this.#size += by;
  }

  #grow(needed: number): void {
    const capacity = nextCapacity(this.#attrs.length, needed);
    this.#attrs = grownUint32(this.#attrs, capacity);
    this.#source = grownUint16(this.#source, capacity);
  }
}
