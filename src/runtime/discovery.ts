/**
 * Finding routers on a link by what they say about themselves (RFC 4861 §6), as a port.
 * `router-discovery.ts` is the live one.
 */
import type { Address } from '../net/address.ts';

/** A router was heard: its link-local address, and the name of the interface. */
export type RouterHeard = (router: Address, zone: string) => void;

export interface Discovery {
  /**
   * Advertises this router and listens for others on exactly these interfaces from now on; one that does
   * not exist yet is taken up when it appears.
   *
   * @returns a sentence when the system cannot
   */
  follow(zones: ReadonlySet<string>, heard: RouterHeard): string | undefined;
  close(): void;
}
