/**
 * Which of Calico's rules no test cites: node scripts/rule-coverage.mjs
 *
 * Reads test/fixtures/rules/calico-rules.txt (behind a hash: what is no rule, and why) and every test below test; a rule counts as tested when its
 * id stands in a test, alone (`MESH-3`) or in a range (`EXPORT-2 to EXPORT-10`, `LEARN-5..7`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LIST = join(root, 'test/fixtures/rules/calico-rules.txt');

/** Ids a text cites. */
export function citedIn(text) {
  const cited = new Set();
  const pattern = /\b([A-Z]+)-(\d{1,3})(?:\s*(?:to|\.\.)\s*(?:\1-)?(\d{1,3}))?\b/g;
  for (const [, group, first, last] of text.matchAll(pattern)) {
    for (let i = Number(first); i <= Number(last ?? first); i++) cited.add(`${group}-${i}`);
  }
  return cited;
}

/** Rules that no test cites, in the order of the list. */
export function uncitedRules() {
  const names = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' });
  const texts = names
    .filter((name) => name.endsWith('.test.ts') || name.endsWith('expected.yaml'))
    .map((name) => readFileSync(join(root, 'test', name), 'utf8'));
  const cited = new Set(texts.flatMap((text) => [...citedIn(text)]));
  const rules = readFileSync(LIST, 'utf8').match(/^[A-Z]+-\d+$/gm);
  return rules.filter((rule) => !cited.has(rule));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = uncitedRules();
  for (const rule of missing) console.log(rule);
  process.exitCode = missing.length === 0 ? 0 : 1;
}
