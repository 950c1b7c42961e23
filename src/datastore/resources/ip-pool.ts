/** IPPool: the ranges pods take addresses from, and how they are reached (§6.4). */
import { z } from 'zod';
import { choice, clusterMetadata, flag, requiredCidr } from './fields.ts';
import { CALICO_API_VERSIONS, type ResourceKind } from './resource-kind.ts';

const encapsulation = () => choice(['Never', 'Always', 'CrossSubnet'], 'Never is used');

const schema = z
  .object({
    metadata: clusterMetadata(),
    spec: z.object({
      cidr: requiredCidr(),
      ipipMode: encapsulation(),
      vxlanMode: encapsulation(),
      disableBGPExport: flag(),
    }),
  })
  .transform(({ metadata, spec }) => ({
    name: metadata.name,
    cidr: spec.cidr,
    ipipMode: spec.ipipMode ?? ('Never' as const),
    vxlanMode: spec.vxlanMode ?? ('Never' as const),
    disableBGPExport: spec.disableBGPExport ?? false,
  }));

export const IP_POOL: ResourceKind<'ipPools'> = {
  kind: 'IPPool',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'ipPools',
  schema,
};
