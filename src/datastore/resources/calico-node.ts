/** Calico's own Node, as etcd and folders hold it (§6.5). */
import { z } from 'zod';
import {
  cidr,
  compact,
  hostAddress,
  interfaceAddress,
  list,
  optionalAsNumber,
  requiredText,
  section,
  textMap,
} from './fields.ts';
import { CALICO_API_VERSIONS, type ResourceKind } from './resource-kind.ts';

const bgp = section({
  ipv4Address: interfaceAddress(4),
  ipv6Address: interfaceAddress(16),
  asNumber: optionalAsNumber(),
  routeReflectorClusterID: hostAddress(4),
});

const wireguard = section({
  interfaceIPv4Address: hostAddress(4),
  interfaceIPv6Address: hostAddress(16),
});

const schema = z
  .object({
    metadata: z.object({ name: requiredText(), labels: textMap() }),
    spec: section({ bgp, wireguard }),
    status: section({ podCIDRs: list(cidr()) }),
  })
  .transform(({ metadata, spec, status }) =>
    compact({
      name: metadata.name,
      labels: metadata.labels,
      ...spec.bgp,
      wireguardIpv4Address: spec.wireguard.interfaceIPv4Address,
      wireguardIpv6Address: spec.wireguard.interfaceIPv6Address,
      podCIDRs: status.podCIDRs,
    }),
  );

export const CALICO_NODE: ResourceKind<'calicoNodes'> = {
  kind: 'Node',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'calicoNodes',
  schema,
};
