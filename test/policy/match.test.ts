import fc from 'fast-check';
import t from 'tap';
import { type AsPath, prepend } from '../../src/bgp/wire/as-path.ts';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import { parsePrefix } from '../../src/net/text.ts';
import { compileActions } from '../../src/policy/actions.ts';
import { sessionKey } from '../../src/policy/compile.ts';
import type { PolicyMatch } from '../../src/policy/model.ts';
import { EXTERNAL, INTERNAL, matches, route } from './support.ts';

type Row = readonly [PolicyMatch, Partial<PathAttributes>, boolean];

function path(...segments: readonly (readonly [number, ...number[]])[]): Partial<PathAttributes> {
  const made = segments.map(([type, ...asns]) => ({ type, asns: Uint32Array.from(asns) }));
  return { asPath: { segments: made } };
}

function checkRows(
  t: { equal(found: unknown, wanted: unknown, message: string): unknown },
  rows: readonly Row[],
): void {
  for (const [match, fields, expected] of rows) {
    t.equal(
      matches(match, route('10.0.0.0/24', fields)),
      expected,
      JSON.stringify([match, fields]),
    );
    t.equal(matches({ not: match }, route('10.0.0.0/24', fields)), !expected, 'not');
  }
}

t.test('route types are sources by where a route came into our AS', async (t) => {
  const types = (['ibgp', 'ebgp', 'static', 'direct', 'kernel'] as const).map((source) =>
    (['local', 'internal', 'external'] as const).filter((type) =>
      matches({ routeTypes: [type] }, { ...route('10.0.0.0/24'), source }),
    ),
  );
  t.same(types, [['internal'], ['external'], ['local'], ['local'], ['local']]);
  t.ok(matches({ routeTypes: ['local', 'external'] }, route('10.0.0.0/24')));
});

t.test('AS path operators', async (t) => {
  checkRows(t, [
    [{ asPathContains: [2, 3] }, path([2, 1, 2, 3, 4]), true],
    [{ asPathContains: [2, 4] }, path([2, 1, 2, 3, 4]), false],
    [{ asPathContains: [2, 3] }, path([2, 1, 2], [2, 3]), true],
    [{ asPathContains: [2, 8, 3] }, path([2, 2], [1, 7, 8], [2, 3]), true],
    [{ asPathContains: [7, 8] }, path([1, 7, 8]), false],
    [{ asPathContains: [1, 1, 2] }, path([2, 1, 1, 1, 2]), true],
    [{ asPathContains: [1] }, path(), false],
    [{ asPathContains: [] }, path(), true],
    [{ asPathOrigin: [4, 9] }, path([2, 1, 2, 4]), true],
    [{ asPathOrigin: [1] }, path([2, 1, 2, 4]), false],
    [{ asPathOrigin: [4] }, path([2, 1], [1, 4]), false],
    [{ asPathOrigin: [4] }, path(), false],
    [{ asPathFirst: [1] }, path([2, 1, 2]), true],
    [{ asPathFirst: [2] }, path([2, 1, 2]), false],
    [{ asPathFirst: [1] }, path([3, 9], [2, 1]), true],
    [{ asPathLength: { min: 3 } }, path([2, 1, 2], [1, 5, 6]), true],
    [{ asPathLength: { max: 2 } }, path([2, 1, 2], [1, 5, 6]), false],
    [{ asPathLength: { max: 0 } }, path(), true],
    [{ asPathPrefix: [1, 2] }, path([2, 1, 2, 3]), true],
  ]);
});

t.test('numbers, next hops and communities', async (t) => {
  const communities = Uint32Array.of(0xfc00_000a, 0xfc01_0001);
  const extendedCommunities = Uint8Array.from(Buffer.from('0002fc0000000001', 'hex'));
  const linkLocal = Buffer.from(
    '20010db8000000000000000000000001fe800000000000000000000000000001',
    'hex',
  );
  checkRows(t, [
    [{ med: { min: 5, max: 5 } }, { med: 5 }, true],
    [{ med: { min: 6 } }, { med: 5 }, false],
    [{ med: {} }, {}, false],
    [{ origin: 0 }, { origin: 0 }, true],
    [{ origin: 2 }, { origin: 0 }, false],
    [{ nextHops: [parsePrefix('10.0.0.0/30')!] }, {}, true],
    [{ nextHops: [parsePrefix('10.0.1.0/24')!, parsePrefix('::/0')!] }, {}, false],
    [{ nextHops: [parsePrefix('fe80::/10')!] }, { nextHop: Uint8Array.from(linkLocal) }, true],
    [{ nextHops: [parsePrefix('0.0.0.0/0')!] }, { nextHop: new Uint8Array(0) }, false],
    [{ anyCommunities: [[64512, 10]] }, { communities }, true],
    [
      {
        anyCommunities: [
          [64514, '*'],
          ['*', 1],
        ],
      },
      { communities },
      true,
    ],
    [{ anyCommunities: [[64512, 11]] }, { communities }, false],
    [{ anyCommunities: [] }, { communities }, false],
    [{ extendedCommunities: ['0002fc0000000001'] }, { extendedCommunities }, true],
    [{ extendedCommunities: ['0003fc0000000001'] }, { extendedCommunities }, false],
  ]);
});

