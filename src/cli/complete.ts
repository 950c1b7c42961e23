/**
 * Abbreviations: `catbird sh neigh` is `catbird show neighbors`, as operators of routers are used to.
 *
 * The words are known beforehand and never removed, so radix-trie-js serves (it is build-once here).
 */
import { createRequire } from 'node:module';
import { UsageError } from './command.ts';

interface WordTrie {
  add(word: string, value: string): WordTrie;
  /** Words that begin with `start`, with their values. */
  fuzzyGet(start: string): Iterable<readonly [string, string]>;
}

const RadixTrie = createRequire(import.meta.url)('radix-trie-js') as new () => WordTrie;

/** A fixed set of words that may be shortened as long as they stay unambiguous. */
export class Words {
  readonly #kind: string;
  readonly #words: ReadonlySet<string>;
  readonly #trie: WordTrie;

  /** @param kind what the words are, for messages: `command`, `view` */
  constructor(kind: string, words: readonly string[]) {
    this.#kind = kind;
    this.#words = new Set(words);
    this.#trie = words.reduce((trie, word) => trie.add(word, word), new RadixTrie());
  }

  /**
   * The word that `text` is, or is the only beginning of.
   *
   * @throws UsageError when none begins so, or several do
   */
  resolve(text: string): string {
    if (this.#words.has(text)) return text;
    const found = text === '' ? [] : this.startingWith(text);
    if (found.length === 1) return found[0]!;
    throw new UsageError(
      found.length === 0
        ? `there is no ${this.#kind} '${text}'; --help lists them`
        : `'${text}' may be ${found.join(' or ')}; write more of it`,
    );
  }

  /** All words that begin so, in order. */
  startingWith(text: string): string[] {
    if (text === '') return [...this.#words].sort(); // the trie has nothing that begins with nothing
    // Asked for more than a letter, the trie leaves out words that part within an edge of it.
    const found = Array.from(this.#trie.fuzzyGet(text.slice(0, 1)), ([word]) => word);
    return found.filter((word) => word.startsWith(text)).sort();
  }
}
