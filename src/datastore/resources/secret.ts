/** Secret: passwords of sessions (§6.11). No fault here quotes a value: it would reach the log. */
import { z } from 'zod';
import { namespacedMetadata, SKIPPABLE } from './fields.ts';
import type { ResourceKind } from './resource-kind.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const encoded = z
  .string()
  .nullish()
  .transform((value, context): Uint8Array | undefined => {
    const base64 = value?.replace(/[\r\n]/g, ''); // YAML folds long values
    if (base64 === undefined) return undefined;
    if (BASE64.test(base64)) return new Uint8Array(Buffer.from(base64, 'base64'));
    const message = 'this value is not base64; plain text belongs under stringData';
    context.issues.push({ code: 'custom', input: undefined, message, params: SKIPPABLE });
    return undefined;
  });

const plain = z
  .string()
  .nullish()
  .transform((value) => (value == null ? undefined : new TextEncoder().encode(value)));

/** `stringData` is the write-only form manifests use; it wins over `data`, as in Kubernetes. */
const schema = z
  .object({
    metadata: namespacedMetadata(),
    data: z.record(z.string(), encoded).nullish(),
    stringData: z.record(z.string(), plain).nullish(),
  })
  .transform(({ metadata: { namespace, name }, data, stringData }) => {
    const entries = Object.entries({ ...data, ...stringData });
    const octets = entries.flatMap(([key, value]) => (value ? [[key, value] as const] : []));
    return { namespace, name, data: new Map(octets) };
  });

export const SECRET: ResourceKind<'secrets'> = {
  kind: 'Secret',
  apiVersions: ['v1'],
  collection: 'secrets',
  isNamespaced: true,
  schema,
};
