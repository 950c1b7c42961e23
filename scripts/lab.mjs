/**
 * `npm run lab`: installs and builds what is missing, then plays the scenes of lab/main.ts with the
 * TypeScript loader the tests use.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asRoot } from './as-root.mjs';
import { installPeers } from './debian-packages.mjs';
import { installModules } from './node-modules.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function run(command, ...args) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }).status;
}

function main(args) {
  const isBuilt = installModules(root);
  installPeers();
  if (!isBuilt && run(process.execPath, join('scripts', 'build.mjs')) !== 0) return 1;
  const prefix = asRoot();
  if (!prefix) {
    console.log('the lab needs network namespaces: run it as root, for example: sudo npm run lab');
    return 1;
  }
  const loader = '--import=@tapjs/typescript/import';
  process.env.TS_NODE_TRANSPILE_ONLY = '1'; // types are npm run check's business
  const words = [...prefix, process.execPath, loader, join('lab', 'main.ts'), ...args];
  return run(words[0], ...words.slice(1)) ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`npm run lab: ${error.message}`);
  process.exitCode = 1;
}
