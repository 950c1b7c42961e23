/**
 * BGP next hops in use, each with what the kernel knows about it (RIB-3).
 *
 * Attribute sets hold a `NextHopId`; resolution is asked for once, when decision first needs it, and
 * again for all by `resolveAll`. Next hops are few (one per router): a Map finds them, keyed by number for
 * IPv4 and by text for IPv6.
 */
import { readU32 } from '../bgp/wire/octets.ts';
import type { Address } from '../net/address.ts';
import type { NextHopId } from './ids.ts';
import type { NextHopResolver, NextHopState } from './ports.ts';

interface Entry {
  readonly key: string | number;
  readonly address: Address;
  references: number;
  /** Undefined until someone asks. */
  state: NextHopState | undefined;
}

const NONE = 0 as NextHopId;

/** A route without a next hop is its own destination: on-link or a blackhole. */
const ON_LINK: NextHopState = { isReachable: true, igpCost: 0, interface: '' };

export class NextHopTable {
  readonly #resolver: NextHopResolver;
  readonly #byKey = new Map<string | number, NextHopId>();
  readonly #entries: (Entry | undefined)[] = [undefined];
  readonly #free: NextHopId[] = [];

  constructor(resolver: NextHopResolver) {
    this.#resolver = resolver;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /**
   * Takes a reference to a next hop.
   *
   * @param nextHop as in `PathAttributes`: of 32 octets only the global address counts; empty gives 0
   */
  acquire(nextHop: Uint8Array): NextHopId {
    if (nextHop.length === 0) return NONE;
    const address = nextHop.length === 32 ? nextHop.subarray(0, 16) : nextHop;
    const key = address.length === 4 ? readU32(address, 0) : String.fromCharCode(...address);
    const known = this.#byKey.get(key);
    if (known === undefined) return this.#add(key, Uint8Array.from(address));
    this.#entries[known]!.references++;
    return known;
  }

  /** Gives a reference back. */
  release(id: NextHopId): void {
    const entry = this.#entries[id];
    if (!entry || --entry.references > 0) return;
    this.#byKey.delete(entry.key);
    this.#entries[id] = undefined;
    this.#free.push(id);
  }

  /** The address, empty for 0. */
  address(id: NextHopId): Address {
    return this.#entries[id]?.address ?? new Uint8Array(0);
  }

  state(id: NextHopId): NextHopState {
    const entry = this.#entries[id];
    if (!entry) return ON_LINK;
    entry.state ??= this.#resolver.resolve(entry.address);
    return entry.state;
  }

  /**
   * Resolves every next hop again; the answer holds a 1 at each id whose state is another now. One
   * that decision never asked about counts as changed: others may have resolved it themselves.
   */
  resolveAll(): Uint8Array {
    const changed = new Uint8Array(this.#entries.length);
    this.#entries.forEach((entry, id) => {
      if (!entry) return;
      const state = this.#resolver.resolve(entry.address);
      if (!entry.state || !sameState(entry.state, state)) changed[id] = 1;
      entry.state = state;
    });
    return changed;
  }

  #add(key: string | number, address: Address): NextHopId {
    const id = this.#free.pop() ?? (this.#entries.length as NextHopId);
    this.#entries[id] = { key, address, references: 1, state: undefined };
    this.#byKey.set(key, id);
    return id;
  }
}

function sameState(a: NextHopState, b: NextHopState): boolean {
  return a.isReachable === b.isReachable && a.igpCost === b.igpCost && a.interface === b.interface;
}
