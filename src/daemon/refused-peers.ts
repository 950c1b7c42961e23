/**
 * Who connects and is refused: strangers mostly, whose session somebody forgot to configure. Bounded: of more
 * addresses those heard of last stay.
 */
import type { Address } from '../net/address.ts';
import { formatAddress } from '../net/text.ts';

export interface RefusedPeer {
  readonly address: string;
  readonly reason: string;
  /** Monotonic ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

const MOST = 128;

/** See the head of the file. */
export class RefusedPeers {
  /** Heard of last at the end. */
  readonly #peers = new Map<string, RefusedPeer>();

  note(address: Address, reason: string, now: number): void {
    const key = formatAddress(address);
    const { firstAt = now, count = 0 } = this.#peers.get(key) ?? {};
    this.#peers.delete(key);
    if (this.#peers.size >= MOST) this.#dropOldest();
    this.#peers.set(key, { address: key, reason, firstAt, lastAt: now, count: count + 1 });
  }

  /** It was let in. */
  forget(address: Address): void {
    if (this.#peers.size > 0) this.#peers.delete(formatAddress(address));
  }

  /** Heard of last first. */
  list(): RefusedPeer[] {
    return [...this.#peers.values()].reverse();
  }

  #dropOldest(): void {
    for (const oldest of this.#peers.keys()) {
      this.#peers.delete(oldest);
      return;
    }
  }
}
