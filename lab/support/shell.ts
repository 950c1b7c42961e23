/** Runs short commands to their end, and reads long output line by line. */
import { spawn, spawnSync } from 'node:child_process';

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs a command and returns what it printed.
 *
 * @throws Error with the command and its standard error when it fails
 */
export function run(argv: readonly string[], input = ''): string {
  const [command, ...args] = argv;
  const outcome = spawnSync(command!, args, {
    input,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  if (outcome.error) throw new Error(`${argv.join(' ')}: ${outcome.error.message}`);
  if (outcome.status !== 0) {
    throw new Error(`${argv.join(' ')}: ${outcome.stderr.trim() || outcome.stdout.trim()}`);
  }
  return outcome.stdout;
}

/** Runs a command whose failure does not matter (clean-up). */
export function attempt(argv: readonly string[]): void {
  const [command, ...args] = argv;
  spawnSync(command!, args, { stdio: 'ignore' });
}

/** The words that run `argv` inside a network namespace. */
export function inside(namespace: string, argv: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', namespace, ...argv];
}

/** True when the command can be found and started. */
export function isInstalled(command: string): boolean {
  return !spawnSync(command, ['--version'], { stdio: 'ignore' }).error;
}

/** Standard output of a command, some lines at a time (one at a time costs seconds in millions); ends when it does. */
export async function* linesOf(
  argv: readonly string[],
  separator: string | RegExp = '\n',
): AsyncGenerator<readonly string[]> {
  const [command, ...args] = argv;
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let rest = '';
  for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split(separator);
    rest = lines.pop()!;
    yield lines;
  }
  if (rest !== '') yield [rest];
}
