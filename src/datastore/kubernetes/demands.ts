/** What a snapshot makes worth knowing of Kubernetes' own kinds (calico-datastore.md §6.10, §6.11). */
import type { BgpConfiguration, Snapshot } from '../snapshot.ts';

export interface Demands {
  /** Services and EndpointSlices: where services are advertised. */
  readonly services: boolean;
  /** Names of Secrets that hold passwords. */
  readonly secrets: ReadonlySet<string>;
}

/** @param advertisedClusterIps `CALICO_ADVERTISE_CLUSTER_IPS` */
export function demandsOf(
  { bgpConfigurations, bgpPeers }: Pick<Snapshot, 'bgpConfigurations' | 'bgpPeers'>,
  advertisedClusterIps: string | undefined,
): Demands {
  const defaults = bgpConfigurations.get('default');
  const references = [defaults?.nodeMeshPassword, ...[...bgpPeers.values()].map((p) => p.password)];
  const names = references.flatMap((reference) => (reference?.name ? [reference.name] : []));
  return {
    services: Boolean(advertisedClusterIps) || advertisesServices(defaults),
    secrets: new Set(names),
  };
}

function advertisesServices(defaults: BgpConfiguration | undefined): boolean {
  const { serviceClusterIPs, serviceExternalIPs, serviceLoadBalancerIPs } = defaults ?? {};
  return [serviceClusterIPs, serviceExternalIPs, serviceLoadBalancerIPs].some(
    (ranges) => ranges !== undefined && ranges.length > 0,
  );
}
