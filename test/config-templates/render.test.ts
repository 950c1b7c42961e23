import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { diffConfig } from '../../src/config/diff.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { loadTemplates } from '../../src/config-templates/load.ts';
import { ConfigRenderer } from '../../src/config-templates/render.ts';
import type { CalicoNode, Snapshot } from '../../src/datastore/snapshot.ts';
import {
  type Cluster,
  faultTexts,
  matchesSelector,
  NODES,
  OWN,
  render,
  renderer,
  renderInstead,
  snapshot,
} from './support.ts';

const FILTER = { name: 'f', exportV4: [{ action: 'Reject' }] };
const TOR = { name: 'tor', peerIP: '192.0.2.1', asNumber: 65001, filters: ['f'] };
const CLUSTER = {
  nodes: NODES.map((node, i) => ({ ...node, ipv6Address: `fd00::${i + 1}/64` })),
  configurations: [{ name: 'default', serviceExternalIPs: ['203.0.113.0/24'] }],
  peers: [TOR],
  filters: [FILTER],
  pools: [{ name: 'a' }],
  blocks: [{}],
};

t.test('the document is what the configuration was read from', async (t) => {
  const { config, yaml, faults } = render(CLUSTER);
  t.same(faults, []);
  t.same(parseConfig(yaml(), 'rendered'), { config });
});

t.test('an empty cluster renders too', async (t) => {
  const { config, yaml } = render({ nodes: NODES.slice(0, 1) });
  t.match(config, { neighbors: [], blocks: [], router: { asNumber: 64512 } });
  t.same(parseConfig(yaml(), 'rendered'), { config });
});

t.test(
  'property: text from the datastore stays one value, whatever is in it (house-style §10)',
  async (t) => {
    const password = fc.string({ minLength: 1, unit: 'binary' });
    fc.assert(
      fc.property(password, (text) => {
        const data = new Map([['k', new TextEncoder().encode(text)]]);
        const secrets = [{ namespace: 'kube-system', name: 's', data }];
        const peers = [{ ...TOR, password: { name: 's', key: 'k' } }];
        const { config, yaml } = render({ ...CLUSTER, secrets, peers });
        const found = config?.neighbors.find(({ name }) => name === 'Global_192_0_2_1')?.password;
        const decoded = new TextDecoder().decode(new TextEncoder().encode(text));
        return found === decoded && 'config' in parseConfig(yaml(), 'rendered');
      }),
      { numRuns: 20 },
    );
    t.pass();
  },
);

t.test('a session that the schema refuses is left out, the others stay (FAM-5)', async (t) => {
  const peers = [TOR, { ...TOR, name: 'slow', peerIP: '192.0.2.2', keepaliveTimeSec: 500 }];
  const { config, yaml, faults } = render({ ...CLUSTER, peers });
  t.match(faultTexts(faults), [/^BGPPeer\/slow neighbors\[\d+\].keepaliveTime: must be shorter/]);
  t.equal(faults[0]?.template, 'neighbor.yaml.liquid');
  t.ok(config?.neighbors.some(({ name }) => name === 'Global_192_0_2_1'));
  t.notOk(config?.neighbors.some(({ name }) => name === 'Global_192_0_2_2'));
  t.same(parseConfig(yaml(), 'rendered'), { config });
});

t.test('an object no template can be filled in for is left out, the others stay', async (t) => {
  const neighbor = '  - name: {{ neighbor.name }}\n    address: {{ neighbor.adress }}\n';
  const { config, faults } = renderInstead(CLUSTER, { neighbor });
  t.match(faults[0], { template: 'neighbor.yaml.liquid', line: 2, column: 17 });
  t.match(faults[0]?.reason, /undefined variable: neighbor.adress; it is left out/);
  t.same(config?.neighbors, []);
  t.equal(config?.blocks.length, 1);
});

t.test('unknown filters, raw output, broken YAML and unknown keys are faults', async (t) => {
  const reasons = (block: string) => render(CLUSTER, {}, { block }).faults.map((one) => one.reason);
  t.match(reasons('  - cidr: {{ block.cidr | shout }}'), [/undefined filter: shout/]);
  t.match(reasons('  - cidr: {{ block.cidr | raw }}'), [/filter raw is not available/]);
  t.match(reasons('  - cidr: {{ block.cidr | date }}'), [/gives the same every time/]);
  t.match(reasons('  - { cidr: {{ block.cidr }}'), [/line \d+ of what the template makes: /]);
  t.match(reasons('  - { cidr: {{ block.cidr }}, advertize: true }'), [/did you mean advertise/]);
  t.match(reasons('  - {% if %}'), [/./]);
});

t.test('a policy that cannot be used lets nothing pass', async (t) => {
  const policy = '  {{ policy.name }}: [{ action: perhaps }]';
  const { config, yaml, faults } = renderInstead(CLUSTER, { policy });
  t.same(config?.policies['calico-export-ipv4'], [
    { name: 'policy in error', match: {}, set: {}, action: 'reject' },
  ]);
  t.match(faultTexts(faults)[0], /^policy calico-priority-ipv4 policies.calico-priority-ipv4/);
  t.same(parseConfig(yaml(), 'rendered'), { config });
  const broken = renderInstead(CLUSTER, { policy: '{{ policy.nme }}' });
  t.match(broken.config?.policies['calico-export-ipv4'], [{ action: 'reject' }]);
});

t.test('a template may make several entries of one object, or none', async (t) => {
  const block = `{% unless block.state == 'confirmed' %}  - cidr: {{ block.cidr }}{% endunless %}`;
  const { config, yaml, faults } = render(CLUSTER, {}, { block });
  t.same(faults, []);
  t.same(config?.blocks, []);
  t.same(parseConfig(yaml(), 'rendered'), { config });
});

