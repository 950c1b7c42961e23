/** Kubernetes' Node: Calico keeps its part in annotations, each absent when malformed (§6.6). */
import { z } from 'zod';
import type { CalicoNode } from '../snapshot.ts';
import {
  annotatedAsNumber,
  cidr,
  compact,
  hostAddress,
  interfaceAddress,
  list,
  parsed,
  requiredText,
  section,
  text,
  textMap,
  textsOf,
} from './fields.ts';
import type { ResourceKind } from './resource-kind.ts';

const annotations = textsOf(
  z.object({
    'projectcalico.org/labels': parsed(parseLabels, 'a JSON object of texts'),
    'projectcalico.org/IPv4Address': interfaceAddress(4),
    'projectcalico.org/IPv6Address': interfaceAddress(16),
    'projectcalico.org/ASNumber': annotatedAsNumber(),
    'projectcalico.org/RouteReflectorClusterID': hostAddress(4),
    'projectcalico.org/IPv4WireguardInterfaceAddr': hostAddress(4),
    'projectcalico.org/IPv6WireguardInterfaceAddr': hostAddress(16),
    'projectcalico.org/WireguardPublicKey': text(),
  }),
);

const schema = z
  .object({
    metadata: z.object({ name: requiredText(), labels: textMap(), annotations }),
    spec: section({ podCIDRs: list(cidr()) }),
  })
  .transform(
    ({ metadata: { name, labels, annotations: noted }, spec }): CalicoNode =>
      compact({
        name,
        labels: { ...noted['projectcalico.org/labels'], ...labels },
        ipv4Address: noted['projectcalico.org/IPv4Address'],
        ipv6Address: noted['projectcalico.org/IPv6Address'],
        asNumber: noted['projectcalico.org/ASNumber'],
        routeReflectorClusterID: noted['projectcalico.org/RouteReflectorClusterID'],
        wireguardIpv4Address: noted['projectcalico.org/IPv4WireguardInterfaceAddr'],
        wireguardIpv6Address: noted['projectcalico.org/IPv6WireguardInterfaceAddr'],
        hasWireguardKey: noted['projectcalico.org/WireguardPublicKey']
          ? (true as const)
          : undefined,
        podCIDRs: spec.podCIDRs,
      }),
  );

function parseLabels(json: string): Readonly<Record<string, string>> | undefined {
  try {
    return z.record(z.string(), z.string()).safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // not JSON: the caller reports the annotation
  }
}

export const KUBERNETES_NODE: ResourceKind<'kubernetesNodes'> = {
  kind: 'Node',
  apiVersions: ['v1'],
  collection: 'kubernetesNodes',
  schema,
};
