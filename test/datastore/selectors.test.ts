import fc from 'fast-check';
import t from 'tap';
import { MAX_DEPTH } from '../../src/datastore/selector-parser.ts';
import { type Labels, parseSelector, Selector } from '../../src/datastore/selectors.ts';

function matches(text: string, labels: Labels): boolean {
  const selector = parseSelector(text);
  if (!(selector instanceof Selector)) throw new Error(`${text}: ${selector.reason}`);
  return selector.matches(labels);
}

const TRUTHS: readonly (readonly [selector: string, labels: Labels, expected: boolean])[] = [
  ['', {}, true],
  [' \t', {}, true],
  ['all()', {}, true],
  ['all( \t)', {}, true],
  ['global()', {}, true],
  ['!all()', {}, false],
  ['has(x)', { x: '' }, true],
  ['has( x )', { x: '1' }, true],
  ['has(x)', {}, false],
  ['!has(x)', {}, true],
  ['!!has(x)', { x: '1' }, true],
  ['! ! !has(x)', { x: '1' }, false],
  ["a == 'b'", { a: 'b' }, true],
  ['a == "b"', { a: 'b' }, true],
  ["a=='b'", { a: 'b' }, true],
  ["a == 'B'", { a: 'b' }, false],
  ["a == 'b'", {}, false],
  ["a == ''", { a: '' }, true],
  ["a == ''", {}, false],
  ["a != 'b'", {}, true],
  ["a != 'b'", { a: 'b' }, false],
  ["a != 'b'", { a: 'c' }, true],
  ["!a == 'b'", { a: 'b' }, false],
  ["!a == 'b'", {}, true],
  ["a contains 'ell'", { a: 'hello' }, true],
  ["a contains 'x'", { a: 'hello' }, false],
  ["a contains ''", { a: '' }, true],
  ["a contains ''", {}, false],
  ["a starts with 'he'", { a: 'hello' }, true],
  ["a startswith 'he'", { a: 'hello' }, true],
  ["a starts \t with 'he'", { a: 'hello' }, true],
  ["a starts with ''", { a: 'x' }, true],
  ["a starts with ''", {}, false],
  ["a ends with 'lo'", { a: 'hello' }, true],
  ["a endswith'lo'", { a: 'hello' }, true],
  ["a ends with 'he'", { a: 'hello' }, false],
  ["a ends with ''", {}, false],
  ["a in {'x', 'y'}", { a: 'y' }, true],
  ["a in{'x'}", { a: 'x' }, true],
  ["a in {'x', 'y',}", { a: 'y' }, true],
  ["a in {'x'}", {}, false],
  ['a in {}', { a: '' }, false],
  ["a not in {'x'}", {}, true],
  ["a notin {'x'}", { a: 'x' }, false],
  ["a not  in {'x'}", { a: 'y' }, true],
  ['a not in {}', { a: 'x' }, true],
  ["a == 'x' || b == 'y' && c == 'z'", { a: 'x' }, true],
  ["(a == 'x' || b == 'y') && c == 'z'", { a: 'x' }, false],
  ["(a == 'x' || b == 'y') && !(c contains 'z')", { b: 'y', c: 'abc' }, true],
  ["!(a == 'x' && b == 'y')", { a: 'x' }, true],
  ["has == 'x'", { has: 'x' }, true],
  ["all == 'x'", { all: 'x' }, true],
  ["in in {'x'}", { in: 'x' }, true],
  ["contains contains 'x'", { contains: 'x' }, true],
  ["not not in {'x'}", { not: 'y' }, true],
  ['projectcalico.org/operator starts with "n"', { 'projectcalico.org/operator': 'nft' }, true],
  ['a == "it\'s"', { a: "it's" }, true],
  ["a == 'two\nlines'", { a: 'two\nlines' }, true],
  ['has(constructor)', {}, false],
  ["toString != 'x'", {}, true],
];

