/** `npm run fuzz`: starts test/fuzz/main.ts with the TypeScript loader the tests use. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installModules } from './node-modules.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
installModules(root);
process.env.TS_NODE_TRANSPILE_ONLY = '1'; // types are npm run check's business
const { status } = spawnSync(
  process.execPath,
  ['--import=@tapjs/typescript/import', join('test', 'fuzz', 'main.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
