import fc from 'fast-check';
import t from 'tap';
import { JsonSplitter, MAX_OBJECT_BYTES } from '../../../src/datastore/kubernetes/json-splitter.ts';

function split(shape: 'list' | 'watch', octets: Uint8Array, sizes: readonly number[] = [1]) {
  const objects: string[] = [];
  const splitter = new JsonSplitter(shape, (text) => objects.push(text));
  for (let at = 0, i = 0; at < octets.length; i++) {
    const size = sizes[i % sizes.length]!;
    splitter.push(octets.subarray(at, at + size));
    at += size;
  }
  return { splitter, objects: objects.map((text) => JSON.parse(text) as unknown) };
}

const encode = (text: string) => new TextEncoder().encode(text);
const jsonObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const blanks = fc.constantFrom('', '\n', ' \r\n\t');

t.test('any chunking of a watch gives the same events', async () => {
  const property = fc.property(fc.array(jsonObject), blanks, sizes, (events, blank, sizes) => {
    const octets = encode(events.map((event) => JSON.stringify(event) + blank).join(''));
    const { splitter, objects } = split('watch', octets, sizes);
    return (
      splitter.isComplete &&
      JSON.stringify(objects) === JSON.stringify(events.map((event) => json(event)))
    );
  });
  fc.assert(property, { seed: 1, numRuns: 300 });
});

t.test('any chunking of a list gives its items and the list without them', async () => {
  const property = fc.property(
    fc.array(jsonObject),
    jsonObject,
    fc.constantFrom(0, 2),
    sizes,
    (items, metadata, indent, sizes) => {
      const list = { kind: 'List', other: [[{ items: [{}] }]], items, metadata };
      const { splitter, objects } = split(
        'list',
        encode(JSON.stringify(list, null, indent)),
        sizes,
      );
      const rest = { ...(json(list) as object), items: [] };
      return (
        splitter.isComplete &&
        JSON.stringify(objects) === JSON.stringify(json(items)) &&
        JSON.stringify(JSON.parse(splitter.rest)) === JSON.stringify(rest)
      );
    },
  );
  fc.assert(property, { seed: 2, numRuns: 300 });
});

t.test('any octets at all: nothing throws', async () => {
  const shape = fc.constantFrom('list' as const, 'watch' as const);
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.stringMatching(/^[[\]{}",: \\a"items"]{0,80}$/).map(encode),
  );
  const property = fc.property(shape, noise, sizes, (shape, octets, sizes) => {
    const splitter = new JsonSplitter(shape, () => undefined);
    for (let at = 0; at < octets.length; at += sizes[0]!) {
      splitter.push(octets.subarray(at, at + sizes[0]!));
    }
    void splitter.rest;
    return true;
  });
  fc.assert(property, { seed: 3, numRuns: 1000 });
});

t.test('a list whose items are null, or missing, has none', async (t) => {
  for (const text of ['{"items":null,"metadata":{}}', '{"metadata":{}}']) {
    const { splitter, objects } = split('list', encode(text));
    t.strictSame([splitter.isComplete, objects], [true, []]);
  }
});

t.test('a page of a proxy is a fault, and so is a closing brace too many', async (t) => {
  t.match(split('watch', encode('<html>')).splitter.fault, /no JSON/);
  t.match(split('list', encode('<html>')).splitter.fault, /no JSON/);
  t.match(split('watch', encode('{}}')).splitter.fault, /no JSON/);
});

t.test('an object without an end is given up on', async (t) => {
  const splitter = new JsonSplitter('watch', () => t.fail());
  splitter.push(encode('{"type":"'));
  const mebibyte = new Uint8Array(1024 * 1024).fill(0x61);
  for (let size = 0; size <= MAX_OBJECT_BYTES; size += mebibyte.length) splitter.push(mebibyte);
  t.match(splitter.fault, /too large/);
  splitter.push(encode('"}'));
  t.notOk(splitter.isComplete);
});

t.test('a list cut off is not complete', async (t) => {
  t.notOk(split('list', encode('{"items":[{"a":1},{"b"')).splitter.isComplete);
});

/** Without what JSON does not carry, such as the sign of zero. */
function json(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
