/** Which routes a role's rules reject. */
import { parseCidr } from '../../src/net/text.ts';
import type { Role } from '../programs/program.ts';
import type { Choice, RouteSet } from './route-set.ts';

/**
 * Answers which rows of a set others do not see because of a rule. Only prefixes decide: the rules of the
 * scenarios that reject by community name communities no route carries.
 */
export function rejection(role: Role, { addresses }: RouteSet): Choice {
  if (role.kind === 'relay') return () => false;
  const ranges = [...role.importRules, ...role.exportRules]
    .filter(({ within, addCommunity }) => within && !addCommunity)
    .map(({ within }) => rangeOf(within!));
  return (i) => ranges.some(({ network, mask }) => (addresses[i]! & mask) >>> 0 === network);
}

function rangeOf(cidr: string): { network: number; mask: number } {
  const { address, length } = parseCidr(cidr)!;
  const network = address.reduce((value, octet) => value * 256 + octet, 0);
  return { network, mask: length === 0 ? 0 : -1 << (32 - length) };
}
