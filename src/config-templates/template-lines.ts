/** Finds the line of a template that a fault of its output comes from. */

/**
 * The line that writes the innermost of the keys that is in the text.
 *
 * @param path keys and indices from the outside in; a line of YAML stands for its key
 * @returns from 1; the first line when no key is found
 */
export function keyLine(text: string, path: readonly string[]): number {
  const lines = text.split('\n');
  for (const part of path.toReversed()) {
    const key = /^[\s-]*"?([\w-]+)"?\s*:?/.exec(part)?.[1];
    if (key === undefined || /^\d+$/.test(key)) continue;
    const line = lines.findIndex((one) => new RegExp(`(^|[\\s{,-])"?${key}"?\\s*:`).test(one));
    if (line >= 0) return line + 1;
  }
  return 1;
}
