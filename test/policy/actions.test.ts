import fc from 'fast-check';
import t from 'tap';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import { compileActions } from '../../src/policy/actions.ts';
import type { PolicyActions } from '../../src/policy/model.ts';
import { attributes, EXTERNAL } from './support.ts';

function apply(set: PolicyActions, to: PathAttributes): PathAttributes {
  return compileActions(set, EXTERNAL)(to, 'ipv4-unicast');
}

const RT_1 = '0002fc0000000001';
const RT_2 = '0002fc0000000002';
const octets = (...texts: string[]) => Uint8Array.from(Buffer.from(texts.join(''), 'hex'));

t.test('each action changes its attribute', async (t) => {
  const before = attributes({
    med: 5,
    communities: Uint32Array.of(0x1_0001, 0x1_0002, 0x2_0001),
    largeCommunities: Uint32Array.of(1, 2, 3, 1, 2, 4),
    extendedCommunities: octets(RT_2),
  });
  const rows: readonly (readonly [PolicyActions, Partial<PathAttributes>])[] = [
    [{ localPref: 7 }, { localPref: 7 }],
    [{ med: 7 }, { med: 7 }],
    [{ med: 'remove' }, { med: undefined }],
    [{ origin: 2 }, { origin: 2 }],
    [{ nextHop: Uint8Array.of(10, 0, 0, 9) }, { nextHop: Uint8Array.of(10, 0, 0, 9) }],
    [{ setCommunities: [9, 3, 9] }, { communities: Uint32Array.of(3, 9) }],
    [{ setCommunities: [] }, { communities: Uint32Array.of() }],
    [{ addCommunities: [9] }, { communities: Uint32Array.of(9, 0x1_0001, 0x1_0002, 0x2_0001) }],
    [{ removeCommunities: [[1, '*']] }, { communities: Uint32Array.of(0x2_0001) }],
    [{ removeCommunities: [['*', 1]] }, { communities: Uint32Array.of(0x1_0002) }],
    [
      { removeCommunities: [['*', '*']], addCommunities: [0x1_0001] },
      { communities: Uint32Array.of(0x1_0001) },
    ],
    [{ setLargeCommunities: [[9, 9, 9]] }, { largeCommunities: Uint32Array.of(9, 9, 9) }],
    [{ removeLargeCommunities: [[1, '*', 3]] }, { largeCommunities: Uint32Array.of(1, 2, 4) }],
    [
      { addLargeCommunities: [[1, 2, 0]] },
      { largeCommunities: Uint32Array.of(1, 2, 0, 1, 2, 3, 1, 2, 4) },
    ],
    [{ addExtendedCommunities: [RT_1] }, { extendedCommunities: octets(RT_2, RT_1) }],
    [{ setExtendedCommunities: [RT_1] }, { extendedCommunities: octets(RT_1) }],
    [
      { removeExtendedCommunities: ['0?02????????????'] },
      { extendedCommunities: new Uint8Array(0) },
    ],
    [
      { prepend: [7], prependOwn: 2 },
      { asPath: { segments: [{ type: 2, asns: Uint32Array.of(64512, 64512, 7, 65001, 65002) }] } },
    ],
  ];
  for (const [set, expected] of rows) {
    t.same(apply(set, before), { ...before, ...expected }, JSON.stringify(set));
  }
});

t.test('a next hop of the other family leaves the route alone', async (t) => {
  const before = attributes();
  t.equal(apply({ nextHop: new Uint8Array(16) }, before), before);
});

const community = fc.integer({ min: 0, max: 6 });
const pattern = fc.constantFrom<readonly [number | '*', number | '*']>(
  [0, '*'],
  [0, 3],
  ['*', '*'],
);
const settled = fc.record(
  {
    localPref: community,
    med: fc.oneof(community, fc.constant('remove' as const)),
    origin: fc.integer({ min: 0, max: 2 }),
    setCommunities: fc.array(community),
    removeCommunities: fc.array(pattern),
    addCommunities: fc.array(community),
    setLargeCommunities: fc.array(fc.tuple(community, community, community)),
    addLargeCommunities: fc.array(fc.tuple(community, community, community)),
    setExtendedCommunities: fc.array(fc.constantFrom(RT_1, RT_2)),
    removeExtendedCommunities: fc.array(fc.constantFrom(RT_1, '????????????????')),
    addExtendedCommunities: fc.array(fc.constantFrom(RT_1, RT_2)),
  },
  { requiredKeys: [] },
);

t.test('property: everything but prepending does nothing the second time', async (t) => {
  fc.assert(
    fc.property(settled, fc.uniqueArray(community), (set, communities) => {
      const before = attributes({ communities: Uint32Array.from(communities).sort() });
      const once = apply(set, before);
      return apply(set, once) === once;
    }),
  );
  t.pass('held');
});