t.test('without a router there is no configuration', async (t) => {
  const { config, faults } = renderInstead(CLUSTER, { router: '  asNumber: 0' });
  t.equal(config, undefined);
  t.match(faultTexts(faults)[0], /^router router.asNumber: /);
});

t.test(
  'rendering again tells only what changed, and equals rendering afresh (RECONF-12)',
  async (t) => {
    const templates = loadTemplates();
    const kept = new ConfigRenderer({ node: OWN, matchesSelector, templates });
    const first = kept.render(snapshot(CLUSTER));
    const again = kept.render(snapshot(CLUSTER));
    t.equal(diffConfig(first.config!, again.config!).isEmpty, true);
    const smaller = { ...CLUSTER, nodes: CLUSTER.nodes.slice(0, 2) };
    const after = kept.render(snapshot(smaller));
    t.same(after.config, render(smaller).config);
    t.equal(after.yaml(), render(smaller).yaml());
    const { neighbors } = diffConfig(first.config!, after.config!);
    t.same(
      neighbors.removed.map(({ name }) => name),
      ['Mesh_10_0_0_10', 'Mesh_fd00__3'],
    );
    t.same([neighbors.added, neighbors.restarted, neighbors.changed], [[], [], []]);
  },
);

t.test('a filter edit touches only the sessions that use it (FILT-15, RECONF-3)', async (t) => {
  const before = render(CLUSTER).config!;
  const filters = [{ name: 'f', exportV4: [{ action: 'Accept' }] }];
  const { neighbors } = diffConfig(before, render({ ...CLUSTER, filters }).config!);
  t.match(neighbors.changed, [{ after: { name: 'Global_192_0_2_1' }, impact: 'soft' }]);
  t.equal(neighbors.changed.length, 1);
  t.same(neighbors.restarted, []);
});

t.test('a global peer that becomes node-specific does not bounce (RECONF-5)', async (t) => {
  const peers = [{ ...TOR, nodeSelector: 'all()' }];
  const { neighbors } = diffConfig(render(CLUSTER).config!, render({ ...CLUSTER, peers }).config!);
  t.match(neighbors.changed, [{ impact: 'none', keys: [{ key: 'name' }] }]);
  t.same([neighbors.added, neighbors.removed, neighbors.restarted], [[], [], []]);
});

const REFLECTOR = { name: 'node-a', ipv4Address: '10.0.0.1/24', labels: { rr: 'y' } };
/** Each changes something that sessions with nodes are made of. */
const CHANGES: readonly Partial<Cluster>[] = [
  {},
  { configurations: [{ name: 'default', asNumber: 65_001 }] },
  { configurations: [{ name: 'default', listenPort: 1179 }] },
  { configurations: [{ name: 'node.node-b', listenPort: 1179 }] },
  { nodes: [{ ...REFLECTOR, ipv4Address: '10.0.0.99/24' }, ...NODES.slice(1)] },
  { nodes: [{ ...REFLECTOR, asNumber: 65_002 }, ...NODES.slice(1)] },
  { nodes: [{ ...REFLECTOR, routeReflectorClusterID: '9.9.9.9' }, ...NODES.slice(1)] },
  { nodes: [REFLECTOR, { ...NODES[1]!, asNumber: 65_003 }] },
  { nodes: [REFLECTOR, { ...NODES[1]!, ipv6Address: 'fd00::2/64' }, NODES[2]!] },
  { peers: [{ name: 'rr', peerSelector: 'has(rr)', nodeSelector: 'all()', ttlSecurity: 1 }] },
  { peers: [{ name: 'rr', peerSelector: 'all()', filters: ['f'] }] },
  { filters: [{ name: 'f', importV4: [{ action: 'Reject' }] }] },
  {
    peers: [{ name: 'rr', peerSelector: 'all()', password: { name: 's', key: 'k' } }],
    secrets: [{ namespace: 'kube-system', name: 's', data: new Map([['k', Buffer.from('x')]]) }],
  },
  { secrets: [] },
];

/** A snapshot whose equal nodes are the same objects each time, as datastores give them. */
function makeSnapshots(): (cluster: Cluster) => Snapshot {
  const known = new Map<string, CalicoNode>();
  return (cluster) => {
    const made = snapshot(cluster);
    const nodes = new Map<string, CalicoNode>();
    for (const [name, node] of made.nodes) {
      const key = JSON.stringify(node);
      known.set(key, known.get(key) ?? node);
      nodes.set(name, known.get(key)!);
    }
    return { ...made, nodes };
  };
}

t.test('what is kept from rendering to rendering never shows', async (t) => {
  const first: Cluster = {
    nodes: [REFLECTOR, ...NODES.slice(1)],
    peers: [{ name: 'rr', peerSelector: 'has(rr)', nodeSelector: 'all()' }],
  };
  const index = fc.nat(CHANGES.length - 1);
  fc.assert(
    fc.property(fc.array(index, { maxLength: 12 }), (steps) => {
      const kept = renderer();
      const snapshotOf = makeSnapshots();
      let cluster = first;
      for (const step of steps) {
        cluster = { ...cluster, ...CHANGES[step] };
        const next = snapshotOf(cluster);
        const [again, anew] = [kept, renderer()].map((one) => one.render(next).config);
        if (!isDeepStrictEqual(again, anew)) t.same(again, anew);
      }
    }),
    { numRuns: 25, seed: 1 },
  );
  t.pass();
});
