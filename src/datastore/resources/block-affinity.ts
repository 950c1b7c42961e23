/** BlockAffinity: which node an address block belongs to (§6.7). */
import { z } from 'zod';
import { clusterMetadata, requiredCidr, text } from './fields.ts';
import { CALICO_API_VERSIONS, type ResourceKind } from './resource-kind.ts';

const schema = z
  .object({
    metadata: clusterMetadata(),
    spec: z.object({
      node: text(),
      cidr: requiredCidr(),
      state: text(),
      type: text(),
      // Text in the legacy layout (§3.1).
      deleted: z.union([z.boolean(), z.string()], { error: 'expected true or false' }).nullish(),
    }),
  })
  .transform(({ metadata, spec }) => ({
    name: metadata.name,
    node: spec.node ?? '',
    cidr: spec.cidr,
    state: spec.state ?? '',
    type: spec.type ?? '',
    deleted: spec.deleted === true || spec.deleted === 'true',
  }));

export const BLOCK_AFFINITY: ResourceKind<'blockAffinities'> = {
  kind: 'BlockAffinity',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'blockAffinities',
  schema,
};
