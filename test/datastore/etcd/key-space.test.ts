import t from 'tap';
import { keyRanges, readKey } from '../../../src/datastore/etcd/key-space.ts';
import { SnapshotAssembler } from '../../../src/datastore/snapshot-assembler.ts';
import { configMapTemplates } from '../../../src/run/config-map-templates.ts';

const RESOURCES = '/calico/resources/v3/projectcalico.org';
const AFFINITIES = '/calico/ipam/v2/host/node-a';

const SCOPE = { node: 'node-a', templatesPrefix: '/catbird/templates/' };

function read(values: Record<string, unknown>) {
  const sources = Object.entries(values).flatMap(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const reading = readKey(key, Buffer.from(text), SCOPE);
    return reading ? [{ file: key, lineOffset: 0, reading }] : [];
  });
  return new SnapshotAssembler().assemble(sources)!;
}

t.test('ranges end where another name of the same length begins (§4.1)', async (t) => {
  const ranges = keyRanges(SCOPE);
  t.ok(ranges.every(({ key, rangeEnd }) => key.endsWith('/') && rangeEnd > `${key}\u{10ffff}`));
  t.match(ranges.at(-1), { key: `${AFFINITIES}/`, rangeEnd: `${AFFINITIES}0` });
});

t.test('the key says kind and name, the value the rest (§4.1)', async (t) => {
  const { bgpPeers, nodes, faults } = read({
    [`${RESOURCES}/bgppeers/tor`]: { spec: { peerIP: '10.0.0.1', asNumber: 1 } },
    [`${RESOURCES}/nodes/n1`]: {
      kind: 'Node',
      apiVersion: 'projectcalico.org/v3',
      metadata: { name: 'other', labels: { rack: '2' } },
      spec: { bgp: { ipv4Address: '10.20.2.7/24' } },
      status: {},
    },
  });
  t.match(bgpPeers.get('tor'), { peerIP: '10.0.0.1' });
  t.match(nodes.get('n1'), { ipv4Address: '10.20.2.7/24', labels: { rack: '2' } });
  t.strictSame(faults, []);
});

t.test('keys of more parts, of other kinds and of other nodes are none (§4.1)', async (t) => {
  const snapshot = read({
    [`${RESOURCES}/bgppeers/a/b`]: {},
    [`${RESOURCES}/bgppeers/`]: {},
    [`${RESOURCES}/felixconfigurations/default`]: {},
    [`${AFFINITIES}b/ipv4/block/10.0.0.0-26`]: {},
    [`${AFFINITIES}/ipv4/block/10.0.0.0-26/more`]: {},
    [`${AFFINITIES}/ipv4`]: {},
    '/calico/ipam/v2/virtual/node-a/ipv4/block/10.0.0.0-26': {},
  });
  t.match(snapshot, { bgpPeers: new Map(), blockAffinities: new Map(), faults: [] });
});

t.test('block affinities: the key says the block, no value means {} (§4.1)', async (t) => {
  const { blockAffinities } = read({
    [`${AFFINITIES}/ipv4/block/10.88.4.64-26`]: '',
    [`${AFFINITIES}/ipv6/block/fd00:88::40-122`]: { state: 'pendingDeletion', deleted: true },
  });
  t.strictSame(
    [...blockAffinities.values()].map(({ node, cidr, state, deleted }) => ({
      node,
      cidr,
      state,
      deleted,
    })),
    [
      { node: 'node-a', cidr: '10.88.4.64/26', state: '', deleted: false },
      { node: 'node-a', cidr: 'fd00:88::40/122', state: 'pendingDeletion', deleted: true },
    ],
  );
});

t.test('a value that is no JSON is told with its key; a filter rejects until mended', async (t) => {
  const { bgpFilters, bgpConfigurations, faults } = read({
    [`${RESOURCES}/bgpfilters/f`]: '{"spec":',
    [`${RESOURCES}/bgpconfigurations/default`]: '[1]',
  });
  t.match(bgpFilters.get('f'), { importV4: [{ action: 'Reject' }] });
  t.equal(bgpConfigurations.size, 0);
  t.match(faults, [
    {
      file: `${RESOURCES}/bgpfilters/f`,
      object: 'BGPFilter/f',
      reason: /^the value is not JSON; /,
    },
    { object: 'BGPConfiguration/default', reason: /no JSON object; ignored until it is mended/ },
  ]);
  t.match(read({ [`${RESOURCES}/nodes/n`]: `"${'x'.repeat(2 ** 21)}"` }).faults, [
    { reason: /more than 2097152 octets/ },
  ]);
});

t.test('templates are texts under their prefix, and nothing else is', async (t) => {
  const { configMaps, faults } = read({
    '/catbird/templates/neighbor.yaml.liquid': "{% layout 'neighbor' %}",
    '/catbird/templates/deeper/pool.yaml.liquid': 'x',
  });
  const name = 'neighbor.yaml.liquid';
  const [only] = configMaps.values();
  t.match(only, { name, data: { [name]: "{% layout 'neighbor' %}" } });
  t.equal(configMaps.size, 1);
  t.same(faults, []);
  t.match(configMapTemplates({ configMaps }, undefined), [
    { name: 'neighbor', place: `etcd key ${name}` },
  ]);
  t.notOk(
    readKey('/catbird/templates/x', Buffer.from(''), { ...SCOPE, templatesPrefix: undefined }),
  );
});
