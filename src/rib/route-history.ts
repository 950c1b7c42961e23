/**
 * What became of routes lately: withdrawals, and changes of the best path. A ring of columns, so that a
 * peer that flaps costs neither memory nor garbage; what it drives out is forgotten.
 */
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import type { PeerId, PrefixId } from './ids.ts';
import type { PrefixTable } from './prefix-table.ts';

/**
 * - `withdrawn`: its source took it back;
 * - `session-lost`: its session ended;
 * - `not-repeated`: a restart or refresh ended without it;
 * - `best-changed`: another path is the best, or none.
 */
export const HISTORY_EVENTS = [
  'withdrawn',
  'session-lost',
  'not-repeated',
  'best-changed',
] as const;
export type HistoryEvent = (typeof HISTORY_EVENTS)[number];

export interface HistoryEntry {
  readonly prefix: Prefix;
  /** Monotonic ms. */
  readonly at: number;
  readonly event: HistoryEvent;
  /** Whose path it was; of a change of the best path the one before. */
  readonly peer: PeerId;
  /** Of a change of the best path, whose path is the best now; 0 for none. */
  readonly successor: PeerId;
  /** Name of a peer that is known no more. */
  readonly formerName: string | undefined;
}

const OCTETS = 16;
const CAPACITY = 8192;

/** See the head of the file. */
export class RouteHistory {
  /** Time of what is noted next, monotonic ms. */
  now = 0;
  readonly #capacity: number;
  readonly #octets: Uint8Array;
  readonly #lengths: Uint8Array;
  readonly #isIpv6: Uint8Array;
  readonly #events: Uint8Array;
  readonly #peers: Uint16Array;
  readonly #successors: Uint16Array;
  readonly #times: Float64Array;
  /** Of peers that are gone: their ids may have been given to others. */
  readonly #names: (string | undefined)[];
  #next = 0;
  #size = 0;

  constructor(capacity = CAPACITY) {
    this.#capacity = capacity;
    this.#octets = new Uint8Array(capacity * OCTETS);
    this.#lengths = new Uint8Array(capacity);
    this.#isIpv6 = new Uint8Array(capacity);
    this.#events = new Uint8Array(capacity);
    this.#peers = new Uint16Array(capacity);
    this.#successors = new Uint16Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#names = new Array(capacity).fill(undefined);
  }

  note(
    prefixes: PrefixTable,
    prefix: PrefixId,
    event: HistoryEvent,
    peer: PeerId,
    successor = 0 as PeerId,
  ): void {
    const at = this.#next;
    this.#next = at + 1 === this.#capacity ? 0 : at + 1;
    if (this.#size < this.#capacity) this.#size++;
    prefixes.writeAddress(prefix, this.#octets, at * OCTETS);
    this.#lengths[at] = prefixes.length(prefix);
    this.#isIpv6[at] = prefixes.family === 'ipv6-unicast' ? 1 : 0;
    this.#events[at] = HISTORY_EVENTS.indexOf(event);
    this.#peers[at] = peer;
    this.#successors[at] = successor;
    this.#times[at] = this.now;
    this.#names[at] = undefined;
  }

  /** The peer goes for good; what is kept of it keeps its name. */
  retire(peer: PeerId, name: string): void {
    for (let at = 0; at < this.#size; at++) {
      if (this.#peers[at] === peer) this.#names[at] ??= name;
    }
  }

  /** What happened to a prefix, the latest first. */
  of(prefix: Prefix): HistoryEntry[] {
    const places = this.#places((at) => this.#is(at, prefix));
    return places.map((at) => this.#entry(at));
  }

  /** The longest prefix that contains an address and that something happened to. */
  covering(address: Address): Prefix | undefined {
    const family = address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
    const places = this.#places((at) => {
      const length = this.#lengths[at]!;
      return this.#is(at, makePrefix(address, length)) && this.#familyOf(at) === family;
    });
    const [longest] = places.sort((a, b) => this.#lengths[b]! - this.#lengths[a]!);
    return longest === undefined ? undefined : this.#prefix(longest);
  }

  /** Latest first. */
  #places(isWanted: (at: number) => boolean): number[] {
    const found: number[] = [];
    for (let back = 1; back <= this.#size; back++) {
      const at = (this.#next - back + this.#capacity) % this.#capacity;
      if (isWanted(at)) found.push(at);
    }
    return found;
  }

  #is(at: number, { family, address, length }: Prefix): boolean {
    if (this.#lengths[at] !== length || this.#familyOf(at) !== family) return false;
    for (let i = 0; i < address.length; i++) {
      if (this.#octets[at * OCTETS + i] !== address[i]) return false;
    }
    return true;
  }

  #familyOf(at: number): Family {
    return this.#isIpv6[at] === 1 ? 'ipv6-unicast' : 'ipv4-unicast';
  }

  #prefix(at: number): Prefix {
    const size = this.#isIpv6[at] === 1 ? 16 : 4;
    const octets = this.#octets.slice(at * OCTETS, at * OCTETS + size);
    return makePrefix(octets, this.#lengths[at]!);
  }

  #entry(at: number): HistoryEntry {
    return {
      prefix: this.#prefix(at),
      at: this.#times[at]!,
      event: HISTORY_EVENTS[this.#events[at]!]!,
      peer: this.#peers[at]! as PeerId,
      successor: this.#successors[at]! as PeerId,
      formerName: this.#names[at],
    };
  }
}
