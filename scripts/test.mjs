/**
 * `npm test`: everything from a bare checkout to the verdict, with nothing but Node.js at hand.
 *
 *   npm test                       all tests: unit on two cores, then interop one file at a time
 *   npm test -- test/rib           the tests below a folder, or of one file
 *   npm test -- --only test/rib    words that begin with a dash go to tap
 *
 * The last line is `N passed, N failed, N skipped`; the exit code is 0 only when none failed and, with
 * CI=true, no interop test was skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { asRoot } from './as-root.mjs';
import { installPeers } from './debian-packages.mjs';
import { installModules } from './node-modules.mjs';
import { TapSummary } from './tap-summary.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const INTEROP = join('test', 'interop');

function testFiles(path) {
  const absolute = join(root, path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) throw new Error(`there is no ${path} here`);
  if (stat.isFile()) return [path];
  return readdirSync(absolute, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
    .sort();
}

/** What to run, by the words on the command line. */
function select(args) {
  const options = args.filter((arg) => arg.startsWith('-'));
  const paths = args.filter((arg) => !arg.startsWith('-'));
  const here = (path) => relative(root, join(root, path));
  const files = [...new Set((paths.length ? paths : ['test']).map(here).flatMap(testFiles))];
  const isInterop = (file) => file.startsWith(`${INTEROP}/`);
  return {
    options,
    unit: files.filter((file) => !isInterop(file)),
    interop: files.filter(isInterop),
  };
}

function build() {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0;
}

/** Runs tap over some files; settles with the counts when it has ended. */
async function runTap(files, options, prefix = []) {
  const summary = new TapSummary((text) => console.log(text));
  if (files.length === 0) return summary;
  const tap = join(root, 'node_modules', '.bin', 'tap');
  const [command, ...args] = [...prefix, tap, '--reporter=tap', ...options, ...files];
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) summary.read(line);
  const status = await ended;
  if (status !== 0 && summary.failed === 0) {
    console.log(`tap ended with ${status} although no test failed`);
    summary.failed++;
  }
  return summary;
}

async function main(args) {
  const { options, unit, interop } = select(args);
  const isBuilt = installModules(root) || build();
  if (interop.length > 0) installPeers();
  const first = await runTap(unit, ['--jobs=2', ...options]);
  if (interop.length > 0 && !asRoot()) {
    console.log('interop tests need network namespaces: run npm test as root to include them');
  }
  if (!isBuilt) first.failed++;
  const second = await runTap(interop, ['--jobs=1', '--timeout=600', ...options], asRoot());
  return report(first, second);
}

function report(unit, interop) {
  const isSkipFailure = process.env.CI === 'true' && interop.skipped > 0;
  if (isSkipFailure) console.log('CI=true: skipped interop tests count as failed');
  const failed = unit.failed + interop.failed + (isSkipFailure ? interop.skipped : 0);
  const skipped = unit.skipped + (isSkipFailure ? 0 : interop.skipped);
  console.log(`${unit.passed + interop.passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.log(`npm test: ${error.message}`);
  console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
