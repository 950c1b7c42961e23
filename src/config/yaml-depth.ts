/**
 * How deeply a text nests, measured on tokens and without recursion: composing a document recurses, and
 * near the end of the stack that can abort the process where no handler is asked.
 */
import type { CST } from 'yaml';

/** Deepest nesting of collections that is read; a configuration has seven levels. */
const MAX_DEPTH = 50;

/** True when the tokens of a whole text may be composed. */
export function isShallow(tokens: readonly CST.Token[]): boolean {
  let level = tokens;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap(inside);
  }
  return true;
}

function inside(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  const parts: CST.Token[] = [];
  for (const { key, value } of token.items) {
    if (key) parts.push(key);
    if (value) parts.push(value);
  }
  return parts;
}
