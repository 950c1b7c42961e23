/**
 * Writes what the documentation has from the program: man pages, the list of all keys, the schema for editors. Run
 * after a build; `test/docs/generated.test.ts` fails while they are not up to date.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './generated-files.mjs';

const root = new URL('../', import.meta.url);
const { CATALOG } = await import(new URL('dist/cli/catalog.js', root));
const { configJsonSchema } = await import(new URL('dist/config/json-schema.js', root));
const impacts = await import(new URL('dist/config/impact.js', root));

mkdirSync(new URL('docs/man/', root), { recursive: true });
const read = (path) => readFileSync(new URL(path, root), 'utf8');
for (const [path, text] of generatedFiles({
  catalog: CATALOG,
  schema: configJsonSchema(),
  impacts,
  read,
})) {
  writeFileSync(new URL(path, root), text);
  console.log(path);
}
