/** Damage to text: at the level of lines, words and characters. */
import type { Dice } from './dice.ts';

/** Longest text made; readers of files have limits of their own. */
const MAXIMUM = 40_000;

/** Characters and words that mean something to some reader of text. */
const WORDS: readonly string[] = [
  ...[
    'null',
    '~',
    'true',
    'no',
    '""',
    "''",
    '0',
    '-1',
    '1.10',
    '0x10',
    '1e9',
    '.inf',
    '4294967296',
  ],
  ...['99999999999999999999', '-0', '{', '}', '[', ']', ':', '- ', '? ', ',', '#', '\n', '\t', ' '],
  ...[
    '\r\n',
    '---\n',
    '...\n',
    '|\n',
    '>-\n',
    '&a ',
    '*a',
    '<<: *a\n',
    '!!binary ',
    '!!set ',
    '%YAML 1.1\n',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'length',
    '\u0000',
    '\u202e',
    '\ufeff',
  ],
  ...[
    '\u{1f426}',
    '"',
    "'",
    '\\',
    '\\u0000',
    '$' + '{x}',
    '{{ x }}',
    '{% raw %}',
    '%s',
    '../..',
    '::',
    '/0',
  ],
  ...[
    '/33',
    '0.0.0.0/0',
    '::/0',
    '255.255.255.255',
    '::ffff:1.2.3.4',
    'fe80::1%eth0',
    '65536',
    '64512:1',
  ],
  ...[
    'has(',
    'all()',
    'global()',
    '!',
    '&&',
    '||',
    '==',
    '!=',
    ' in ',
    ' not in ',
    ' contains ',
    '(',
    ')',
  ],
];

/** Damages `text` once to four times. `other` is what pieces are borrowed from. */
export function mutateText(dice: Dice, text: string, other: string, words = WORDS): string {
  let mutated = text;
  for (let left = 1 + dice.count(3); left > 0; left--) {
    mutated = dice.pick(MUTATIONS)(dice, mutated, other, words).slice(0, MAXIMUM);
  }
  return mutated;
}

type Mutation = (dice: Dice, text: string, other: string, words: readonly string[]) => string;

const MUTATIONS: readonly Mutation[] = [
  (dice, text, _other, words) => replace(text, wordRange(dice, text), dice.pick(words)),
  (dice, text, _other, words) => replace(text, wordRange(dice, text), dice.pick(words)),
  (dice, text, other) => replace(text, wordRange(dice, text), cut(other, wordRange(dice, other))),
  (dice, text, other) => replace(text, wordRange(dice, text), cut(other, wordRange(dice, other))),
  (dice, text) => replace(text, wordRange(dice, text), ''),
  (dice, text, _other, words) => {
    const at = dice.below(text.length + 1);
    return replace(text, [at, at], dice.pick(words));
  },
  (dice, text) => replace(text, lineRange(dice, text), ''),
  (dice, text, other) => {
    const [at] = lineRange(dice, text);
    return replace(text, [at, at], cut(other, lineRange(dice, other)));
  },
  (dice, text) => {
    const [at] = lineRange(dice, text);
    return replace(text, [at, at], ' '.repeat(1 + dice.below(4)));
  },
  (dice, text) => text.slice(0, dice.below(text.length + 1)),
  (dice, text) => {
    const at = dice.below(text.length + 1);
    return replace(text, [at, at], String.fromCodePoint(dice.below(0xd800)));
  },
  (dice, text, _other, words) => {
    if (!dice.oneIn(4)) return text;
    const at = dice.below(text.length + 1);
    return replace(text, [at, at], dice.pick(words).repeat(dice.below(400)));
  },
  (dice, text) => {
    if (!dice.oneIn(8)) return text;
    const depth = dice.below(dice.pick([30, 300, MAXIMUM / 2]));
    return replace(text, wordRange(dice, text), '['.repeat(depth) + ']'.repeat(depth));
  },
];

type Range = readonly [number, number];

function cut(text: string, [at, end]: Range): string {
  return text.slice(at, end);
}

function replace(text: string, [at, end]: Range, by: string): string {
  return text.slice(0, at) + by + text.slice(end);
}

/** The word or the sign at a random place. */
function wordRange(dice: Dice, text: string): Range {
  const at = dice.below(text.length + 1);
  const isWord = (i: number) => /[\w./-]/.test(text[i] ?? '');
  let start = at;
  let end = at;
  while (start > 0 && isWord(start - 1) && at - start < 80) start--;
  while (end < text.length && isWord(end) && end - at < 80) end++;
  return start === end ? [at, Math.min(text.length, at + 1)] : [start, end];
}

/** One to four whole lines. */
function lineRange(dice: Dice, text: string): Range {
  const start = text.lastIndexOf('\n', dice.below(text.length + 1)) + 1;
  let end = start;
  for (let lines = 1 + dice.below(4); lines > 0 && end < text.length; lines--) {
    const next = text.indexOf('\n', end);
    end = next < 0 ? text.length : next + 1;
  }
  return [start, end];
}
