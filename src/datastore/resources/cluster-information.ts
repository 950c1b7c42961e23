/** ClusterInformation: which version of Calico runs the cluster, on which defaults may depend. */
import { z } from 'zod';
import { clusterMetadata, compact, section, text } from './fields.ts';
import { CALICO_API_VERSIONS, type ResourceKind } from './resource-kind.ts';

const schema = z
  .object({ metadata: clusterMetadata(), spec: section({ calicoVersion: text() }) })
  .transform(({ metadata, spec }) => compact({ name: metadata.name, ...spec }));

export const CLUSTER_INFORMATION: ResourceKind<'clusterInformations'> = {
  kind: 'ClusterInformation',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'clusterInformations',
  schema,
};
