/**
 * Reads the shipped templates from beside this file.
 *
 * The one place in this folder that touches the file system: the templates are part of the program,
 * only not of its code. Rendering itself takes its templates as a map.
 */
import { readdirSync, readFileSync } from 'node:fs';

const SUFFIX = '.yaml.liquid';

/** The shipped templates: text by name, `neighbor` for `templates/neighbor.yaml.liquid`. */
export function loadTemplates(): ReadonlyMap<string, string> {
  const folder = new URL('./templates/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(SUFFIX));
  return new Map(
    files.map((file) => [
      file.slice(0, -SUFFIX.length),
      readFileSync(new URL(file, folder), 'utf8'),
    ]),
  );
}
