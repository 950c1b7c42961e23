/** Makes node_modules what package-lock.json says; uses nothing but Node.js itself. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs `npm ci` when node_modules is missing or differs from the lock file.
 *
 * @param {string} root the checkout
 * @returns {boolean} true when it was run; it has then also built dist
 * @throws {Error} when npm fails
 */
export function installModules(root) {
  if (isCurrent(root)) return false;
  console.log('npm ci: node_modules is missing or out of date');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error('npm ci failed, see above');
  return true;
}

/** npm keeps a copy of the lock file beside what it installed, without what it left out. */
function isCurrent(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' || (installed[path] ? installed[path].version === entry.version : entry.optional),
  );
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return {}; // missing or damaged: nothing is installed as far as we can tell
  }
}
