/** Routes made by rule, the same on every run. */
import type { Family } from '../../src/net/family.ts';
import { type AttributeValues, encodeAttributes } from '../load/attribute-set.ts';
import { asIpv6, ROUTES_PER_UPDATE, type RouteSet } from '../load/route-set.ts';
import { addressOf, ipv6AddressOf } from './scenario.ts';

/** The `i`-th /24 from 1.0.0.0 on, stepping over 10/8, 127/8, 172/8 and 192/8. */
export function slash24(i: number): number {
  let first = 1 + (i >>> 16);
  for (const reserved of [10, 127, 172, 192]) if (first >= reserved) first++;
  return ((first << 24) | ((i & 0xffff) << 8)) >>> 0;
}

/** Mixes a number well enough to scatter attribute sets over a table. */
export function scatter(i: number): number {
  const mixed = Math.imul(i ^ (i >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * A full table as it comes over eBGP: runs of six prefixes share a set, sets come back all over the table.
 *
 * @param firstAs the sender's AS, first in all paths
 */
export function internetTable(
  prefixes: number,
  attributeSets: number,
  firstAs: number,
  nextHop: string,
): RouteSet {
  const addresses = Uint32Array.from({ length: prefixes }, (_, i) => slash24(i));
  const setOf = (i: number) => scatter(Math.floor(i / ROUTES_PER_UPDATE)) % attributeSets;
  return {
    family: 'ipv4-unicast',
    addresses,
    lengths: new Uint8Array(prefixes).fill(24),
    sets: Uint32Array.from({ length: prefixes }, (_, i) => setOf(i)),
    attributeSets: Array.from({ length: attributeSets }, (_, i) =>
      encodeAttributes({
        nextHop,
        asPath: [firstAs, ...hops(i)],
        communities: [0x0f110000 + (i % 1000), 0x0f120000 + (i % 77)],
      }),
    ),
  };
}

/** One to seven AS numbers behind the sender's, the last one tells the set. */
function hops(i: number): number[] {
  const count = scatter(i) % 7;
  const transit = Array.from({ length: count }, (_, hop) => 3000 + (scatter(i + hop) % 20_000));
  return [...transit, 100_000 + i];
}

export interface ClientRoutes {
  readonly nextHop: string;
  /** Number of the client's first prefix over all clients. */
  readonly first: number;
  readonly count: number;
  /** Prefix length: 24, or 26 for address blocks. */
  readonly bits: 24 | 26;
  readonly attributeSets: number;
}

/** What an iBGP client announces: a run of prefixes, its attribute sets in turn. */
export function clientRoutes(client: ClientRoutes): RouteSet {
  const { nextHop, first, count, bits, attributeSets } = client;
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  const perSet = Math.ceil(count / attributeSets);
  return {
    family: 'ipv4-unicast',
    addresses: Uint32Array.from(numbers, bits === 24 ? slash24 : block26),
    lengths: new Uint8Array(count).fill(bits),
    sets: Uint32Array.from(numbers, (_, i) => Math.floor(i / perSet)),
    attributeSets: Array.from({ length: attributeSets }, (_, i) =>
      encodeAttributes(clientAttributes(nextHop, i)),
    ),
  };
}

/** Each client's routes: its own run of prefixes, or one it shares with `copies` − 1 others. */
export function routesOfClients(
  clients: number,
  shape: Pick<ClientRoutes, 'count' | 'bits' | 'attributeSets'>,
  { family = 'ipv4-unicast', copies = 1 }: { family?: Family; copies?: number } = {},
): RouteSet[] {
  const isIpv4 = family === 'ipv4-unicast';
  return Array.from({ length: clients }, (_, i) => {
    const nextHop = isIpv4 ? addressOf(i) : ipv6AddressOf(i);
    const first = Math.floor(i / copies) * shape.count;
    const routes = clientRoutes({ nextHop, first, ...shape });
    return isIpv4 ? routes : asIpv6(routes);
  });
}

/** The `version`-th set of attributes of a client. */
export function clientAttributes(nextHop: string, version: number): AttributeValues {
  const asPath = version === 0 ? [] : [65_000, 100_000 + version];
  return { asPath, nextHop, localPref: 100, ...(version > 0 && { communities: [version] }) };
}

/** The `i`-th /26 of 10.0.0.0/8. */
function block26(i: number): number {
  return ((10 << 24) | (i << 6)) >>> 0;
}
