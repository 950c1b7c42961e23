/**
 * Runs a test file once more inside a network namespace of its own, as root of a user namespace, so that
 * tests may do to the kernel what they like without being root and without harm.
 *
 * The recipe: the file calls {@link inNamespace} at its top level. Outside, that starts the same file with
 * the same loaders under `unshare`, and its results become a subtest; inside, it runs the body.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

const MARK = 'CATBIRD_TEST_NAMESPACE';

/**
 * Runs `body` in a fresh namespace with `lo` up, or skips with the reason when there can be none.
 *
 * @param moduleUrl `import.meta.url` of the test file
 */
export async function inNamespace(
  t: Test,
  moduleUrl: string,
  body: () => Promise<void>,
): Promise<void> {
  if (process.env[MARK]) {
    ip('link set lo up');
    await body();
    return;
  }
  const reason = whyImpossible();
  if (reason) {
    await t.test('in a network namespace', { skip: reason }, async () => {});
    return;
  }
  const file = fileURLToPath(moduleUrl);
  const env = { ...process.env, [MARK]: '1' };
  const command = ['-rn', '--', process.execPath, ...process.execArgv, file];
  await t.spawn('unshare', command, { env }, 'in a network namespace');
}

/** Runs `ip` with blank-separated arguments; throws with its complaint. */
export function ip(words: string): string {
  return execFileSync('ip', words.split(' '), { encoding: 'utf8', stdio: 'pipe' });
}

/** Runs many `ip` commands in one process. */
export function ipBatch(lines: readonly string[]): void {
  execFileSync('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: 'pipe' });
}

function whyImpossible(): string | undefined {
  const unshare = spawnSync('unshare', ['-rn', '--', 'ip', 'link'], { encoding: 'utf8' });
  if (unshare.error) return 'no unshare command';
  return unshare.status === 0 ? undefined : `no network namespace: ${unshare.stderr.trim()}`;
}
