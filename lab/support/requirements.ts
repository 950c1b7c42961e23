/** What a scene needs of the machine, and what is in the way. */
import type { NodeProgram } from './node-program.ts';
import { isInstalled } from './shell.ts';

/**
 * One sentence on why a scene cannot be played here; undefined when it can.
 *
 * @param commands that have to be installed
 */
export function obstacleTo(commands: readonly string[], program: NodeProgram): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = ['ip', ...commands].filter((command) => !isInstalled(command));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return program.obstacle();
}