t.test('neighbors are the session the rule runs on', async (t) => {
  const facts = route('10.0.0.0/24');
  t.ok(matches({ neighbors: ['tor-?'] }, facts, EXTERNAL));
  t.notOk(matches({ neighbors: ['tor-*'] }, facts, INTERNAL));
  t.ok(matches({ not: { neighbors: ['tor-*'] } }, facts, INTERNAL));
  t.notOk(matches({ not: {} }, facts), 'nothing fails an empty match');
});

t.test('the neighbor a route was learned from is another matter', async (t) => {
  const facts = route('10.0.0.0/24');
  t.ok(matches({ learnedFrom: ['x', 'tor-?'] }, facts, INTERNAL));
  t.notOk(matches({ learnedFrom: ['node-*'] }, facts, INTERNAL));
  const own = { ...facts, source: 'static' as const, learnedFrom: '' };
  t.notOk(matches({ learnedFrom: ['*'] }, own), 'our own routes come from nobody');
  t.ok(matches({ not: { learnedFrom: ['*'] } }, own));
});

t.test('sessions that no rule tells apart have one key', async (t) => {
  const rule = (match: PolicyMatch, prependOwn?: number) => [
    { name: '', match, set: prependOwn ? { prependOwn } : {}, action: 'next' as const },
  ];
  const other = { ...EXTERNAL, name: 'tor-2', localAsNumber: 7 };
  t.equal(sessionKey(rule({}), EXTERNAL), sessionKey(rule({}), other));
  const one = rule({ not: { neighbors: ['tor-1'] } });
  t.not(sessionKey(one, EXTERNAL), sessionKey(one, other));
  t.equal(sessionKey(one, other), sessionKey(one, { ...other, name: 'tor-3' }));
  t.not(sessionKey(rule({}, 1), EXTERNAL), sessionKey(rule({}, 1), other));
});

const match: fc.Arbitrary<PolicyMatch> = fc.record(
  {
    peerType: fc.constantFrom('internal', 'external'),
    neighbors: fc.array(fc.constantFrom('tor-1', 'node-*', '*')),
    asPathContains: fc.array(fc.integer({ min: 65001, max: 65002 }), { maxLength: 2 }),
    localPref: fc.record({ min: fc.integer({ min: 99, max: 101 }) }),
    origin: fc.integer({ min: 0, max: 1 }),
  },
  { requiredKeys: [] },
);

t.test('property: not(not x) is x, and not x is never x', async (t) => {
  const facts = route('10.0.0.0/24');
  fc.assert(
    fc.property(match, fc.constantFrom(INTERNAL, EXTERNAL), (x, session) => {
      const holds = matches(x, facts, session);
      return (
        matches({ not: { not: x } }, facts, session) === holds &&
        matches({ not: x }, facts, session) === !holds
      );
    }),
  );
  t.pass('held');
});

t.test('the largest AS path: 65535 octets of AS_PATH, two per number', async (t) => {
  const numbers = Array.from({ length: 32_512 }, (_, i) => 1 + (i % 60_000));
  const asPath: AsPath = prepend({ segments: [] }, numbers);
  const octets = asPath.segments.reduce((sum, { asns }) => sum + 2 + 2 * asns.length, 0);
  t.ok(octets <= 65_535 && octets > 65_000, `${octets} octets`);
  checkRows(t, [
    [{ asPathLength: { min: numbers.length, max: numbers.length } }, { asPath }, true],
    [{ asPathPrefix: numbers }, { asPath }, true],
    [{ asPathContains: numbers.slice(-300) }, { asPath }, true],
    [{ asPathContains: [1, 1] }, { asPath }, false],
    [{ asPathOrigin: [numbers.at(-1)!] }, { asPath }, true],
    [{ asPathFirst: [1] }, { asPath }, true],
  ]);
  const facts = route('10.0.0.0/24', { asPath });
  const longer = compileActions({ prependOwn: 255 }, EXTERNAL)(facts.attributes, facts.family);
  t.ok(matches({ asPathLength: { min: numbers.length + 255 } }, { ...facts, attributes: longer }));
});
