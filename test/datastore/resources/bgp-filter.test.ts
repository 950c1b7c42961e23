import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

function filter(rules: string, list = 'importV4') {
  const { bgpFilters, faults } = snapshotOf(`
kind: BGPFilter
apiVersion: projectcalico.org/v3
metadata: { name: f }
spec:
  ${list}: ${rules}
`);
  return { value: bgpFilters.get('f'), faults };
}

const EMPTY = { name: 'f', importV4: [], exportV4: [], importV6: [], exportV6: [] };
const CLOSED = [{ action: 'Reject' }];

t.test('every field of a rule is read (§6.3)', async (t) => {
  const rule = {
    action: 'Accept',
    cidr: '10.0.0.0/8',
    matchOperator: 'In',
    prefixLength: { min: 0, max: 24 },
    source: 'RemotePeers',
    interface: '*.calico',
    peerType: 'eBGP',
    communities: { values: ['64512:1'] },
    asPathPrefix: [64512, 65546],
    priority: 512,
    operations: [
      { addCommunity: { value: '1:2:3' } },
      { prependASPath: { prefix: [64512] } },
      { setPriority: { value: 100 } },
    ],
  };
  const written = JSON.stringify({ ...rule, asPathPrefix: [64512, '1.10'] });
  const { value, faults } = filter(`[${written}]`);
  t.strictSame(value, { ...EMPTY, importV4: [rule] });
  t.strictSame(faults, []);
});

t.test('unknown words are kept for the compiler to close, and reported (FILT-14)', async (t) => {
  const { value, faults } = filter('[{ action: Drop }, { action: Accept, source: Kernel }]');
  t.strictSame(value?.importV4, [{ action: 'Drop' }, { action: 'Accept', source: 'Kernel' }]);
  t.match(faults, [
    { path: 'spec.importV4[0].action', line: 6, column: 24, reason: /rejects/ },
    { path: 'spec.importV4[1].source', reason: /rejects/ },
  ]);
});

const UNREADABLE = [
  '[{ cidr: 10.0.0.0/8 }]',
  '[{ action: Accept, cidr: 10.0.0.0/40 }]',
  '[{ action: Accept, cidr: "fd00::/8" }]',
  '[{ action: Accept, prefixLength: { max: 33 } }]',
  '[{ action: Accept, communities: { values: [1:2, 3:4] } }]',
  '[{ action: Accept, communities: { values: [rack] } }]',
  '[{ action: Accept, asPathPrefix: [x] }]',
  '[{ action: Accept, operations: [{ addComunity: { value: "1:1" } }] }]',
  '[Accept]',
  '{ action: Accept }',
];

t.test('what cannot be read closes the filter rather than widening a rule', async (t) => {
  for (const rules of UNREADABLE) {
    const { value, faults } = filter(rules);
    const { name, ...lists } = EMPTY;
    t.strictSame(value, {
      name,
      ...Object.fromEntries(Object.keys(lists).map((k) => [k, CLOSED])),
    });
    t.match(faults, [{ object: 'BGPFilter/f', path: /^spec\.importV4/ }], rules);
  }
});

t.test('IPv6 lists take IPv6 prefixes', async (t) => {
  const rule = { action: 'Reject', cidr: 'fd00::/8', matchOperator: 'In' };
  const { value, faults } = filter(JSON.stringify([rule]), 'exportV6');
  t.strictSame(value, { ...EMPTY, exportV6: [rule] });
  t.strictSame(faults, []);
});

t.test('half a CIDR match is reported, because its rule rejects (§6.3, FILT-14)', async (t) => {
  const { faults } = filter(`[{ action: Accept, cidr: 10.0.0.0/8 },
    { action: Accept, matchOperator: In }, { action: Accept, prefixLength: { min: 8 } }]`);
  t.match(faults, [
    { path: 'spec.importV4[0].cidr', line: 6, reason: /needs a matchOperator; this rule rejects/ },
    { path: 'spec.importV4[1].matchOperator', line: 7, reason: /needs a cidr/ },
    { path: 'spec.importV4[2].prefixLength', line: 7, reason: /needs a cidr/ },
  ]);
});

t.test('a filter that is closed says so, in words', async (t) => {
  const { faults } = filter('[{ action: Accept, communities: { values: ["1:1", "2:2"] } }, {}]');
  t.match(faults, [
    {
      path: 'spec.importV4[0].communities.values',
      reason: 'exactly one community is taken; it rejects everything until it is mended',
    },
    { path: 'spec.importV4[1].action', reason: /^this text is required; it rejects/ },
  ]);
});
