import t from 'tap';
import { parseAddress } from '../../src/net/text.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const HUB = '10.0.0.1';

function hubConfig(limit: number, more = ''): string {
  return `
router: { asNumber: 64512, routerId: ${HUB}, clusterId: ${HUB} }
neighborRanges:
  - { prefix: 10.0.0.0/24, asNumber: 64512, routeReflectorClient: true, limit: ${limit}${more} }`;
}

function memberConfig(address: string, blocks = 1): string {
  const last = address.split('.')[3];
  const cidrs = Array.from({ length: blocks }, (_, i) => `{ cidr: 10.1.${last}.${i * 16}/28 }`);
  return `
router: { asNumber: 64512, routerId: ${address} }
blocks: [ ${cidrs.join(', ')} ]
neighbors: [ { name: hub, address: ${HUB}, asNumber: 64512, sourceAddress: ${address} } ]`;
}

async function start(lab: Lab, address: string, config: string): Promise<LabNode> {
  const node = lab.node(address, config);
  await node.start();
  return node;
}

/** Opens a connection that says nothing, and the end of it. */
function knock(lab: Lab, from: string): { close(): void } {
  const connection = lab.network
    .host(parseAddress(from)!)
    .connect({ address: parseAddress(HUB)!, port: 179, sourceAddress: parseAddress(from)! });
  connection.setHandler({ onConnected() {}, onData() {}, onDrain() {}, onClose() {} });
  return connection;
}

t.test(
  'of two sessions with one address the first that can takes who dials in (DEDUP-6, AMB-16)',
  async (t) => {
    const lab = new Lab();
    const ends = [1179, 1180].map(
      (port) =>
        `{ name: at-${port}, address: 10.0.0.2, port: ${port}, passive: true, asNumber: 64512 }`,
    );
    const router = `router: { asNumber: 64512, routerId: ${HUB} }\n`;
    const hub = await start(lab, HUB, `${router}neighbors: [ ${ends.join(', ')} ]`);
    const member = await start(lab, '10.0.0.2', memberConfig('10.0.0.2'));
    await lab.settle();
    t.same([hub.state('at-1179'), hub.state('at-1180')], ['Established', 'Active']);
    t.ok(hub.commands.shutdownNeighbor('at-1179', undefined));
    await lab.settle(120_000);
    t.same([hub.state('at-1179'), hub.state('at-1180')], ['Idle', 'Established']);
    t.equal(member.state('hub'), 'Established');
    t.ok(hub.commands.shutdownNeighbor('at-1180', undefined));
    await lab.settle(120_000);
    t.not(member.state('hub'), 'Established', 'where nobody can, the connection is refused');
  },
);

t.test('who knocks and never says OPEN leaves its place in the range', async (t) => {
  const lab = new Lab();
  const hub = await start(lab, HUB, hubConfig(2));
  const strangers = ['10.0.0.201', '10.0.0.202'].map((address) => knock(lab, address));
  await lab.settle(1000);
  t.equal(hub.views.neighbors().length, 2);
  for (const stranger of strangers) stranger.close();
  await lab.settle(1000);
  t.same(hub.views.neighbors(), []);
  const member = await start(lab, '10.0.0.2', memberConfig('10.0.0.2'));
  await lab.settle();
  t.equal(member.state('hub'), 'Established');
});

t.test('a member keeps its place while its routes are kept for its restart (SESS-4)', async (t) => {
  const lab = new Lab();
  const hub = await start(lab, HUB, hubConfig(1));
  const member = await start(lab, '10.0.0.2', memberConfig('10.0.0.2'));
  await lab.settle();
  await member.crash();
  await lab.settle(100_000);
  t.equal(hub.views.neighbors().length, 1);
  t.equal(hub.routes().length, 1);
  await lab.settle(25_000);
  t.same(hub.views.neighbors(), []);
  t.same(hub.routes(), []);
});

t.test('a member that an operator shut down stays down until it is enabled', async (t) => {
  const lab = new Lab();
  const hub = await start(lab, HUB, hubConfig(2));
  const member = await start(lab, '10.0.0.2', memberConfig('10.0.0.2'));
  await lab.settle();
  t.ok(hub.commands.shutdownNeighbor('Dynamic_10.0.0.2', undefined));
  await lab.settle(60_000);
  t.equal(hub.state('Dynamic_10.0.0.2'), 'Idle');
  t.not(member.state('hub'), 'Established');
  t.ok(hub.commands.enableNeighbor('Dynamic_10.0.0.2'));
  await lab.settle(60_000);
  t.equal(member.state('hub'), 'Established');
});

t.test('a member with too many prefixes is kept down like any neighbour', async (t) => {
  const lab = new Lab();
  const limit = ', maximumPrefixes: { limit: 3, action: shutdown }';
  const hub = await start(lab, HUB, hubConfig(2, limit));
  await start(lab, '10.0.0.2', memberConfig('10.0.0.2', 4));
  await lab.settle(60_000);
  t.equal(hub.state('Dynamic_10.0.0.2'), 'Idle');
  t.equal(hub.views.neighbor('Dynamic_10.0.0.2')!['flaps'], 1);
});

t.test('a member that was cleared comes back', async (t) => {
  const lab = new Lab();
  const hub = await start(lab, HUB, hubConfig(2));
  const member = await start(lab, '10.0.0.2', memberConfig('10.0.0.2'));
  await lab.settle();
  t.ok(hub.commands.clearNeighbor('Dynamic_10.0.0.2', undefined));
  await lab.settle(30_000);
  t.equal(member.state('hub'), 'Established');
});

t.test('members of a range with a password must know it (SESS-9)', async (t) => {
  const lab = new Lab();
  const hub = await start(lab, HUB, hubConfig(2, ', password: s3cret'));
  const knowing = memberConfig('10.0.0.2').replace('name: hub,', 'name: hub, password: s3cret,');
  const members = [
    await start(lab, '10.0.0.2', knowing),
    await start(lab, '10.0.0.3', memberConfig('10.0.0.3')),
  ];
  await lab.settle();
  t.same(
    members.map((member) => member.state('hub') === 'Established'),
    [true, false],
  );
  await hub.apply(hubConfig(2));
  await lab.settle(60_000);
  t.equal(members[0]!.state('hub'), 'Established', 'it has the hold time to follow');
  await lab.settle(240_000);
  t.not(members[0]!.state('hub'), 'Established');
  t.equal(members[1]!.state('hub'), 'Established');
});
