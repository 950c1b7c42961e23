/** Versions of programs that tell theirs on either output. */
import { spawnSync } from 'node:child_process';

/** The first line a command prints, wherever it prints it; empty when it cannot be started. */
export function outputOf([command, ...args]: readonly string[]): string {
  const { stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n')[0]!.trim();
}
