import t from 'tap';
import { type AsPath, formatAsPath } from '../../../src/bgp/wire/as-path.ts';
import { isPrivateAs, removePrivateAs, replaceAs } from '../../../src/bgp/wire/as-path-edits.ts';

function path(...segments: readonly (readonly [number, ...number[]])[]): AsPath {
  return { segments: segments.map(([type, ...asns]) => ({ type, asns: Uint32Array.from(asns) })) };
}

t.test('private numbers are those of RFC 6996', async (t) => {
  const numbers = [64511, 64512, 65534, 65535, 4199999999, 4200000000, 4294967294, 4294967295];
  t.same(numbers.map(isPrivateAs), [false, true, true, false, false, true, true, false]);
});

const NEIGHBOR = 65009;
const OWN = 1;

t.test('private numbers go: from private paths only, from all, or replaced', async (t) => {
  const rows: readonly [AsPath, string, string, string, string][] = [
    [path([2, 64512, 64513]), '', '', '1 1', '1 1'],
    [path([2, 64512, 3356]), '64512 3356', '3356', '64512 3356', '1 3356'],
    [path([2, 64512, 65009]), '65009', '65009', '1 65009', '1 65009'],
    [path([2, 3356, 174]), '3356 174', '3356 174', '3356 174', '3356 174'],
    [
      path([2, 3356], [1, 64512, 64513], [2, 174]),
      '3356 {64512 64513} 174',
      '3356 174',
      '3356 {64512 64513} 174',
      '3356 {1 1} 174',
    ],
    [path(), '', '', '', ''],
  ];
  for (const [given, plain, all, replaced, allReplaced] of rows) {
    const remove = (allOf: boolean, replace: boolean) =>
      formatAsPath(removePrivateAs(given, { all: allOf, replace }, NEIGHBOR, OWN));
    t.same(
      [remove(false, false), remove(true, false), remove(false, true), remove(true, true)],
      [plain, all, replaced, allReplaced],
      formatAsPath(given),
    );
  }
});

t.test('what needs no edit stays the same object', async (t) => {
  const given = path([2, 3356, 65009]);
  t.equal(removePrivateAs(given, { all: true, replace: true }, NEIGHBOR, OWN), given);
  t.equal(replaceAs(given, 7, 8), given);
  t.equal(formatAsPath(replaceAs(given, 65009, 1)), '3356 1');
});

t.test('segments stay within 255 numbers when two meet', async (t) => {
  const long = Array.from({ length: 200 }, (_, i) => i + 1);
  const { segments } = removePrivateAs(
    path([2, ...long], [1, 64512], [2, ...long]),
    { all: true, replace: false },
    NEIGHBOR,
    OWN,
  );
  t.same(
    segments.map(({ asns }) => asns.length),
    [200, 200],
  );
});
