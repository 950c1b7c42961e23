/** The addresses of this host, as the system tells them. */
import { networkInterfaces } from 'node:os';
import type { OwnAddress } from '../daemon/own-addresses.ts';
import { parseAddress } from '../net/text.ts';

/** Of interfaces that are up. */
export function listOwnAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.flatMap((entry) => {
      const address = parseAddress(entry.address);
      return address ? [{ interface: name, address }] : [];
    }),
  );
}
