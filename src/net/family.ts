/**
 * The two address families Catbird routes, under the names configuration and views use.
 *
 * Every table in `rib` belongs to one family, so hot loops never branch on these names.
 */

export type Family = 'ipv4-unicast' | 'ipv6-unicast';

/** Both families, in the order views list them. */
export const FAMILIES: readonly Family[] = ['ipv4-unicast', 'ipv6-unicast'];

/** Length of an address of the family, in octets. */
export function addressSize(family: Family): 4 | 16 {
  return family === 'ipv4-unicast' ? 4 : 16;
}

/** Longest prefix of the family, in bits. */
export function maximumLength(family: Family): 32 | 128 {
  return family === 'ipv4-unicast' ? 32 : 128;
}
