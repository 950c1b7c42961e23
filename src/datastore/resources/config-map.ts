/** ConfigMap: one of them may hold users' templates. */
import { z } from 'zod';
import { namespacedMetadata, textMap } from './fields.ts';
import type { ResourceKind } from './resource-kind.ts';

const schema = z
  .object({ metadata: namespacedMetadata(), data: textMap() })
  .transform(({ metadata: { namespace, name }, data }) => ({ namespace, name, data }));

export const CONFIG_MAP: ResourceKind<'configMaps'> = {
  kind: 'ConfigMap',
  apiVersions: ['v1'],
  collection: 'configMaps',
  isNamespaced: true,
  schema,
};
