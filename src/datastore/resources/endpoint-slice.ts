/** EndpointSlice: on which nodes a Service has ready endpoints (§6.10). */
import { z } from 'zod';
import type { EndpointSlice } from '../snapshot.ts';
import { flag, list, namespacedMetadata, section, text } from './fields.ts';
import type { ResourceKind } from './resource-kind.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

const endpoints = list(
  section({ nodeName: text(), conditions: section({ ready: flag() }) }),
).transform((entries) =>
  entries.map(({ nodeName, conditions }) => ({
    nodeName: nodeName ?? '',
    ready: conditions.ready ?? true, // unknown counts as ready
  })),
);

const schema = z
  .object({ metadata: namespacedMetadata(), addressType: text(), endpoints })
  .transform(({ metadata, addressType, endpoints }): EndpointSlice | null => {
    const serviceName = metadata.labels[SERVICE_NAME_LABEL];
    if (!serviceName) return null;
    const { namespace, name } = metadata;
    return { namespace, name, serviceName, addressType: addressType ?? '', endpoints };
  });

export const ENDPOINT_SLICE: ResourceKind<'endpointSlices'> = {
  kind: 'EndpointSlice',
  apiVersions: ['discovery.k8s.io/v1'],
  collection: 'endpointSlices',
  isNamespaced: true,
  schema,
};
