/**
 * Our address of the other family beside the one a session ends at: next hop self for IPv6 routes on
 * an IPv4 session, and the other way round (RFC 4760 §3).
 *
 * It is taken from the interface that carries the session's address. The system is asked again every
 * few seconds while anybody wants to know, which works beside every kernel, and where none is touched.
 */
import {
  type Address,
  addressFamily,
  isLinkLocal,
  isLoopback,
  sameAddress,
} from '../net/address.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** An address of this host and the interface it is on. */
export interface OwnAddress {
  readonly interface: string;
  readonly address: Address;
}

export interface OwnAddressesPorts {
  readonly clock: Clock;
  /** Addresses of interfaces that are up, now. */
  ownAddresses(): readonly OwnAddress[];
}

const LOOK_AGAIN_MS = 5000;

/** Somebody who follows the address beside `local`. */
interface Follower {
  readonly local: Address;
  readonly zone: string | undefined;
  readonly tell: (beside: Address | undefined) => void;
  beside: Address | undefined;
}

/** See the head of the file. */
export class OwnAddresses {
  readonly #ports: OwnAddressesPorts;
  readonly #followers = new Set<Follower>();
  #timer: Timer | undefined;

  constructor(ports: OwnAddressesPorts) {
    this.#ports = ports;
  }

  /**
   * Follows the address of the other family on the interface of `local`.
   *
   * @param zone the interface, where `local` alone does not tell it
   * @param tell called when it is another than returned, or told last
   * @returns what it is now, and how to stop
   */
  follow(
    local: Address,
    zone: string | undefined,
    tell: (beside: Address | undefined) => void,
  ): { readonly beside: Address | undefined; stop(): void } {
    const beside = addressBeside(this.#ports.ownAddresses(), local, zone);
    const follower = { local, zone, tell, beside };
    this.#followers.add(follower);
    this.#timer ??= this.#arm();
    return { beside, stop: () => this.#forget(follower) };
  }

  /** Our link-local address on an interface that has `beside`; undefined for none. */
  linkLocalOn(zone: string, beside: Address): Address | undefined {
    const here = this.#ports
      .ownAddresses()
      .filter(({ interface: name }) => name === zone)
      .map(({ address }) => address);
    if (!here.some((address) => sameAddress(address, beside))) return undefined;
    return here.filter(isLinkLocal).sort(compare)[0];
  }

  #arm(): Timer {
    return this.#ports.clock.setTimer(LOOK_AGAIN_MS, () => this.#look());
  }

  #look(): void {
    this.#timer = this.#arm();
    const own = this.#ports.ownAddresses();
    for (const follower of this.#followers) {
      const beside = addressBeside(own, follower.local, follower.zone);
      if (isSame(beside, follower.beside)) continue;
      follower.beside = beside;
      follower.tell(beside);
    }
  }

  #forget(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}

/** The lowest that others can reach, so that the choice does not hang on the order of the system. */
function addressBeside(
  own: readonly OwnAddress[],
  local: Address,
  zone: string | undefined,
): Address | undefined {
  const place = zone ?? own.find(({ address }) => sameAddress(address, local))?.interface;
  const fitting = own
    .filter(({ interface: name }) => name === place)
    .map(({ address }) => address)
    .filter((address) => addressFamily(address) !== addressFamily(local) && isReachable(address));
  return fitting.sort(compare)[0];
}

/** Neither loopback nor bound to the link (RFC 2545 §3 wants a global next hop). */
function isReachable(address: Address): boolean {
  return !isLoopback(address) && !isLinkLocal(address);
}

function compare(a: Address, b: Address): number {
  const at = a.findIndex((octet, i) => octet !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function isSame(a: Address | undefined, b: Address | undefined): boolean {
  return a && b ? sameAddress(a, b) : a === b;
}
