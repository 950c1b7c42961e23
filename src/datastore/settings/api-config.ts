/** Reads a file of kind CalicoAPIConfig: the connection to the datastore, as libcalico takes it (§1.2). */
import { z } from 'zod';
import { CatbirdError } from '../../net/error.ts';
import { faultAt, type SourceDocument } from '../source.ts';
import { readDocument } from '../yaml-documents.ts';
import { VARIABLES, type Variable } from './variables.ts';

const fileVariables = VARIABLES.flatMap((variable) =>
  variable.fileKey === undefined ? [] : [[variable.fileKey, variable] as const],
);

const schema = z.strictObject({
  apiVersion: z.literal('projectcalico.org/v3', { error: 'must be projectcalico.org/v3' }),
  kind: z.literal('CalicoAPIConfig', { error: 'must be CalicoAPIConfig' }),
  metadata: z.looseObject({}).nullish(),
  spec: z
    .strictObject(Object.fromEntries(fileVariables.map(([key, { type }]) => [key, fieldOf(type)])))
    .nullish(),
});

function fieldOf(type: Variable['type']) {
  if (type === 'boolean') return z.boolean({ error: 'must be true or false' }).nullish();
  if (type === 'number') return z.number({ error: 'must be a number' }).nullish();
  return z.string({ error: 'must be text' }).nullish();
}

/**
 * Its settings by name of the variable that says the same.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_SETTINGS naming every fault with its place; never a value
 */
export function readApiConfig(text: string, file: string): Record<string, string | undefined> {
  const document = readDocument(text);
  if (!document) throw refusal(file, ['it is empty']);
  if (!('locate' in document)) throw refusal(file, document.map(describe));
  const result = schema.safeParse(document.value);
  if (!result.success) throw refusal(file, reasonsOf(result.error, document));
  const spec = result.data.spec ?? {};
  return Object.fromEntries(
    fileVariables.map(([key, { name }]) => [name, String(spec[key] ?? '') || undefined]),
  );
}

function reasonsOf(error: z.ZodError, document: SourceDocument): string[] {
  return error.issues.map((issue) => {
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path;
    const reason = issue.code === 'unrecognized_keys' ? 'is no known key' : issue.message;
    return describe(faultAt(document.locate(path), { path, reason }));
  });
}

function describe(fault: ReturnType<typeof faultAt>): string {
  const place = fault.line === undefined ? undefined : `line ${fault.line}`;
  return [place, fault.path, fault.reason].filter(Boolean).join(': ');
}

function refusal(file: string, reasons: readonly string[]): CatbirdError {
  return new CatbirdError(
    'CATBIRD_DATASTORE_SETTINGS',
    `${file} is no usable CalicoAPIConfig: ${reasons.join('; ')}`,
  );
}
