import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { z } from 'zod';
import { generatedFiles } from '../../scripts/generated-files.mjs';
import { CATALOG } from '../../src/cli/catalog.ts';
import { checkConfig } from '../../src/config/check.ts';
import * as impacts from '../../src/config/impact.ts';
import { configJsonSchema } from '../../src/config/json-schema.ts';
import { BASE, BASES, OTHER_VALUES } from '../config/other-values.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const SCHEMA = 'docs/catbird.schema.json';
const PAGES = ['docs/man/catbird.8', 'docs/man/catbird.yaml.5'];
const ROUTER = 'router: { asNumber: 64512, routerId: 10.0.0.1, clusterId: 10.0.0.1 }';

const schema = z.fromJSONSchema(JSON.parse(read(SCHEMA)));

t.test('what is made of the program is up to date: npm run docs', async (t) => {
  const files = generatedFiles({ catalog: CATALOG, schema: configJsonSchema(), impacts, read });
  for (const [path, text] of files) t.equal(read(path), text, path);
});

t.test('the man pages are as mandoc and groff want them', async (t) => {
  const paths = PAGES.map((page) => new URL(page, ROOT).pathname);
  const runs: [string, string[]][] = [
    ['/usr/bin/mandoc', ['-Tlint', '-Wwarning', ...paths]],
    ['/usr/bin/groff', ['-man', '-ww', '-z', '-Tutf8', ...paths]],
  ];
  for (const [command, args] of runs) {
    if (!existsSync(command)) continue; // scripts/debian-packages.mjs installs mandoc
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    t.equal(`${stdout}${stderr}`, '', command);
    t.equal(status, 0, command);
  }
});

t.test('the command page has every command, every key page every key', async (t) => {
  const [commands, keys] = PAGES.map(read) as [string, string];
  for (const { name } of CATALOG) t.match(commands, `.SS ${name.replaceAll('-', '\\-')}\n`);
  for (const key of Object.keys(OTHER_VALUES)) t.match(keys, `.B neighbors[].${key}\n`);
});

t.test('editors take every key with a value of its kind', async (t) => {
  for (const [key, value] of Object.entries(OTHER_VALUES)) {
    const base = BASES[key] ?? BASE;
    const document = parse(`${ROUTER}\nneighbors: [{ ${base}, ${key}: ${value} }]`);
    t.ok(schema.safeParse(document).success, key);
  }
});

t.test('editors take every example of the documentation that the daemon takes', async (t) => {
  const pages = [
    'README.md',
    ...['broker', 'configuration', 'operations', 'policy', 'templates'].map(
      (page) => `docs/${page}.md`,
    ),
  ];
  let examples = 0;
  for (const page of pages) {
    for (const [, text] of read(page).matchAll(/^```yaml\n([\s\S]*?)^```/gm)) {
      const found = parseQuietly(text!);
      if (typeof found !== 'object' || found === null || Array.isArray(found)) continue;
      const document = 'router' in found ? found : { ...parse(ROUTER), ...found };
      if (!('config' in checkConfig(document))) continue;
      examples++;
      const { error } = schema.safeParse(document);
      t.equal(error?.message, undefined, page);
    }
  }
  t.ok(examples >= 3, `${examples} examples`);
});

function parseQuietly(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined; // a template, or several documents
  }
}

t.test('editors mark what is wrong', async (t) => {
  const wrong = [
    'neighbors: []',
    `${ROUTER}\nneighbours: []`,
    `${ROUTER}\nneighbors: [{ name: a }]`,
    `${ROUTER}\nneighbors: [{ ${BASE}, holdTime: soon }]`,
    `${ROUTER}\nneighbors: [{ ${BASE}, families: [ipv4] }]`,
    `${ROUTER}\nfib: { enabled: "yes" }`,
    `${ROUTER}\npolicies: { p: [{ action: drop }] }`,
    `${ROUTER}\npolicies: { p: [{ action: accept, match: { not: { prefixes: 7 } } }] }`,
    `${ROUTER}\nbrokerOwners: [{ name: a, prefixes: [] }]`,
  ];
  for (const text of wrong) t.notOk(schema.safeParse(parse(text)).success, text);
});
