/**
 * The two IPv6 next hops of routers on one link, global and link-local (RFC 2545 §3).
 *
 * Packets to a neighbor that is its own next hop go to the link-local half it tells, on the link it is on: that
 * is the way which does not hang on its global address. A pair is believed of the neighbor itself only: nobody
 * gets to say which way to another router.
 */
import { type Address, addressFamily, isLinkLocal, sameAddress } from '../net/address.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Forwarding } from './forwarding.ts';
import type { OwnAddresses } from './own-addresses.ts';

export interface NextHopPairPorts {
  readonly clock: Clock;
  readonly forwarding: Forwarding;
  readonly ownAddresses: OwnAddresses;
}

/** See the head of the file. One per neighbor. */
export class NextHopPair {
  readonly #ports: NextHopPairPorts;
  #neighbor: Address | undefined;
  /** The link the neighbor is on; undefined while there is none, or no session. */
  #zone: string | undefined;
  #isSet = false;

  constructor(ports: NextHopPairPorts) {
    this.#ports = ports;
  }

  /**
   * The session is up.
   *
   * @param local our end of it
   * @returns our link-local address for next hop self, where the neighbor is external and on a link with us
   */
  up(neighbor: Address, local: Address, isInternal: boolean): Address | undefined {
    this.#neighbor = neighbor;
    this.#zone = zoneOf(neighbor, this.#ports.forwarding);
    if (this.#zone === undefined || isInternal || addressFamily(local) === 'ipv4-unicast') return;
    return this.#ports.ownAddresses.linkLocalOn(this.#zone, local);
  }

  /** The neighbor told another next hop of 32 octets; comes in the middle of a message. */
  told(nextHop: Uint8Array): void {
    const { clock, forwarding } = this.#ports;
    const global = nextHop.slice(0, 16);
    const linkLocal = nextHop.slice(16);
    if (!this.#neighbor || !sameAddress(this.#neighbor, global) || !isLinkLocal(linkLocal)) return;
    clock.defer(() => {
      if (this.#zone === undefined) return;
      this.#isSet = true;
      forwarding.pair(global, { linkLocal, zone: this.#zone });
    });
  }

  /** The session is gone; its routes may be kept for a while, and with them the way. */
  down(): void {
    this.#zone = undefined;
  }

  /** Its routes are gone too. */
  forget(): void {
    this.down();
    if (!this.#isSet) return;
    this.#isSet = false;
    this.#ports.forwarding.pair(this.#neighbor!, undefined);
  }
}

function zoneOf(neighbor: Address, forwarding: Forwarding): string | undefined {
  const isGlobal = neighbor.length === 16 && !isLinkLocal(neighbor);
  return isGlobal && forwarding.isForwarding ? forwarding.interfaceTo(neighbor) : undefined;
}
