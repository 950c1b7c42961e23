/** What the kernel must and must not get (FIB). */

import type { CalicoNode } from '../datastore/snapshot.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { addressOf, type Cluster, subnetOf } from './cluster.ts';
import { type ServiceRanges, wholeRanges } from './service-ranges.ts';
import type { FibView } from './view.ts';

export function viewFib(cluster: Cluster, ranges: ServiceRanges): FibView {
  return {
    metric: 'local-pref', // PRIO-4
    rejectPrefixes: wholeRanges(ranges), // FIB-1; stays in force on excluded nodes (SVC-3)
    localSubnets: FAMILIES.flatMap((family) => subnetOf(cluster.own, family) ?? []),
    ignoredInterfaces: ignoredInterfaces(cluster),
    rejectNextHops: FAMILIES.flatMap((family) => wireguardNextHops(cluster, family)),
  };
}

/** Nodes that WireGuard reaches are routed to by Felix (FIB-4). */
function wireguardNextHops(cluster: Cluster, family: Family): string[] {
  if (!hasWireguard(cluster, cluster.own, family)) return [];
  return cluster.nodes
    .filter((node) => node.name !== cluster.own.name && hasWireguard(cluster, node, family))
    .flatMap((node) => addressOf(node, family) ?? []);
}

/** True when the node has a WireGuard address: a written one, or that of its host-local pod CIDR (§6.6). */
function hasWireguard({ options }: Cluster, node: CalicoNode, family: Family): boolean {
  if (family === 'ipv6-unicast') return node.wireguardIpv6Address !== undefined;
  if (node.wireguardIpv4Address !== undefined) return true;
  const hasPodCidr = node.podCIDRs.some((cidr) => !cidr.includes(':'));
  return options.usePodCidr === true && hasPodCidr && node.hasWireguardKey === true;
}

/** The node's own list before the cluster's; interfaces of pods and of IPVS never count (LEARN-5). */
function ignoredInterfaces({ perNode, defaults }: Cluster): string[] {
  const own = perNode.ignoredInterfaces ?? defaults.ignoredInterfaces ?? [];
  return [...own, 'cali*', 'kube-ipvs*'];
}
