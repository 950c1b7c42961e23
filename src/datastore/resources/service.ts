/** Service: whose addresses may be advertised (§6.10). */
import { z } from 'zod';
import { anyAddress, list, namespacedMetadata, section, text } from './fields.ts';
import type { ResourceKind } from './resource-kind.ts';

const orEmpty = () => text().transform((value) => value ?? '');

const spec = section({
  type: text(),
  clusterIP: orEmpty(), // `None` for headless services, hence text
  clusterIPs: list(text()),
  ipFamilies: list(text()),
  externalIPs: list(anyAddress()),
  loadBalancerIP: anyAddress(),
  externalTrafficPolicy: orEmpty(),
});

const ingress = list(section({ ip: anyAddress() })); // entries may name a host instead

const schema = z
  .object({
    metadata: namespacedMetadata(),
    spec,
    status: section({ loadBalancer: section({ ingress }) }),
  })
  .transform(({ metadata: { namespace, name }, spec, status }) => ({
    namespace,
    name,
    ...spec,
    type: spec.type ?? 'ClusterIP',
    loadBalancerIP: spec.loadBalancerIP ?? '',
    ingressIPs: status.loadBalancer.ingress.flatMap((entry) => entry.ip ?? []),
  }));

export const SERVICE: ResourceKind<'services'> = {
  kind: 'Service',
  apiVersions: ['v1'],
  collection: 'services',
  isNamespaced: true,
  schema,
};
