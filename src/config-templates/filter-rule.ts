/**
 * One rule of a BGPFilter as a policy rule (FILT-4 to FILT-11).
 *
 * A rule that cannot be understood fails closed: it rejects what its other fields select (FILT-14). The
 * datastore has reported it, for there its place in the file is known.
 */
import { formatPrefixRange } from '../config/prefix-range.ts';
import { MAX_PRIORITY } from '../config/values.ts';
import type { FilterOperation, FilterRule } from '../datastore/snapshot.ts';
import { type Family, maximumLength } from '../net/family.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import { splitCommunities } from './communities.ts';
import type { MatchView, RuleView, SetView } from './view.ts';

const SOURCES: Readonly<Record<string, MatchView>> = {
  RemotePeers: { sources: ['ibgp', 'ebgp'] }, // FILT-6
};
const PEER_TYPES: Readonly<Record<string, MatchView>> = {
  iBGP: { peerType: 'internal' },
  eBGP: { peerType: 'external' },
};
const OPERATORS: readonly unknown[] = ['Equal', 'NotEqual', 'In', 'NotIn'];

/** @returns undefined for a rule that can never match */
export function translateFilterRule(
  rule: FilterRule,
  name: string,
  family: Family,
): RuleView | undefined {
  const prefixes = prefixMatch(rule, family);
  if (!prefixes) return undefined;
  const match = { ...prefixes, ...otherMatch(rule) };
  const hasMatch = Object.keys(match).length > 0 ? { match } : {};
  if (rule.action !== 'Accept' || !isUnderstood(rule, family)) {
    return { name, ...hasMatch, action: 'reject' };
  }
  const set = operationsOf(rule.operations ?? []);
  return { name, ...hasMatch, ...(Object.keys(set).length > 0 ? { set } : {}), action: 'accept' };
}

/** Whether every match field means something; one left out of a rule would widen it. */
function isUnderstood(rule: FilterRule, family: Family): boolean {
  const { cidr, matchOperator, prefixLength, source, peerType, communities } = rule;
  const hasNetwork = cidr
    ? parsePrefix(cidr)?.family === family && OPERATORS.includes(matchOperator)
    : !matchOperator && !prefixLength;
  return (
    hasNetwork &&
    (!source || Object.hasOwn(SOURCES, source)) &&
    (!peerType || Object.hasOwn(PEER_TYPES, peerType)) &&
    splitCommunities(communities?.values ?? []).wrong.length === 0
  );
}

/** The `cidr` part (FILT-5, AMB-7); undefined when nothing can match. */
function prefixMatch(rule: FilterRule, family: Family): MatchView | undefined {
  const { cidr, matchOperator, prefixLength } = rule;
  const prefix = cidr ? parsePrefix(cidr) : undefined;
  if (prefix?.family !== family) return {};
  const longest = maximumLength(family);
  const min = prefixLength?.min ?? 0;
  const max = Math.min(longest, prefixLength?.max ?? longest);
  const inside = range(prefix, Math.max(prefix.length, min), max);
  switch (matchOperator) {
    case 'In':
      return inside === undefined ? undefined : { prefixes: [inside] };
    case 'NotIn':
      return inside === undefined ? {} : { notPrefixes: [inside] };
    case 'Equal':
      return prefix.length < min || prefix.length > max
        ? undefined
        : { prefixes: [formatPrefix(prefix)] };
    case 'NotEqual':
      return notEqual(prefix, min, max);
    default:
      return {};
  }
}

/** Any other prefix, of a length in between. */
function notEqual(prefix: Prefix, min: number, max: number): MatchView | undefined {
  const notPrefixes = [formatPrefix(prefix)];
  if (min === 0 && max === maximumLength(prefix.family)) return { notPrefixes };
  const any = range(makePrefix(prefix.address, 0), min, max);
  return any === undefined ? undefined : { prefixes: [any], notPrefixes };
}

function range(prefix: Prefix, minLength: number, maxLength: number): string | undefined {
  return minLength > maxLength ? undefined : formatPrefixRange({ prefix, minLength, maxLength });
}

function otherMatch(rule: FilterRule): MatchView {
  const { source, peerType, communities, asPathPrefix, priority } = rule;
  const { standard, large } = splitCommunities(communities?.values ?? []);
  const localPref = priority && MAX_PRIORITY - priority; // FILT-7
  return {
    ...(source && SOURCES[source]),
    ...(rule.interface ? { interfaces: [rule.interface] } : {}),
    ...(peerType && PEER_TYPES[peerType]),
    ...(standard.length > 0 ? { communities: standard } : {}),
    ...(large.length > 0 ? { largeCommunities: large } : {}),
    ...(asPathPrefix?.length ? { asPathPrefix } : {}),
    ...(localPref ? { localPref: { min: localPref, max: localPref } } : {}),
  };
}

/** What the operations come to when they are carried out in order (FILT-11). */
function operationsOf(operations: readonly FilterOperation[]): SetView {
  const added = operations.flatMap(({ addCommunity }) => addCommunity?.value ?? []);
  const { standard, large } = splitCommunities(added);
  // Each one goes to the front, so the last comes first.
  const prepend = operations
    .toReversed()
    .flatMap(({ prependASPath }) => prependASPath?.prefix ?? []);
  const priority = operations.findLast(({ setPriority }) => setPriority)?.setPriority?.value;
  return {
    ...(priority === undefined ? {} : { localPref: MAX_PRIORITY - priority }),
    ...(standard.length > 0 ? { addCommunities: standard } : {}),
    ...(large.length > 0 ? { addLargeCommunities: large } : {}),
    ...(prepend.length > 0 ? { prepend } : {}),
  };
}
