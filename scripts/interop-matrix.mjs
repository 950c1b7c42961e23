/**
 * Plays the interop matrix (as root) and writes its table into docs/interop.md, between the markers.
 *
 *   node scripts/interop-matrix.mjs
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const DOCUMENT = join(root, 'docs', 'interop.md');
const MARKER = '# matrix: ';

const words = ['--reporter=tap', '--timeout=600', 'test/interop/matrix/matrix.test.ts'];
const { stdout, status } = spawnSync(join(root, 'node_modules', '.bin', 'tap'), words, {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
const lines = stdout.split('\n').map((line) => line.trim());
const told = lines.filter((line) => line.startsWith(MARKER.trim()));
const table = told.map((line) => line.slice(MARKER.length)).join('\n');
const [before, , after] = readFileSync(DOCUMENT, 'utf8').split(/<!-- matrix[^>]*-->\n/);
const text = `${before}<!-- matrix begins -->\n\n${table}\n\n<!-- matrix ends -->\n${after}`;
if (table !== '') writeFileSync(DOCUMENT, text);
console.log(table === '' ? stdout : table);
process.exitCode = status ?? 1;
