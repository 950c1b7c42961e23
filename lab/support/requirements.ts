/** What a scene needs of the machine, and what is in the way. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './shell.ts';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** One sentence on why a scene with these needs cannot be played here; undefined when it can. */
export function obstacleTo(commands: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = ['ip', ...commands].filter((command) => !isInstalled(command));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  if (!existsSync(DIST)) return 'dist/ is missing, run npm run build';
  return undefined;
}
