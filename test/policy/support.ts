/** Routes and sessions for the tests of this folder. */
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import { parsePrefix } from '../../src/net/text.ts';
import { Policy, type PolicySession, type RouteFacts } from '../../src/policy/compile.ts';
import type { PolicyMatch } from '../../src/policy/model.ts';

export const INTERNAL: PolicySession = {
  peerType: 'internal',
  name: 'node-2',
  localAsNumber: 64512,
};
export const EXTERNAL: PolicySession = { ...INTERNAL, peerType: 'external', name: 'tor-1' };

/** Attributes of a plain route over 65001 and 65002. */
export function attributes(fields: Partial<PathAttributes> = {}): PathAttributes {
  return {
    origin: 0,
    asPath: { segments: [{ type: 2, asns: Uint32Array.of(65001, 65002) }] },
    nextHop: Uint8Array.of(10, 0, 0, 1),
    med: undefined,
    localPref: 100,
    atomicAggregate: false,
    aggregator: undefined,
    communities: new Uint32Array(0),
    extendedCommunities: new Uint8Array(0),
    ipv6ExtendedCommunities: new Uint8Array(0),
    largeCommunities: new Uint32Array(0),
    originatorId: undefined,
    clusterList: new Uint32Array(0),
    onlyToCustomer: undefined,
    partial: 0,
    unknown: [],
    ...fields,
  };
}

/** A route to a prefix with these attributes. */
export function route(prefix: string, fields: Partial<PathAttributes> = {}): RouteFacts {
  const { family, address, length } = parsePrefix(prefix)!;
  const place = { family, bytes: address, at: 0, bits: length };
  const made = { attributes: attributes(fields), interface: 'eth0' };
  return { ...place, source: 'ebgp', learnedFrom: 'tor-1', ...made };
}

/** True when the match holds for the route. */
export function matches(
  match: PolicyMatch,
  facts: RouteFacts,
  session: PolicySession = EXTERNAL,
): boolean {
  const rules = [{ name: 'it', match, set: {}, action: 'reject' as const }];
  return !Policy.compile(rules, session).evaluate(facts).accepted;
}
