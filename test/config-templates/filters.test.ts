import t from 'tap';
import type { FilterRule } from '../../src/datastore/snapshot.ts';
import { rules, sessions, view } from './support.ts';

const K = 2147483647;
const OFF = [{ name: 'default', nodeToNodeMeshEnabled: false }];

function cluster(filters: { name: string; [list: string]: unknown }[], names: string[]) {
  const peers = [{ name: 'tor', peerIP: '192.0.2.1', asNumber: 65001, filters: names }];
  return { configurations: OFF, filters: filters as { name: string }[], peers };
}

/** The translation of one export rule. */
function translated(rule: Partial<FilterRule>) {
  const found = rules(
    cluster(
      [{ name: 'f', exportV4: [{ action: 'Accept', ...rule }, { action: 'Reject' }] }],
      ['f'],
    ),
    'filter-f-export-ipv4',
  );
  return found['f exportV4[0]'];
}

t.test(
  'filters run in the order listed, between priority and the common rules (FILT-1)',
  async (t) => {
    const both = (name: string) => ({
      name,
      importV4: [{ action: 'Accept' }],
      exportV4: [{ action: 'Accept' }],
    });
    const { Global_192_0_2_1: session } = sessions(cluster([both('a'), both('b')], ['b', 'a']));
    t.same(session?.import, ['filter-b-import-ipv4', 'filter-a-import-ipv4']);
    t.same(session?.export, [
      'calico-priority-ipv4',
      'filter-b-export-ipv4',
      'filter-a-export-ipv4',
      'calico-export-ipv4',
    ]);
  },
);

t.test('filters that are missing or silent here are skipped (FILT-3)', async (t) => {
  const silent = { name: 'v6', exportV6: [{ action: 'Reject' }] };
  const importing = { name: 'in', importV4: [{ action: 'Reject' }] };
  const found = sessions(cluster([silent, importing], ['missing', 'v6', 'in']));
  t.match(found['Global_192_0_2_1'], {
    import: ['filter-in-import-ipv4'],
    export: ['calico-priority-ipv4', 'calico-export-ipv4'],
  });
});

t.test('only filters in use become policies', async (t) => {
  const used = { name: 'a', exportV4: [{ action: 'Accept' }], exportV6: [{ action: 'Accept' }] };
  const names = view(
    cluster([used, { name: 'b', exportV4: [{ action: 'Accept' }] }], ['a']),
  ).policies.map(({ name }) => name);
  t.same(names, ['calico-priority-ipv4', 'calico-export-ipv4', 'filter-a-export-ipv4']);
});

t.test('a rule without match fields always matches (FILT-4)', async (t) => {
  t.same(translated({}), { name: 'f exportV4[0]', action: 'accept', source: 'BGPFilter/f' });
});

t.test('CIDR operators with and without lengths (FILT-5, AMB-7)', async (t) => {
  const match = (matchOperator: string, prefixLength?: { min?: number; max?: number }) =>
    translated({ cidr: '10.0.0.0/16', matchOperator, ...(prefixLength ? { prefixLength } : {}) })
      ?.match;
  t.same(match('In'), { prefixes: ['10.0.0.0/16+'] });
  t.same(match('NotIn'), { notPrefixes: ['10.0.0.0/16+'] });
  t.same(match('Equal'), { prefixes: ['10.0.0.0/16'] });
  t.same(match('NotEqual'), { notPrefixes: ['10.0.0.0/16'] });
  t.same(match('In', { min: 8, max: 24 }), { prefixes: ['10.0.0.0/16 le 24'] });
  t.same(match('In', { min: 24 }), { prefixes: ['10.0.0.0/16 ge 24'] });
  t.same(match('NotIn', { min: 24, max: 26 }), { notPrefixes: ['10.0.0.0/16 ge 24 le 26'] });
  t.same(match('Equal', { max: 16 }), { prefixes: ['10.0.0.0/16'] });
  t.same(match('NotEqual', { min: 20 }), {
    prefixes: ['0.0.0.0/0 ge 20'],
    notPrefixes: ['10.0.0.0/16'],
  });
});

t.test(
  'what can never match is no rule, what always matches has no condition (FILT-5)',
  async (t) => {
    const range = { cidr: '10.0.0.0/16', prefixLength: { max: 8 } };
    t.equal(translated({ ...range, matchOperator: 'In' }), undefined);
    t.equal(translated({ ...range, matchOperator: 'Equal' }), undefined);
    t.same(translated({ ...range, matchOperator: 'NotIn' }), {
      name: 'f exportV4[0]',
      action: 'accept',
      source: 'BGPFilter/f',
    });
  },
);

t.test('other match fields (FILT-6 to FILT-10)', async (t) => {
  t.same(
    translated({
      source: 'RemotePeers',
      interface: 'eth*',
      peerType: 'iBGP',
      communities: { values: ['1:2'] },
      asPathPrefix: [64512, 65001],
      priority: 512,
    })?.match,
    {
      sources: ['ibgp', 'ebgp'],
      interfaces: ['eth*'],
      peerType: 'internal',
      communities: ['1:2'],
      asPathPrefix: [64512, 65001],
      localPref: { min: K - 512, max: K - 512 },
    },
  );
  t.same(translated({ peerType: 'eBGP', communities: { values: ['1:2:3'] } })?.match, {
    peerType: 'external',
    largeCommunities: ['1:2:3'],
  });
});

t.test('operations add up in the order they are listed (FILT-11)', async (t) => {
  const operations = [
    { addCommunity: { value: '1:2' } },
    { prependASPath: { prefix: [1, 2] } },
    { setPriority: { value: 1 } },
    { addCommunity: { value: '1:2:3' } },
    { prependASPath: { prefix: [3] } },
    { setPriority: { value: 512 } },
  ];
  t.same(translated({ operations })?.set, {
    localPref: K - 512,
    addCommunities: ['1:2'],
    addLargeCommunities: ['1:2:3'],
    prepend: [3, 1, 2],
  });
});

t.test('a rule that cannot be understood rejects what the rest selects (FILT-14)', async (t) => {
  const spoilt = [
    { source: 'Mars', interface: 'eth0' },
    { matchOperator: 'Near', cidr: '10.0.0.0/16', interface: 'eth0' },
    { matchOperator: 'In', cidr: 'fd00::/48', interface: 'eth0' },
    { action: 'Maybe', interface: 'eth0' },
    { peerType: 'xBGP', interface: 'eth0' },
    { source: 'constructor', interface: 'eth0' },
    { communities: { values: ['x'] }, interface: 'eth0' },
    { cidr: '10.0.0.0/16', interface: 'eth0' },
    { matchOperator: 'In', interface: 'eth0' },
    { prefixLength: { min: 24 }, interface: 'eth0' },
  ];
  for (const rule of spoilt) {
    t.match(translated(rule), { match: { interfaces: ['eth0'] }, action: 'reject' });
  }
});
