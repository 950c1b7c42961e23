/**
 * One rule of a BGPFilter as a policy rule (FILT-4 to FILT-11).
 *
 * A rule that cannot be understood fails closed: it rejects what its other fields select, and is
 * reported (FILT-14).
 */
import { formatPrefixRange } from '../config/prefix-range.ts';
import type { FilterOperation, FilterRule } from '../datastore/snapshot.ts';
import { type Family, maximumLength } from '../net/family.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import { splitCommunities } from './communities.ts';
import { MAX_PRIORITY } from './priority.ts';
import type { MatchView, RuleView, SetView } from './view.ts';

type ReportField = (field: string, reason: string) => void;

/** @returns undefined for a rule that can never match */
export function translateFilterRule(
  rule: FilterRule,
  name: string,
  family: Family,
  report: ReportField,
): RuleView | undefined {
  let isSpoilt = false;
  const reportSpoilt: ReportField = (field, reason) => {
    isSpoilt = true;
    report(field, `${reason}; the rule rejects what the rest of it selects`);
  };
  const prefixes = prefixMatch(rule, family, reportSpoilt);
  const rest = otherMatch(rule, reportSpoilt);
  const action = actionOf(rule, reportSpoilt);
  const set = operationsOf(rule.operations ?? [], reportSpoilt);
  if (!prefixes) return undefined;
  const match = { ...prefixes, ...rest };
  const hasMatch = Object.keys(match).length > 0 ? { match } : {};
  if (isSpoilt || action === 'reject') return { name, ...hasMatch, action: 'reject' };
  return { name, ...hasMatch, ...(Object.keys(set).length > 0 ? { set } : {}), action };
}

function actionOf({ action }: FilterRule, report: ReportField): 'accept' | 'reject' {
  if (action === 'Accept') return 'accept';
  if (action !== 'Reject') report('action', `"${action}" is no action`);
  return 'reject';
}

/** The `cidr` part (FILT-5, AMB-7); undefined when nothing can match. */
function prefixMatch(rule: FilterRule, family: Family, report: ReportField): MatchView | undefined {
  const { cidr, matchOperator, prefixLength } = rule;
  if (!cidr) return {};
  const prefix = parsePrefix(cidr);
  if (prefix?.family !== family) {
    report('cidr', `"${cidr}" is no CIDR of this family`);
    return {};
  }
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
      report('matchOperator', `"${matchOperator ?? ''}" is no operator`);
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

function otherMatch(rule: FilterRule, report: ReportField): MatchView {
  const { asPathPrefix, priority } = rule;
  const localPref = priority && MAX_PRIORITY - priority; // FILT-7
  return {
    ...sourceMatch(rule, report),
    ...(rule.interface ? { interfaces: [rule.interface] } : {}),
    ...peerTypeMatch(rule, report),
    ...communityMatch(rule, report),
    ...(asPathPrefix?.length ? { asPathPrefix } : {}),
    ...(localPref ? { localPref: { min: localPref, max: localPref } } : {}),
  };
}

function sourceMatch({ source }: FilterRule, report: ReportField): MatchView {
  if (!source) return {};
  if (source === 'RemotePeers') return { sources: ['ibgp', 'ebgp'] }; // FILT-6
  report('source', `"${source}" is no source`);
  return {};
}

function peerTypeMatch({ peerType }: FilterRule, report: ReportField): MatchView {
  if (!peerType) return {};
  if (peerType === 'iBGP') return { peerType: 'internal' };
  if (peerType === 'eBGP') return { peerType: 'external' };
  report('peerType', `"${peerType}" is no peer type`);
  return {};
}

function communityMatch({ communities }: FilterRule, report: ReportField): MatchView {
  const { standard, large, wrong } = splitCommunities(communities?.values ?? []);
  for (const value of wrong) report('communities', `"${value}" is no community`);
  return {
    ...(standard.length > 0 ? { communities: standard } : {}),
    ...(large.length > 0 ? { largeCommunities: large } : {}),
  };
}

/** What the operations come to when they are carried out in order (FILT-11). */
function operationsOf(operations: readonly FilterOperation[], report: ReportField): SetView {
  const added = operations.flatMap(({ addCommunity }) => addCommunity?.value ?? []);
  const { standard, large, wrong } = splitCommunities(added);
  for (const value of wrong) report('operations', `"${value}" is no community`);
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
