/** Ranges of service addresses: originated as a whole, and kept out of the kernel (SVC-2, FIB-1). */
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import { isSingle } from './blocks.ts';
import type { Cluster } from './cluster.ts';

const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

export interface ServiceRanges {
  readonly clusterIps: readonly Prefix[];
  readonly externalIps: readonly Prefix[];
  readonly loadBalancerIps: readonly Prefix[];
  /** Load-balancer addresses are covered by their ranges, unless aggregation is off (SVC-6). */
  readonly aggregates: boolean;
  /** This node announces no services (SVC-3). */
  readonly isExcluded: boolean;
}

/** What BGPConfiguration and environment say about services (SVC-1, SVC-3). */
export function serviceRanges(cluster: Cluster): ServiceRanges {
  const { defaults, options, own } = cluster;
  const { clusterIpRange } = options;
  return {
    clusterIps: clusterIpRange
      ? readRange(cluster, clusterIpRange)
      : readRanges(cluster, 'serviceClusterIPs', defaults.serviceClusterIPs ?? []),
    externalIps: readRanges(cluster, 'serviceExternalIPs', defaults.serviceExternalIPs ?? []),
    loadBalancerIps: readRanges(
      cluster,
      'serviceLoadBalancerIPs',
      defaults.serviceLoadBalancerIPs ?? [],
    ),
    aggregates: defaults.serviceLoadBalancerAggregation !== 'Disabled',
    isExcluded: own.labels[EXCLUDE_LABEL] === 'true',
  };
}

/** The range the environment gives. */
function readRange(cluster: Cluster, text: string): Prefix[] {
  const prefix = parsePrefix(text);
  if (prefix) return [prefix];
  cluster.report('environment', 'CALICO_ADVERTISE_CLUSTER_IPS', `"${text}" is no CIDR`);
  return [];
}

/** Entries that do not parse are skipped one by one (SVC-15). */
function readRanges(cluster: Cluster, field: string, texts: readonly string[]): Prefix[] {
  return texts.flatMap((text, i) => {
    const prefix = parsePrefix(text);
    if (prefix) return [prefix];
    cluster.report('BGPConfiguration/default', `spec.${field}[${i}]`, `"${text}" is no CIDR`);
    return [];
  });
}

/** Ranges announced as a whole; the same set must not enter the kernel (SVC-2). */
export function wholeRanges(ranges: ServiceRanges): string[] {
  const external = ranges.externalIps.filter((prefix) => !isSingle(prefix));
  const balanced = ranges.loadBalancerIps.filter((prefix) => !isSingle(prefix));
  const all = [...ranges.clusterIps, ...external, ...(ranges.aggregates ? balanced : [])];
  return [...new Set(all.map(formatPrefix))];
}

/** Ranges a reflector passes on whoever originates them (EXPORT-8). */
export function reflectedRanges(ranges: ServiceRanges, family: Family): string[] {
  return [...ranges.loadBalancerIps, ...ranges.externalIps]
    .filter((prefix) => prefix.family === family)
    .map(formatPrefix);
}
