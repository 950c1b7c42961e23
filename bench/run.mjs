/**
 * `npm run bench`: installs and builds what is missing, then runs bench/main.ts with the TypeScript
 * loader the tests use. `run.mjs micro` (`npm run bench:micro`) runs bench/micro/main.ts, which needs neither
 * root nor peers; `run.mjs datastore` (`npm run bench:datastore`) runs bench/datastore/main.ts,
 * `run.mjs pages` (`npm run bench:pages`) bench/pages/main.ts.
 */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asRoot } from '../scripts/as-root.mjs';
import { installPeers } from '../scripts/debian-packages.mjs';
import { installModules } from '../scripts/node-modules.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A loopback of its own, where all ports are free. */
const OWN_NETWORK = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];

function run(command, ...args) {
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status;
}

function main(args) {
  const isBuilt = installModules(root);
  if (args[0] === 'micro') return program([], join('micro', 'main.ts'), args.slice(1));
  installPeers();
  if (!isBuilt && run(process.execPath, join(root, 'scripts', 'build.mjs')) !== 0) return 1;
  const prefix = asRoot();
  if (!prefix) {
    console.log('the bench needs network namespaces: run it as root, as in: sudo npm run bench');
    return 1;
  }
  if (['datastore', 'pages'].includes(args[0])) {
    return program([...prefix, ...OWN_NETWORK], join(args[0], 'main.ts'), args.slice(1));
  }
  return program(prefix, 'main.ts', args);
}

/** Runs a file of this folder, behind the words of `prefix`. */
function program(prefix, file, args) {
  process.env.TS_NODE_TRANSPILE_ONLY = '1'; // types are npm run check's business
  const loader = '--import=@tapjs/typescript/import';
  const words = [...prefix, process.execPath, '--expose-gc', loader, join(root, 'bench', file)];
  return run(words[0], ...words.slice(1), ...args) ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  console.error(`npm run bench: ${error.message}`);
  process.exitCode = 1;
}
