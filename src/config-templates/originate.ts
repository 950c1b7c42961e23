/** Routes this node brings besides its blocks: gateways to peers, services (LEARN-7, SVC-2, SVC-5). */
import { formatAddress, formatPrefix, parseAddress } from '../net/text.ts';
import { type Cluster, familyOf } from './cluster.ts';
import type { ExpandedPeer } from './expanded-peer.ts';
import { type ServiceRanges, wholeRanges } from './service-ranges.ts';
import { hostRoute, serviceRoutes } from './services.ts';
import type { OriginateView } from './view.ts';

/** Each CIDR once; a range before the single service that is the same, gateways first. */
export function viewOriginate(
  cluster: Cluster,
  peers: readonly ExpandedPeer[],
  ranges: ServiceRanges,
): OriginateView[] {
  const routes = new Map<string, OriginateView>();
  const add = (route: OriginateView) => {
    if (!routes.has(route.cidr)) routes.set(route.cidr, route);
  };
  for (const peer of peers) {
    const via = gatewayOf(peer);
    const cidr = via && hostRoute(peer.address);
    const resource = `BGPPeer/${peer.peer.name}`;
    if (via && cidr) add({ cidr, kind: 'reachable-by', via, resource });
  }
  const whole = ranges.isExcluded ? [] : wholeRanges(ranges);
  for (const cidr of whole) {
    add({ cidr, kind: 'service-range', via: null, resource: rangeSource(cluster, ranges, cidr) });
  }
  for (const [cidr, resource] of serviceRoutes(cluster, ranges)) {
    add({ cidr, kind: 'service', via: null, resource });
  }
  return [...routes.values()];
}

/** Where the cluster's range may be edited: the environment overrides the datastore (SVC-1). */
function rangeSource({ options }: Cluster, { clusterIps }: ServiceRanges, cidr: string): string {
  const isClusterIp = clusterIps.some((prefix) => formatPrefix(prefix) === cidr);
  if (isClusterIp && options.clusterIpRange) return 'environment/CALICO_ADVERTISE_CLUSTER_IPS';
  return 'BGPConfiguration/default';
}

/** A gateway serves the peers of its own family; a workload is on this node. */
function gatewayOf({ by, peer, family }: ExpandedPeer): string | undefined {
  const address =
    peer.reachableBy && by !== 'workload' ? parseAddress(peer.reachableBy) : undefined;
  if (!address) return undefined;
  const text = formatAddress(address);
  return familyOf(text) === family ? text : undefined;
}
