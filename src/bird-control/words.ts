/** A command line as words; a text in double quotes is one word. */
import { matchesAnyGlob } from '../net/glob.ts';

export interface Word {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** The words of a line; undefined when a quote is left open. */
export function wordsOf(line: string): Word[] | undefined {
  const words: Word[] = [];
  const pattern = /\s*(?:"([^"]*)"|([^\s"]+)|(")|$)/y;
  while (pattern.lastIndex < line.length) {
    const match = pattern.exec(line);
    if (!match || match[3] !== undefined) return undefined;
    const text = match[1] ?? match[2];
    if (text !== undefined) words.push({ text, isQuoted: match[1] !== undefined });
  }
  return words;
}

/** True when the name is meant: by itself, or by a pattern with `*` and `?` in quotes. */
export function matches({ text, isQuoted }: Word, name: string): boolean {
  return isQuoted ? matchesAnyGlob([text], name) : text === name;
}
