/**
 * Refreshes a peer sends us between its marks (RFC 7313 §4): routes it does not repeat are gone at the
 * end mark, or when that does not come in time.
 */
import { REFRESH_BEGIN, REFRESH_END } from '../bgp/wire/constants.ts';
import type { Family } from '../net/family.ts';
import type { PeerId } from '../rib/ids.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** Longer than a full table takes on a slow link; the RFC leaves the bound to us. */
export const REFRESH_LIMIT_MS = 600_000;

/** One per neighbour. */
export class RefreshWatch {
  readonly #clock: Clock;
  readonly #rib: Rib;
  readonly #peer: PeerId;
  /** Refreshes under way. */
  readonly #running = new Map<Family, Timer>();

  constructor(clock: Clock, rib: Rib, peer: PeerId) {
    this.#clock = clock;
    this.#rib = rib;
    this.#peer = peer;
  }

  /** A mark came; an end without a beginning means nothing. */
  mark(family: Family, subtype: number): void {
    if (subtype === REFRESH_BEGIN) this.#begin(family);
    else if (subtype === REFRESH_END && this.#running.has(family)) this.#end(family);
  }

  /** The session is gone, and the refresh with it; to be told before the RIB hears of it. */
  cancel(): void {
    for (const [family, timer] of this.#running) {
      timer.cancel();
      this.#rib.cancelRefresh(this.#peer, family);
    }
    this.#running.clear();
  }

  #begin(family: Family): void {
    this.#running.get(family)?.cancel();
    this.#running.set(
      family,
      this.#clock.setTimer(REFRESH_LIMIT_MS, () => this.#end(family)),
    );
    this.#rib.beginRefresh(this.#peer, family);
  }

  #end(family: Family): void {
    this.#running.get(family)?.cancel();
    this.#running.delete(family);
    this.#rib.endRefresh(this.#peer, family);
  }
}
