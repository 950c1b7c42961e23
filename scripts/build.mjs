/**
 * Compiles src to dist, copies what the compiler leaves behind (the shipped templates), joins what the
 * command line loads (`bundle.mjs`), and builds the page for browsers (`glass.mjs`).
 *
 * Also npm's `prepare`, hence run by `npm ci` and `npm pack`. Installed without devDependencies there is
 * no compiler; then this says so and succeeds, because a package from the registry brings its dist.
 * The result replaces dist in one step, so that a running daemon's next import never sees half of it.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';
import { buildGlass } from './glass.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const fresh = join(root, `dist.${process.pid}`); // beside dist: source maps stay right after the move
const TEMPLATES = 'config-templates/templates';

function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined; // devDependencies were left out
  }
}

function compile(compiler) {
  const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh];
  return spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
}

function copyTemplates() {
  const from = join(root, 'src', TEMPLATES);
  if (existsSync(from)) cpSync(from, join(fresh, TEMPLATES), { recursive: true });
}

function replaceDist() {
  const stale = join(root, `dist.${process.pid}.old`);
  if (existsSync(dist)) renameSync(dist, stale);
  renameSync(fresh, dist);
  rmSync(stale, { recursive: true, force: true });
}

/** What a build that was killed left behind. */
function removeLeftovers() {
  for (const name of readdirSync(root)) {
    const pid = /^dist\.(\d+)(\.old)?$/.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(root, name), { recursive: true });
  }
}

async function build() {
  const compiler = findCompiler();
  if (!compiler) {
    console.error(
      'build: typescript is not installed (devDependencies left out); dist stays as it is',
    );
    return 0;
  }
  removeLeftovers();
  if (!compile(compiler)) {
    rmSync(fresh, { recursive: true, force: true });
    console.error('build: the compiler found faults, see above; dist stays as it is');
    return 1;
  }
  copyTemplates();
  await bundle(root, fresh);
  await buildGlass(root, fresh);
  replaceDist();
  return 0;
}

process.exitCode = await build();
