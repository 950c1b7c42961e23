/** Questions routing asks of an AS path (RFC 4271 §5.1.2, §9.1.2.2, RFC 5065). */
import t from 'tap';
import {
  AS_CONFED_SEQUENCE,
  AS_CONFED_SET,
  AS_SEQUENCE,
  AS_SET,
  type AsPath,
  asPathLength,
  countAsInAttributes,
  EMPTY_AS_PATH,
  formatAsPath,
  neighborAs,
  prepend,
  startsWith,
  withoutConfederation,
} from '../../../src/bgp/wire/as-path.ts';
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { BARE_ATTRIBUTES } from '../../../src/bgp/wire/path-attributes.ts';

function path(...segments: readonly (readonly [number, readonly number[]])[]): AsPath {
  return { segments: segments.map(([type, asns]) => ({ type, asns: Uint32Array.from(asns) })) };
}

const MIXED = path(
  [AS_CONFED_SEQUENCE, [9, 8]],
  [AS_SEQUENCE, [1, 2, 1]],
  [AS_SET, [3, 4]],
  [AS_CONFED_SET, [7]],
);

t.test('length: a set counts 1, confederation segments 0', async (t) => {
  t.equal(asPathLength(MIXED), 4);
  t.equal(asPathLength(EMPTY_AS_PATH), 0);
});

t.test('neighbour', async (t) => {
  t.equal(neighborAs(MIXED), 1);
  t.equal(neighborAs(EMPTY_AS_PATH), undefined);
  t.equal(neighborAs(path([AS_SET, [1]])), undefined);
});

t.test('occurrences of an AS in any segment', async (t) => {
  const bytes = encodePathAttributes({ ...BARE_ATTRIBUTES, asPath: MIXED }, 4, true);
  const count = (asn: number) => countAsInAttributes(bytes, 0, bytes.length, asn);
  t.same([1, 4, 7, 5].map(count), [2, 1, 1, 0]);
});

t.test('text', async (t) => {
  t.equal(formatAsPath(MIXED), '(9 8) 1 2 1 {3 4} [7]');
  t.equal(formatAsPath(EMPTY_AS_PATH), '');
  t.equal(formatAsPath(path([AS_SEQUENCE, [64512, 65001]], [AS_SET, [1, 2]])), '64512 65001 {1 2}');
});

t.test('prepending joins a leading sequence, else makes one', async (t) => {
  t.equal(formatAsPath(prepend(path([AS_SEQUENCE, [3]]), [1, 2])), '1 2 3');
  t.equal(prepend(path([AS_SEQUENCE, [3]]), [1, 2]).segments.length, 1);
  t.equal(formatAsPath(prepend(path([AS_SET, [3]]), [1])), '1 {3}');
  t.equal(formatAsPath(prepend(EMPTY_AS_PATH, [1])), '1');
  t.equal(prepend(MIXED, []), MIXED);
});

t.test('a sequence of 255 overflows into a new segment (RFC 4271 §5.1.2)', async (t) => {
  const full = path([AS_SEQUENCE, Array.from({ length: 254 }, (_, i) => i + 1)]);
  const sizes = (each: AsPath) => each.segments.map(({ asns }) => asns.length);
  t.same(sizes(prepend(full, [7])), [255]);
  t.same(sizes(prepend(full, [7, 8])), [1, 255]);
  t.same(sizes(prepend(full, new Array(300).fill(7))), [44, 255, 255]);
  t.equal(asPathLength(prepend(full, [7, 8])), 256);
  t.equal(neighborAs(prepend(full, [7, 8])), 7);
});

t.test('beginning with a sequence', async (t) => {
  const split = path([AS_SEQUENCE, [1, 2]], [AS_SEQUENCE, [3]], [AS_SET, [4]]);
  t.ok(startsWith(split, []));
  t.ok(startsWith(split, [1]));
  t.ok(startsWith(split, [1, 2, 3]));
  t.notOk(startsWith(split, [2]));
  t.notOk(startsWith(split, [1, 2, 3, 4]), 'a set is no sequence');
  t.notOk(startsWith(EMPTY_AS_PATH, [1]));
});

t.test('confederation segments come off for external peers (RFC 5065 §5.2)', async (t) => {
  t.equal(formatAsPath(withoutConfederation(MIXED)), '1 2 1 {3 4}');
  const plain = path([AS_SEQUENCE, [1]]);
  t.equal(withoutConfederation(plain), plain);
});