t.test('what selectors select (§7.2)', async (t) => {
  for (const [text, labels, expected] of TRUTHS) {
    t.equal(matches(text, labels), expected, `${text} on ${JSON.stringify(labels)}`);
  }
});

const FAULTS: readonly (readonly [selector: string, at: number])[] = [
  ['has (x)', 4],
  ['all (x)', 4],
  ['a', 1],
  ['a == 1', 5],
  ['a == true', 5],
  ["a = 'b'", 2],
  ["a == 'b' & c == 'd'", 9],
  ["a == 'b' | c == 'd'", 9],
  ["a == 'b' &&", 11],
  ["a == 'b' c == 'd'", 9],
  ["a inn {'x'}", 2],
  ["a contains2 'x'", 2],
  ["a in 'x'", 5],
  ["a in {,'x'}", 6],
  ["a in {'x' 'y'}", 10],
  ["a in {'x'", 9],
  ["a == 'b", 5],
  ['a == \'b"', 5],
  ["\na == 'b'", 0],
  ["a ==\n'b'", 4],
  ['()', 1],
  ["(a == 'b'", 9],
  ["a == 'b')", 8],
  ['has()', 4],
  ['has(x', 5],
  ['all(x)', 4],
  ["a$ == 'b'", 1],
  ["'a' == 'b'", 0],
  [`${'x'.repeat(513)} == 'b'`, 0],
  ['!', 1],
];

t.test('what is no selector, and where (§7.2)', async (t) => {
  for (const [text, at] of FAULTS) {
    const fault = parseSelector(text);
    t.match(fault, { at, reason: /\w/ }, text.slice(0, 40));
  }
});

t.test('a label of 512 characters is read', async (t) => {
  const label = 'x'.repeat(512);
  t.ok(matches(`${label} == '1'`, { [label]: '1' }));
});

t.test('nesting is bounded, length is not', async (t) => {
  const nested = (depth: number) => `${'('.repeat(depth)}has(x)${')'.repeat(depth)}`;
  t.ok(matches(nested(MAX_DEPTH), { x: '' }));
  t.match(parseSelector(nested(MAX_DEPTH + 1)), { at: MAX_DEPTH + 1, reason: /nested/ });
  t.match(parseSelector('('.repeat(1_000_000)), { reason: /nested/ });
  t.ok(matches(`${'!'.repeat(100_000)}has(x)`, { x: '' }));
  t.ok(matches(Array(20_000).fill('has(x)').join('||'), { x: '' }));
  t.ok(matches(Array(500).fill('(has(x))').join('&&'), { x: '' }), 'depth counts open ones only');
});

const FRAGMENTS = ['a', 'has(', 'has(b)', 'all()', ')', '(', '!', '&&', '||', '==', '!=', ' in ']
  .concat([' not in ', '{', '}', "'x'", '"y\'"', ',', ' ', '\t', '\n', ' contains ', 'startswith'])
  .concat([" ends with 'x'", "a == 'x'", "b in {'x','y',}", '\u{1F426}']);

t.test('no text throws, and printing settles after one round', async (t) => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...FRAGMENTS), { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const selector = parseSelector(text);
      if (!(selector instanceof Selector)) return selector.at <= text.length;
      const printed = selector.toString();
      const again = parseSelector(printed);
      return again instanceof Selector && again.toString() === printed;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

const leaf = fc.constantFrom("a == 'x'", "b != 'y'", 'has(a)', "b in {'x', 'y'}", "a not in {'x'}");
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    leaf,
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(${a}) && (${b})`),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => `(${a}) || ${b}`),
    tie('tree').map((a) => `!(${a})`),
  ),
}));

t.test('the printed form selects the same labels', async (t) => {
  const value = fc.constantFrom('x', 'y', 'z');
  const labels = fc.record({ a: value, b: value }, { requiredKeys: [] });
  fc.assert(
    fc.property(tree, labels, (text, given) => {
      const printed = String(parseSelector(text));
      return matches(text, given) === matches(printed, given);
    }),
  );
  t.pass();
});
