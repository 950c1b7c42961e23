/** What an agent asks to have announced: from the texts of a request to the values of routes. */
import type { OriginateOrder } from '../api/views.ts';
import { parseCommunity, parseLargeCommunity } from '../config/community-text.ts';
import { CatbirdError } from '../net/error.ts';
import type { Prefix } from '../net/prefix.ts';
import { parseCidr } from '../net/text.ts';
import type { LargeCommunity } from '../policy/model.ts';

/** One route as it is asked for. */
export interface OrderedRoute {
  readonly prefix: Prefix;
  readonly localPref: number | undefined;
  readonly med: number | undefined;
  readonly communities: readonly number[];
  readonly largeCommunities: readonly LargeCommunity[];
}

/** More would not fit a message of 4096 octets together with the rest. */
const MAXIMUM_COMMUNITIES = 64;
const MAXIMUM_PREFIXES = 1000;
const MINIMUM_LEASE_SEC = 5;
const MAX_UINT32 = 0xffff_ffff;

/** @throws CatbirdError CATBIRD_API_REQUEST with what is wrong */
export function readOrder(order: OriginateOrder): {
  readonly routes: readonly OrderedRoute[];
  readonly leaseSec: number | undefined;
} {
  const { prefixes, communities, leaseSec } = order;
  if (prefixes.length === 0 || prefixes.length > MAXIMUM_PREFIXES) {
    throw wrong(`give 1 to ${MAXIMUM_PREFIXES} prefixes, not ${prefixes.length}`);
  }
  if (communities.length > MAXIMUM_COMMUNITIES) {
    throw wrong(`a route has at most ${MAXIMUM_COMMUNITIES} communities here`);
  }
  const attributes = {
    localPref: uint32(order.localPref, 'localPref'),
    med: uint32(order.med, 'med'),
    ...readCommunities(communities),
  };
  if (leaseSec !== undefined && !(Number.isInteger(leaseSec) && leaseSec >= MINIMUM_LEASE_SEC)) {
    throw wrong(`a lease is a whole number of seconds from ${MINIMUM_LEASE_SEC} on`);
  }
  return {
    routes: prefixes.map((text) => ({ prefix: readPrefix(text), ...attributes })),
    leaseSec,
  };
}

function readPrefix(text: string): Prefix {
  const prefix = parseCidr(text);
  if (prefix) return prefix;
  throw wrong(`'${text}' is no prefix like 192.0.2.1/32, without host bits`);
}

/** By kind, in order and without repeats, so that the same routes compare equal. */
function readCommunities(texts: readonly string[]) {
  const communities = new Set<number>();
  const large = new Map<string, LargeCommunity>();
  for (const text of texts) {
    const plain = parseCommunity(text);
    const words = plain === undefined ? parseLargeCommunity(text) : undefined;
    if (plain !== undefined) communities.add(plain);
    else if (words) large.set(words.join(':'), words);
    else throw wrong(`'${text}' is no community like 64512:10, 64512:20:30 or no-export`);
  }
  return {
    communities: [...communities].sort((a, b) => a - b),
    largeCommunities: [...large].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, words]) => words),
  };
}

function uint32(value: number | undefined, name: string): number | undefined {
  const isNumber = Number.isInteger(value) && value! >= 0 && value! <= MAX_UINT32;
  if (value === undefined || isNumber) return value;
  throw wrong(`${name} is a whole number from 0 to ${MAX_UINT32}`);
}

function wrong(reason: string): CatbirdError {
  return new CatbirdError('CATBIRD_API_REQUEST', reason);
}
