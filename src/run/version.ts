/** The version of this program, from its package. */
import { readFileSync } from 'node:fs';

/** The `version` of package.json, which stands two levels above both src/run and dist/run. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
