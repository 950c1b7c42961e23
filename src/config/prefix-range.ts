/**
 * Prefix ranges of policy rules as text. `10.0.0.0/8` is that prefix alone, `10.0.0.0/8+` it and all
 * inside it; `ge` and `le` bound the length: `10.0.0.0/8 ge 20`, `10.0.0.0/8 le 24`,
 * `10.0.0.0/8 ge 20 le 24`.
 */
import { maximumLength } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix, parseCidr } from '../net/text.ts';
import type { PrefixRange } from '../policy/model.ts';

/** @returns undefined when the text is no range, or one that nothing can match */
export function parsePrefixRange(text: string): PrefixRange | undefined {
  const match = /^(\S+?)(\+)?(?: +ge +(\d{1,3}))?(?: +le +(\d{1,3}))?$/.exec(text);
  const prefix = match ? parseCidr(match[1]!) : undefined;
  if (!match || !prefix) return undefined;
  const [, , plus, ge, le] = match;
  if (plus && (ge ?? le) !== undefined) return undefined;
  const isOpen = plus !== undefined || ge !== undefined;
  const longest = isOpen ? maximumLength(prefix.family) : prefix.length;
  return makePrefixRange(
    prefix,
    ge === undefined ? prefix.length : Number(ge),
    le === undefined ? longest : Number(le),
  );
}

/** @returns undefined when the lengths do not fit the prefix or each other */
export function makePrefixRange(
  prefix: Prefix,
  minLength: number,
  maxLength: number,
): PrefixRange | undefined {
  const isPossible =
    minLength >= prefix.length &&
    minLength <= maxLength &&
    maxLength <= maximumLength(prefix.family);
  return isPossible ? { prefix, minLength, maxLength } : undefined;
}

/** The shortest text that {@link parsePrefixRange} reads as this range. */
export function formatPrefixRange({ prefix, minLength, maxLength }: PrefixRange): string {
  const text = formatPrefix(prefix);
  const isFromOwnLength = minLength === prefix.length;
  const isToLongest = maxLength === maximumLength(prefix.family);
  if (isFromOwnLength && maxLength === prefix.length) return text;
  if (isFromOwnLength) return isToLongest ? `${text}+` : `${text} le ${maxLength}`;
  return isToLongest ? `${text} ge ${minLength}` : `${text} ge ${minLength} le ${maxLength}`;
}
