/**
 * Turns a rule's `match` part into a list of tests, all of which must hold.
 *
 * Tests that are cheap come first; what depends on the prefix alone comes last, because a policy
 * without such tests can be answered once per attribute set.
 */
import { startsWith } from '../bgp/wire/as-path.ts';
import { sameAddress } from '../net/address.ts';
import { hasLargeCommunity } from './actions.ts';
import type { PolicyMatch } from './model.ts';
import { PrefixSet } from './prefix-set.ts';
import type { RouteFacts } from './route-facts.ts';

export type RouteTest = (route: RouteFacts) => boolean;

/**
 * Compiles the match part for sessions of one kind.
 *
 * @returns the tests, or undefined when the rule can never match on such a session
 */
export function compileMatch(
  match: PolicyMatch,
  peerType: 'internal' | 'external',
): readonly RouteTest[] | undefined {
  if (match.peerType !== undefined && match.peerType !== peerType) return undefined;
  return [...attributeTests(match), ...communityTests(match), ...prefixTests(match)];
}

/** True when the rule looks at the prefix itself or at something that varies with it. */
export function dependsOnPrefix(match: PolicyMatch): boolean {
  return Boolean(match.prefixes ?? match.notPrefixes ?? match.interfaces);
}

function attributeTests(match: PolicyMatch): RouteTest[] {
  const tests: RouteTest[] = [];
  const { sources, localPref, asPathPrefix, nextHops, interfaces } = match;
  if (sources) tests.push((route) => sources.includes(route.source));
  if (localPref) {
    const { min = 0, max = 0xffff_ffff } = localPref;
    tests.push((route) => isBetween(route.attributes.localPref, min, max));
  }
  if (asPathPrefix) tests.push((route) => startsWith(route.attributes.asPath, asPathPrefix));
  if (nextHops) {
    tests.push((route) => nextHops.some((hop) => sameAddress(hop, route.attributes.nextHop)));
  }
  if (interfaces) {
    const globs = interfaces.map(globToRegExp);
    tests.push((route) => globs.some((glob) => glob.test(route.interface)));
  }
  return tests;
}

function isBetween(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && value >= min && value <= max;
}

function communityTests(match: PolicyMatch): RouteTest[] {
  const tests: RouteTest[] = [];
  for (const community of match.communities ?? []) {
    tests.push((route) => route.attributes.communities.includes(community));
  }
  for (const community of match.largeCommunities ?? []) {
    tests.push((route) => hasLargeCommunity(route.attributes.largeCommunities, community));
  }
  return tests;
}

function prefixTests(match: PolicyMatch): RouteTest[] {
  const tests: RouteTest[] = [];
  if (match.prefixes) {
    const set = new PrefixSet(match.prefixes);
    tests.push(({ family, bytes, at, bits }) => set.matches(family, bytes, at, bits));
  }
  if (match.notPrefixes) {
    const set = new PrefixSet(match.notPrefixes);
    tests.push(({ family, bytes, at, bits }) => !set.matches(family, bytes, at, bits));
  }
  return tests;
}

/** `*` is any run of characters, `?` one; everything else is itself (FILT-6). */
function globToRegExp(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
