/** What of the documentation is made of the program: path → text. */
import { keyDocs } from './key-docs.mjs';
import { commandPage, configurationPage } from './man-pages.mjs';
import { referencePage, schemaFile, schemaKeys } from './reference.mjs';

/**
 * @param catalog the command table
 * @param schema of `configJsonSchema`
 * @param impacts the module of the impact tables
 * @param read gets the text of a file of the project
 */
export function* generatedFiles({ catalog, schema, impacts, read }) {
  const docs = new Map(
    ['docs/configuration.md', 'docs/policy.md'].flatMap((path) => [...keyDocs(read(path))]),
  );
  const keys = schemaKeys(schema, docs, new Map(changesOf(impacts)));
  yield ['docs/man/catbird.8', commandPage(catalog)];
  yield ['docs/man/catbird.yaml.5', configurationPage(keys)];
  yield ['docs/configuration-keys.md', referencePage(keys)];
  yield ['docs/catbird.schema.json', schemaFile(schema, docs)];
}

function* changesOf({
  ROUTER_IMPACT,
  FIB_IMPACT,
  SESSION_IMPACT,
  IDENTITY_IMPACT,
  SECTION_IMPACT,
}) {
  for (const [key, impact] of Object.entries(ROUTER_IMPACT)) yield [`router.${key}`, impact];
  for (const [key, impact] of Object.entries(FIB_IMPACT)) yield [`fib.${key}`, impact];
  for (const place of ['neighbors[]', 'neighborRanges[]']) {
    for (const [key, impact] of Object.entries({ ...IDENTITY_IMPACT, ...SESSION_IMPACT })) {
      yield [`${place}.${key}`, impact];
    }
  }
  yield* Object.entries(SECTION_IMPACT);
}
