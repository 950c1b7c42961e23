/**
 * Turns a rule's `match` part into a list of tests, all of which must hold.
 *
 * What a session decides alone (its kind, its name) is decided here, once. Tests that are cheap come
 * first; what depends on the prefix alone comes last, because a policy without such tests can be
 * answered once per attribute set.
 */
import { asPathLength, neighborAs, startsWith } from '../bgp/wire/as-path.ts';
import { EXTENDED_COMMUNITY_SIZE, LARGE_COMMUNITY_WORDS } from '../bgp/wire/communities.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { matchesAnyGlob } from '../net/glob.ts';
import { containsAddress } from '../net/prefix.ts';
import { containsSequence, originAs } from './as-path-questions.ts';
import { hasCommunity, hexTest, wordsTest } from './community-lists.ts';
import type { NumberRange, PolicyMatch, PrefixRange, RouteSource, RouteType } from './model.ts';
import { MAXIMUM_SETS, PrefixIndex } from './prefix-index.ts';
import type { PolicySession, RouteFacts } from './route-facts.ts';

export type RouteTest = (route: RouteFacts) => boolean;

type AttributeTest = (attributes: PathAttributes) => boolean;

/**
 * Compiles the match part for a session.
 *
 * @returns the tests, or undefined when the rule can never match on this session
 */
export function compileMatch(
  match: PolicyMatch,
  session: PolicySession,
): readonly RouteTest[] | undefined {
  const { peerType, neighbors, not } = match;
  if (peerType !== undefined && peerType !== session.peerType) return undefined;
  if (neighbors && !matchesAnyGlob(neighbors, session.name)) return undefined;
  const refused = not && compileMatch(not, session);
  if (refused?.length === 0) return undefined;
  const tests = [...sourceTests(match), ...lift(attributeTests(match)), ...prefixTests(match)];
  if (refused) tests.push((route) => !holds(refused, route));
  return tests;
}

/** True when all tests hold. */
export function holds(tests: readonly RouteTest[], route: RouteFacts): boolean {
  for (const test of tests) if (!test(route)) return false;
  return true;
}

/**
 * The prefix sets that decide, together with the attributes and the source, what rules answer; undefined
 * where something else does, or there are too many.
 */
export function prefixIndexOf(matches: readonly PolicyMatch[]): PrefixIndex | undefined {
  const sets = matches.flatMap(prefixSetsOf);
  if (sets.length > MAXIMUM_SETS || matches.some(looksAtInterfaces)) return undefined;
  return new PrefixIndex(sets);
}

function prefixSetsOf({ prefixes, notPrefixes, not }: PolicyMatch): (readonly PrefixRange[])[] {
  const own = [prefixes, notPrefixes].filter((set) => set !== undefined);
  return not ? [...own, ...prefixSetsOf(not)] : own;
}

function looksAtInterfaces({ interfaces, not }: PolicyMatch): boolean {
  return interfaces !== undefined || (not !== undefined && looksAtInterfaces(not));
}

function lift(tests: readonly AttributeTest[]): RouteTest[] {
  return tests.map((test) => (route) => test(route.attributes));
}

function sourceTests({ sources, routeTypes, learnedFrom, interfaces }: PolicyMatch): RouteTest[] {
  const tests: RouteTest[] = [];
  if (sources) tests.push((route) => sources.includes(route.source));
  if (routeTypes) tests.push((route) => routeTypes.includes(routeTypeOf(route.source)));
  if (learnedFrom) {
    tests.push(
      (route) => route.learnedFrom !== '' && matchesAnyGlob(learnedFrom, route.learnedFrom),
    );
  }
  if (interfaces) tests.push((route) => matchesAnyGlob(interfaces, route.interface));
  return tests;
}

function routeTypeOf(source: RouteSource): RouteType {
  if (source === 'ibgp') return 'internal';
  return source === 'ebgp' ? 'external' : 'local';
}

function attributeTests(match: PolicyMatch): AttributeTest[] {
  return [...numberTests(match), ...pathTests(match), ...communityTests(match)];
}

function numberTests({ localPref, med, origin, nextHops }: PolicyMatch): AttributeTest[] {
  const tests: AttributeTest[] = [];
  if (origin !== undefined) tests.push((attributes) => attributes.origin === origin);
  if (localPref) tests.push((attributes) => isWithin(attributes.localPref, localPref));
  if (med) tests.push((attributes) => isWithin(attributes.med, med));
  if (nextHops) {
    tests.push(({ nextHop }) => {
      const halves =
        nextHop.length === 32 ? [nextHop.subarray(0, 16), nextHop.subarray(16)] : [nextHop];
      return nextHops.some((hop) => halves.some((half) => containsAddress(hop, half)));
    });
  }
  return tests;
}

function isWithin(value: number | undefined, { min = 0, max = 0xffff_ffff }: NumberRange): boolean {
  return value !== undefined && value >= min && value <= max;
}

function pathTests(match: PolicyMatch): AttributeTest[] {
  const { asPathPrefix, asPathContains, asPathOrigin, asPathFirst, asPathLength: length } = match;
  const tests: AttributeTest[] = [];
  if (asPathFirst) tests.push(({ asPath }) => isAmong(neighborAs(asPath), asPathFirst));
  if (asPathOrigin) tests.push(({ asPath }) => isAmong(originAs(asPath), asPathOrigin));
  if (length) tests.push(({ asPath }) => isWithin(asPathLength(asPath), length));
  if (asPathPrefix) tests.push(({ asPath }) => startsWith(asPath, asPathPrefix));
  if (asPathContains) tests.push(({ asPath }) => containsSequence(asPath, asPathContains));
  return tests;
}

function isAmong(asn: number | undefined, wanted: readonly number[]): boolean {
  return asn !== undefined && wanted.includes(asn);
}

function communityTests(match: PolicyMatch): AttributeTest[] {
  const tests: AttributeTest[] = [];
  for (const community of match.communities ?? []) {
    tests.push(({ communities }) => communities.includes(community));
  }
  if (match.anyCommunities) {
    const any = match.anyCommunities.map(wordsTest);
    tests.push(({ communities }) => any.some((test) => hasCommunity(communities, 1, test)));
  }
  for (const test of (match.largeCommunities ?? []).map(wordsTest)) {
    tests.push((set) => hasCommunity(set.largeCommunities, LARGE_COMMUNITY_WORDS, test));
  }
  for (const test of (match.extendedCommunities ?? []).map(hexTest)) {
    tests.push((set) => hasCommunity(set.extendedCommunities, EXTENDED_COMMUNITY_SIZE, test));
  }
  return tests;
}

function prefixTests(match: PolicyMatch): RouteTest[] {
  const tests: RouteTest[] = [];
  if (match.prefixes) {
    const set = new PrefixIndex([match.prefixes]);
    tests.push(({ family, bytes, at, bits }) => set.find(family, bytes, at, bits) !== 0);
  }
  if (match.notPrefixes) {
    const set = new PrefixIndex([match.notPrefixes]);
    tests.push(({ family, bytes, at, bits }) => set.find(family, bytes, at, bits) === 0);
  }
  return tests;
}
