import fc from 'fast-check';
import t from 'tap';
import { formatPath } from '../../src/datastore/source.ts';
import { readDocument, splitDocuments } from '../../src/datastore/yaml-documents.ts';

function read(text: string) {
  const document = readDocument(text);
  if (document === undefined || !('locate' in document)) throw new Error(JSON.stringify(document));
  return document;
}

const SCALARS: readonly (readonly [text: string, value: unknown])[] = [
  ['yes', 'yes'],
  ['true', true],
  ['True', true],
  ['~', null],
  ['', null],
  ['"true"', 'true'],
  ['64512', 64512],
  ['1.10', '1.10'],
  ['1.5', '1.5'],
  ['0x10', '0x10'],
  ['1e3', '1e3'],
  ['12345678901234567890', '12345678901234567890'],
  ['100:6532', '100:6532'],
  ['fd00::/8', 'fd00::/8'],
  ['2026-01-09', '2026-01-09'],
];

t.test('scalars are those of YAML 1.2, and odd numbers keep their text', async (t) => {
  for (const [text, value] of SCALARS) t.strictSame(read(`a: ${text}`).value, { a: value }, text);
});

t.test('values are found again by path, or what is around them', async (t) => {
  const text = '# first\nspec:\n  rules:\n    - { cidr: 10.0.0.0/8 }\n';
  const { locate } = read(text);
  t.strictSame(locate(['spec', 'rules', 0, 'cidr']), { line: 4, column: 15 });
  t.strictSame(locate(['spec', 'rules', 7, 'cidr']), { line: 4, column: 5 });
  t.strictSame(locate(['status']), { line: 2, column: 1 });
  const json = read('{"spec":\n {"cidr": "x"}}');
  t.strictSame(json.locate(['spec', 'cidr']), { line: 2, column: 11 });
});

t.test('files are cut between documents only', async (t) => {
  const pieces = (text: string) => splitDocuments(text).map((c) => [c.lineOffset, c.text]);
  t.strictSame(pieces('a: 1\n---\nb: 2\n--- # c\nc: 3\n'), [
    [0, 'a: 1\n'],
    [1, '---\nb: 2\n'],
    [3, '--- # c\nc: 3\n'],
  ]);
  t.strictSame(pieces('# licence\n---\na: 1\n'), [[0, '# licence\n---\na: 1\n']]);
  t.strictSame(pieces('%YAML 1.2\n---\na: 1\n'), [[0, '%YAML 1.2\n---\na: 1\n']]);
  t.strictSame(pieces('%YAML 1.2\n---\na: 1\n---\nb: 2\n').length, 2);
  t.strictSame(pieces('a: |\n  x\n  ---\n  y\n'), [[0, 'a: |\n  x\n  ---\n  y\n']]);
  t.strictSame(pieces('a: ----\n'), [[0, 'a: ----\n']]);
  t.strictSame(pieces('a: 1\r\n---\r\nb: 2\r\n').length, 2);
  t.strictSame(pieces(''), [[0, '']]);
});

t.test('each piece reads as the document it was', async (t) => {
  t.strictSame(read('%YAML 1.2\n---\na: 1\n').value, { a: 1 });
  t.strictSame(read('# licence\n---\na: 1\n').value, { a: 1 });
  t.strictSame(read('---\r\nb: 2\r\n').value, { b: 2 });
  for (const text of ['', '---\n', '# only this\n', '---\n...\n']) {
    t.equal(readDocument(text), undefined, JSON.stringify(text));
  }
});

t.test('aliases are followed', async (t) => {
  t.strictSame(read('a: &x [1]\nb: *x\n').value, { a: [1], b: [1] });
});

const BROKEN: readonly (readonly [text: string, reason: RegExp, line: number | undefined])[] = [
  ['a: [1', /./, 2],
  ['a: 1\n...\nb: 2\n', /without ---/, undefined],
  ['a: 1\na: 2\n', /unique/, 2],
  ['a: "x', /./, undefined],
  ['a: 1\n b: 2\n', /./, undefined],
  ['? [x]\n: 1', /plain text/, 1],
  ['a: *nowhere\n', /nowhere/, 1],
  ['[[['.repeat(50_000), /deeper/, undefined],
  [`a: ${'['.repeat(150)}${']'.repeat(150)}`, /deeper than 100/, undefined],
  [`${'- '.repeat(5_000)}x`, /deeper/, undefined],
  [`${'{"a":'.repeat(20_000)}`, /deeper/, undefined],
  ['{"a": 1,, "b": 2}', /./, 1],
];

t.test('what is no YAML is said, with its line', async (t) => {
  for (const [text, reason, line] of BROKEN) {
    const faults = readDocument(`${text}\n`);
    if (!Array.isArray(faults)) throw new Error(`${text.slice(0, 20)} was read`);
    t.match(faults[0]?.reason, reason, text.slice(0, 20));
    if (line !== undefined) t.equal(faults[0]?.line, line, text.slice(0, 20));
  }
});

t.test('of faults of syntax the first is told: the others follow from it', async (t) => {
  for (const text of ['{"a": {"b": 1', 'a: b\n  c: d\n e: f', 'a: {b: "c']) {
    t.match(readDocument(text), [{ line: Number }]);
    t.equal((readDocument(text) as readonly unknown[]).length, 1, text);
  }
});

t.test('aliases cannot multiply without bound', async (t) => {
  const levels = [...'abcdefghi'].map((name, index, names) => {
    const before = index === 0 ? '"x"' : `*${names[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(before).join(',')}]`;
  });
  t.match(readDocument(levels.join('\n')), [{ reason: /aliases stand for more/ }]);
  t.match(readDocument('a: &a [*a]'), [{ reason: /\w/ }], 'nor in a circle');
});

t.test('no text throws', async (t) => {
  const piece = fc.constantFrom(
    'a: ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&x ',
    '*x',
    '!!',
    '|\n',
    '"',
    "'",
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.oneof(piece, fc.constantFrom('\n', ' ', '? ', ': ', '<<', '1', '%')), {
        maxLength: 30,
      })
      .map((pieces) => pieces.join('')),
  );
  fc.assert(
    fc.property(text, (text) => {
      for (const chunk of splitDocuments(text)) readDocument(chunk.text);
      const joined = splitDocuments(text).map((chunk) => chunk.text);
      return joined.join('') === text;
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test('paths are printed as people write them', async (t) => {
  t.equal(formatPath(['spec', 'filters', 0]), 'spec.filters[0]');
  t.equal(formatPath(['metadata', 'labels', 'a/b']), 'metadata.labels["a/b"]');
  t.equal(formatPath([]), '');
});
