/** How many prefixes of a family a peer is told at most; such a peer has an update group of its own. */
import type { AdvertisedRoutes } from './advertised-routes.ts';
import type { PeerId } from './ids.ts';

export class OutboundLimit {
  readonly #peer: PeerId;
  readonly #maximum: number;
  readonly #reached: () => void;
  #isHolding = false;

  /** @param reached called when the first route is held back, and again after there was room */
  constructor(peer: PeerId, maximum: number, reached: () => void) {
    this.#peer = peer;
    this.#maximum = maximum;
    this.#reached = reached;
  }

  /** Whether a route that is to be told must be held back: it is new to the peer, and there is no room. */
  holdsBack(advertised: AdvertisedRoutes, slot: number, source: PeerId): boolean {
    if (source === this.#peer || advertised.attrsFor(slot, this.#peer) !== 0) return false;
    if (advertised.countFor(this.#peer) < this.#maximum) return false;
    if (!this.#isHolding) this.#reached();
    this.#isHolding = true;
    return true;
  }

  /** True once when there is room again for what was held back. */
  takeRoom(advertised: AdvertisedRoutes): boolean {
    if (!this.#isHolding || advertised.countFor(this.#peer) >= this.#maximum) return false;
    this.#isHolding = false;
    return true;
  }
}
