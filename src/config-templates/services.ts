/** Host routes of single services that this node announces (SVC-4 to SVC-10). */
import type { EndpointSlice, Service } from '../datastore/snapshot.ts';
import { containsAddress, type Prefix } from '../net/prefix.ts';
import { formatAddress, parseAddress } from '../net/text.ts';
import { isSingle } from './blocks.ts';
import type { Cluster } from './cluster.ts';
import type { ServiceRanges } from './service-ranges.ts';

const ADVERTISED_TYPES: readonly string[] = ['ClusterIP', 'NodePort', 'LoadBalancer'];

/** /32 and /128 of every advertised service, each once (SVC-7), with the service it comes from. */
export function serviceRoutes(
  cluster: Cluster,
  ranges: ServiceRanges,
): ReadonlyMap<string, string> {
  const routes = new Map<string, string>();
  if (ranges.isExcluded) return routes;
  const slices = slicesByService(cluster);
  for (const service of cluster.snapshot.services.values()) {
    const name = `${service.namespace}/${service.name}`;
    if (!isAdvertised(cluster, service, slices.get(name) ?? [], ranges)) continue;
    for (const route of routesOf(service, ranges)) {
      if (!routes.has(route)) routes.set(route, `Service/${name}`);
    }
  }
  return routes;
}

function slicesByService(cluster: Cluster): Map<string, EndpointSlice[]> {
  const slices = new Map<string, EndpointSlice[]>();
  for (const slice of cluster.snapshot.endpointSlices.values()) {
    const key = `${slice.namespace}/${slice.serviceName}`;
    const known = slices.get(key);
    if (known) known.push(slice);
    else slices.set(key, [slice]);
  }
  return slices;
}

/** The decision of SVC-4, step by step. */
function isAdvertised(
  cluster: Cluster,
  service: Service,
  slices: readonly EndpointSlice[],
  ranges: ServiceRanges,
): boolean {
  const { type, clusterIP, externalTrafficPolicy } = service;
  if (!ADVERTISED_TYPES.includes(type)) return false;
  if (clusterIP === '' || clusterIP === 'None') return false;
  if (externalTrafficPolicy === 'Cluster' && isInSingleRange(service, ranges)) return true;
  const isLocal = externalTrafficPolicy === 'Local';
  if (!isLocal && ranges.aggregates) return false;
  const node = isLocal ? (cluster.options.kubernetesNode ?? cluster.own.name) : undefined;
  return hasReadyEndpoint(service, slices, node);
}

/** An address of its own in the configuration makes a service announced by every node. */
function isInSingleRange(service: Service, ranges: ServiceRanges): boolean {
  const { type, loadBalancerIP, ingressIPs, externalIPs } = service;
  const balanced = type === 'LoadBalancer' ? [loadBalancerIP, ...ingressIPs] : [];
  return (
    balanced.some((ip) => isIn(ip, ranges.loadBalancerIps.filter(isSingle))) ||
    externalIPs.some((ip) => isIn(ip, ranges.externalIps.filter(isSingle)))
  );
}

/** @param node undefined: anywhere will do */
function hasReadyEndpoint(
  { ipFamilies }: Service,
  slices: readonly EndpointSlice[],
  node: string | undefined,
): boolean {
  return slices
    .filter(({ addressType }) => ipFamilies.includes(addressType))
    .flatMap(({ endpoints }) => endpoints)
    .some(({ ready, nodeName }) => ready && (node === undefined || nodeName === node));
}

/** Cluster IPs whenever some cluster range is configured, others only inside theirs (SVC-5). */
function routesOf(service: Service, ranges: ServiceRanges): string[] {
  const { clusterIP, clusterIPs, externalIPs, ingressIPs } = service;
  const own = ranges.clusterIps.length > 0 ? [clusterIP, ...clusterIPs] : [];
  const external = externalIPs.filter((ip) => isIn(ip, ranges.externalIps));
  const balanced = ingressIPs.filter((ip) => isIn(ip, ranges.loadBalancerIps));
  return [...own, ...external, ...balanced].flatMap((ip) => hostRoute(ip) ?? []);
}

function isIn(ip: string, ranges: readonly Prefix[]): boolean {
  const address = parseAddress(ip);
  return address !== undefined && ranges.some((range) => containsAddress(range, address));
}

/** The route to one address; undefined when the text is none. */
export function hostRoute(ip: string): string | undefined {
  const address = parseAddress(ip);
  return address && `${formatAddress(address)}/${address.length * 8}`;
}
