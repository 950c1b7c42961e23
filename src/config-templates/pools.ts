/** IP pools: which routes inside go to the kernel, how, and which are announced (FIB-5, EXPORT-9). */
import type { IpPool, ProgramClusterRoutes } from '../datastore/snapshot.ts';
import type { Family } from '../net/family.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import { type Cluster, compareText } from './cluster.ts';
import { clusterRoutes } from './cluster-routes.ts';
import type { PoolView } from './view.ts';

/** Pools in order of their CIDR's text; of two with one CIDR the lowest name counts (EXPORT-11). */
export function viewPools(cluster: Cluster): PoolView[] {
  const pools = new Map<string, PoolView>();
  for (const pool of [...cluster.snapshot.ipPools.values()].sort((a, b) =>
    compareText(a.name, b.name),
  )) {
    const prefix = parsePrefix(pool.cidr);
    if (!prefix) {
      cluster.report(`IPPool/${pool.name}`, 'spec.cidr', `"${pool.cidr}" is no CIDR`);
      continue;
    }
    const cidr = formatPrefix(prefix);
    if (!pools.has(cidr)) pools.set(cidr, viewPool(cluster, pool, prefix.family, cidr));
  }
  return [...pools.values()].sort((a, b) => compareText(a.cidr, b.cidr));
}

function viewPool(cluster: Cluster, pool: IpPool, family: Family, cidr: string): PoolView {
  const encapsulation = encapsulationOf(pool, family);
  // Without an own IPv4 address no decision is made for IPv4 pools (FIB-6).
  const isUndecided = family === 'ipv4-unicast' && cluster.ownAddress(family) === undefined;
  const program = isUndecided || isProgrammed(encapsulation, clusterRoutes(cluster).mode);
  const resource = `IPPool/${pool.name}`;
  return { cidr, encapsulation, program, export: !pool.disableBGPExport, resource };
}

/** IPIP is IPv4 only (FAM-3). */
function encapsulationOf(pool: IpPool, family: Family): PoolView['encapsulation'] {
  if (pool.vxlanMode !== 'Never') return 'vxlan';
  if (family === 'ipv6-unicast' || pool.ipipMode === 'Never') return 'none';
  return pool.ipipMode === 'Always' ? 'ipip-always' : 'ipip-cross-subnet';
}

/** The table of FIB-5. */
function isProgrammed(
  encapsulation: PoolView['encapsulation'],
  mode: ProgramClusterRoutes,
): boolean {
  if (encapsulation === 'vxlan' || mode === 'Disabled') return false;
  return (
    mode === 'Enabled' ||
    mode === (encapsulation === 'none' ? 'EnabledNoEncapOnly' : 'EnabledIPIPOnly')
  );
}

/** True when routes of IPIP pools are the BGP side's business (EXPORT-3). */
export function programsIpip(cluster: Cluster): boolean {
  return isProgrammed('ipip-always', clusterRoutes(cluster).mode);
}
