/**
 * The policies all sessions of a family share, so that they get identical bytes (EXPORT-0 to
 * EXPORT-12). The last rule rejects: what nothing above accepts stays here (EXPORT-10).
 */
import { MAX_PRIORITY } from '../config/values.ts';
import type { Family } from '../net/family.ts';
import { maximumLength } from '../net/family.ts';
import { containsPrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import { aggregates, type Block } from './blocks.ts';
import { type Cluster, familyOf } from './cluster.ts';
import { communityRules } from './communities.ts';
import { exportPolicyName, priorityPolicyName } from './policy-names.ts';
import { programsIpip } from './pools.ts';
import { reflectedRanges, type ServiceRanges } from './service-ranges.ts';
import type { OriginateView, PolicyView, PoolView, RuleView } from './view.ts';

/** What the export rules look at. */
export interface ExportInput {
  readonly blocks: readonly Block[];
  readonly pools: readonly PoolView[];
  readonly originate: readonly OriginateView[];
  readonly ranges: ServiceRanges;
}

/** Local routes without a metric of their own get the normal priority (EXPORT-0, PRIO-1). */
export function priorityPolicy(cluster: Cluster, family: Family): PolicyView {
  const localPref = MAX_PRIORITY - cluster.normalPriority(family);
  const match = { sources: ['static', 'direct'] };
  return {
    name: priorityPolicyName(family),
    rules: [{ name: 'normal priority', match, set: { localPref }, action: 'next' }],
  };
}

export function exportPolicy(cluster: Cluster, family: Family, input: ExportInput): PolicyView {
  const pools = input.pools.filter(({ cidr }) => familyOf(cidr) === family);
  const closed = pools.filter((pool) => !pool.export).map(({ cidr }) => cidr);
  const open = pools.filter((pool) => pool.export).map(({ cidr }) => cidr);
  return {
    name: exportPolicyName(family),
    rules: [
      ...whereInside('pools with disableBGPExport', closed, 'reject'), // EXPORT-2
      ...interfaceRules(cluster), // EXPORT-3, EXPORT-4
      ...communityRules(cluster, family), // EXPORT-5
      ...aggregationRules(cluster, family, input.blocks), // EXPORT-6
      ...whereInside('own service routes', ownServices(input, family), 'accept'), // EXPORT-7
      ...whereInside('service ranges', reflected(cluster, family, input), 'accept'), // EXPORT-8
      ...whereInside('pools', open, 'accept'), // EXPORT-9
      { name: 'other agents', match: { sources: ['broker'] }, action: 'accept' }, // of brokerOwners
      { name: 'nothing else', action: 'reject' }, // EXPORT-10
    ],
  };
}

function whereInside(
  name: string,
  cidrs: readonly string[],
  action: 'accept' | 'reject',
): RuleView[] {
  if (cidrs.length === 0) return [];
  return [{ name, match: { prefixes: cidrs.map((cidr) => `${cidr}+`) }, action }];
}

/** Routes over tunnels that Felix makes are not passed on inside the cluster. */
function interfaceRules(cluster: Cluster): RuleView[] {
  const tunnels = ['*.cali', '*.calico', ...(programsIpip(cluster) ? [] : ['tunl0'])];
  const match = { peerType: 'internal', interfaces: tunnels } as const;
  return [
    { name: 'routes over tunnels', match, action: 'reject' },
    { name: 'eBPF dataplane', match: { interfaces: ['bpf*.cali'] }, action: 'reject' },
  ];
}

/** Neighbours see the block, and single addresses only while they are elevated (AGGR-2, AGGR-3). */
function aggregationRules(cluster: Cluster, family: Family, blocks: readonly Block[]): RuleView[] {
  const whole = aggregates(blocks, family);
  if (whole.length === 0) return [];
  const inside = whole.filter(({ length }) => length < maximumLength(family)).map(longerThan);
  const own: RuleView = {
    name: 'own blocks',
    match: { prefixes: whole.map(formatPrefix) },
    action: 'accept',
  };
  if (inside.length === 0) return [own];
  const localPref = { min: MAX_PRIORITY - cluster.normalPriority(family) + 1 };
  return [
    own,
    { name: 'elevated in own blocks', match: { prefixes: inside, localPref }, action: 'accept' },
    { name: 'inside own blocks', match: { prefixes: inside }, action: 'reject' },
  ];
}

function longerThan(prefix: Prefix): string {
  return `${formatPrefix(prefix)} ge ${prefix.length + 1}`;
}

/** Those inside a range need no mention: the policy stays the same while they come and go. */
function ownServices({ originate }: ExportInput, family: Family): string[] {
  const prefixes = originate
    .filter(({ kind, cidr }) => kind !== 'reachable-by' && familyOf(cidr) === family)
    .map(({ cidr, kind }) => ({ prefix: parsePrefix(cidr)!, kind }));
  const ranges = prefixes.filter(({ kind }) => kind === 'service-range');
  const isCovered = (prefix: Prefix) =>
    ranges.some(
      (range) => range.prefix.length < prefix.length && containsPrefix(range.prefix, prefix),
    );
  return prefixes.flatMap(({ prefix }) => (isCovered(prefix) ? [] : formatPrefix(prefix)));
}

function reflected(cluster: Cluster, family: Family, { ranges }: ExportInput): string[] {
  return cluster.clusterId ? reflectedRanges(ranges, family) : [];
}
