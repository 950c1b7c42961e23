import t from 'tap';
import { Lab, type LabNode } from '../support/lab.ts';

const NODES = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];

/** A full mesh node's configuration: its block is 10.1.N.0/26. */
function meshConfig(address: string, others: readonly string[], more = ''): string {
  const number = address.split('.')[3];
  const neighbors = others.map(
    (other) =>
      `  - { name: n${other.split('.')[3]}, address: ${other}, asNumber: 64512, sourceAddress: ${address}, passive: ${other > address} }`,
  );
  return `
router: { asNumber: 64512, routerId: ${address} }
blocks: [ { cidr: 10.1.${number}.0/26, advertise: true, blackhole: true } ]
neighbors:
${neighbors.join('\n')}
${more}`;
}

function others(address: string): string[] {
  return NODES.filter((node) => node !== address);
}

async function startMesh(lab: Lab): Promise<LabNode[]> {
  const nodes = NODES.map((address) => lab.node(address, meshConfig(address, others(address))));
  for (const node of nodes) await node.start();
  await lab.settle();
  return nodes;
}

t.test(
  'a full mesh routes every block, own ones as blackholes (AGGR-1, FIB-12, NH-1)',
  async (t) => {
    const lab = new Lab();
    const [a] = await startMesh(lab);
    t.same(a!.routes(), [
      '10.1.1.0/26 via -',
      '10.1.2.0/26 via 10.0.0.2',
      '10.1.3.0/26 via 10.0.0.3',
    ]);
    t.same(a!.kernelRoutes(), [
      '10.1.1.0/26 blackhole 0',
      '10.1.2.0/26 unicast 10.0.0.2 1024',
      '10.1.3.0/26 unicast 10.0.0.3 1024',
    ]);
  },
);

t.test(
  'a node that leaves the mesh takes its routes along, other sessions stay (MESH-12)',
  async (t) => {
    const lab = new Lab();
    const [a, b] = await startMesh(lab);
    const before = a!.sent('n2');
    await a!.apply(meshConfig('10.0.0.1', ['10.0.0.2']));
    await b!.apply(meshConfig('10.0.0.2', ['10.0.0.1']));
    await lab.settle(1000);
    t.same(a!.kernelRoutes(), ['10.1.1.0/26 blackhole 0', '10.1.2.0/26 unicast 10.0.0.2 1024']);
    t.equal(a!.state('n2'), 'Established');
    t.equal(a!.sent('n2')['open'], before['open']);
  },
);

t.test(
  'a block that is added appears everywhere, one that is not advertised nowhere',
  async (t) => {
    const lab = new Lab();
    const [a, b] = await startMesh(lab);
    const config = meshConfig('10.0.0.1', others('10.0.0.1'));
    const two = '[ { cidr: 10.1.9.0/26 }, { cidr: 10.1.8.0/26, advertise: false } ]';
    await a!.apply(config.replace(/blocks: .*/, `blocks: ${two}`));
    await lab.settle(1000);
    t.same(b!.routes(), [
      '10.1.2.0/26 via -',
      '10.1.3.0/26 via 10.0.0.3',
      '10.1.9.0/26 via 10.0.0.1',
    ]);
    t.same(
      a!.kernelRoutes().filter((route) => route.includes('blackhole')),
      ['10.1.8.0/26 blackhole 0', '10.1.9.0/26 blackhole 0'],
    );
  },
);

t.test('applying the same configuration again sends no byte (RECONF-12)', async (t) => {
  const lab = new Lab();
  const [a] = await startMesh(lab);
  const before = a!.sent('n2');
  const writes = a!.kernel.applied.length;
  await a!.apply(meshConfig('10.0.0.1', others('10.0.0.1')));
  await lab.settle(1000);
  t.same(a!.sent('n2'), before);
  t.equal(a!.kernel.applied.length, writes);
});

t.test('a neighbour that is only called differently keeps its session (RECONF-5)', async (t) => {
  const lab = new Lab();
  const [a] = await startMesh(lab);
  await a!.apply(meshConfig('10.0.0.1', others('10.0.0.1')).replace('name: n2', 'name: renamed'));
  await lab.settle(100);
  t.equal(a!.state('renamed'), 'Established');
  t.equal(a!.sent('renamed')['open'], 1);
});

t.test('a change of the hold time restarts that session only (RECONF-1)', async (t) => {
  const lab = new Lab();
  const [a] = await startMesh(lab);
  const config = meshConfig('10.0.0.1', others('10.0.0.1'));
  await a!.apply(config.replace('address: 10.0.0.2,', 'address: 10.0.0.2, holdTime: 30,'));
  await lab.settle();
  t.equal(a!.sent('n2')['notification'], 1);
  t.equal(a!.state('n2'), 'Established');
  t.equal(a!.sent('n3')['notification'], 0);
  t.equal(a!.views.neighbor('n2')!['holdTime'], 30);
});

t.test(
  'a reflector passes routes between its clients with the next hop kept (RR-5, RR-6)',
  async (t) => {
    const lab = new Lab();
    const reflector = lab.node(
      '10.0.0.1',
      `router: { asNumber: 64512, routerId: 10.0.0.1, clusterId: 10.0.0.1 }
neighborRanges: [ { prefix: 10.0.0.0/24, asNumber: 64512, routeReflectorClient: true, limit: 2 } ]`,
    );
    const clients = ['10.0.0.2', '10.0.0.3', '10.0.0.4'].map((address) =>
      lab.node(
        address,
        meshConfig(address, ['10.0.0.1']).replace('passive: true', 'passive: false'),
      ),
    );
    await reflector.start();
    for (const client of clients) await client.start();
    await lab.settle();
    t.same(clients[0]!.routes(), ['10.1.2.0/26 via -', '10.1.3.0/26 via 10.0.0.3']);
    const [reflected] = [...clients[0]!.views.rib('10.1.3.0/26')];
    t.equal(reflected!.originatorId, '10.0.0.3');
    t.same(reflected!.clusterList, ['10.0.0.1']);
    t.equal(clients[2]!.state('n1') === 'Established', false, 'the range is full');
  },
);

t.test(
  'a crash leaves the kernel alone, helpers keep the routes, the restart adopts them (START-1, START-3, SESS-4)',
  async (t) => {
    const lab = new Lab();
    const [a, b] = await startMesh(lab);
    const before = a!.kernelRoutes();
    const seenByB = b!.kernelRoutes();
    await a!.crash();
    await lab.settle(3000);
    t.same(a!.kernelRoutes(), before, 'nothing is removed on the way out');
    t.same(b!.kernelRoutes(), seenByB, 'the helper keeps stale routes');
    const writes = a!.kernel.applied.length;
    await a!.start();
    await lab.settle();
    t.same(a!.kernelRoutes(), before);
    t.equal(
      a!.kernel.applied.length,
      writes,
      'adopted routes that are right are not written again',
    );
    t.notOk(a!.daemon.isRecovering);
    t.same(b!.kernelRoutes(), seenByB);
  },
);

t.test('routes of a helper go when the restart time is up (SESS-4, START-5)', async (t) => {
  const lab = new Lab();
  const [a, b] = await startMesh(lab);
  await a!.crash();
  await lab.settle(119_000);
  t.ok(b!.routes().some((route) => route.startsWith('10.1.1.0/26')));
  await lab.settle(3000);
  t.notOk(b!.routes().some((route) => route.startsWith('10.1.1.0/26')));
  t.notOk(b!.kernelRoutes().some((route) => route.startsWith('10.1.1.0/26')));
});

t.test('leftovers nobody announces any more are pruned after recovery (FIB-14)', async (t) => {
  const lab = new Lab();
  const [a, b] = await startMesh(lab);
  await a!.crash();
  await b!.apply(meshConfig('10.0.0.2', others('10.0.0.2')).replace(/blocks: .*/, 'blocks: []'));
  await a!.start();
  t.ok(a!.kernelRoutes().some((route) => route.startsWith('10.1.2.0/26')));
  await lab.settle();
  t.notOk(a!.kernelRoutes().some((route) => route.startsWith('10.1.2.0/26')));
});

t.test('an operator takes a session down and brings it back', async (t) => {
  const lab = new Lab();
  const [a, b] = await startMesh(lab);
  t.ok(a!.commands.shutdownNeighbor('n2', 'maintenance until noon'));
  await lab.settle(500);
  t.equal(a!.state('n2'), 'Idle');
  t.match(b!.views.neighbor('n1')!.lastError, /maintenance until noon/);
  t.notOk(a!.kernelRoutes().some((route) => route.startsWith('10.1.2.0/26')));
  t.ok(a!.commands.enableNeighbor('n2'));
  await lab.settle(60_000);
  t.equal(a!.state('n2'), 'Established');
  t.notOk(a!.commands.clearNeighbor('nobody', undefined));
});

t.test('a session without its secret waits, the others run (SESS-9)', async (t) => {
  const lab = new Lab();
  const config = meshConfig('10.0.0.1', others('10.0.0.1'));
  const waiting = config.replace(
    'address: 10.0.0.2,',
    'address: 10.0.0.2, waitingFor: secret s key k,',
  );
  const a = lab.node('10.0.0.1', waiting);
  const peers = ['10.0.0.2', '10.0.0.3'].map((node) =>
    lab.node(node, meshConfig(node, others(node))),
  );
  for (const node of [a, ...peers]) await node.start();
  await lab.settle();
  t.equal(a.state('n2'), 'Idle');
  t.equal(a.views.neighbor('n2')!.lastError, 'waits for secret s key k');
  t.equal(a.state('n3'), 'Established');
  await a.apply(config);
  await lab.settle(60_000);
  t.equal(a.state('n2'), 'Established');
});

t.test('kernel rules of pools: IPIP through tunl0, VXLAN never (FIB-5, FIB-9)', async (t) => {
  const lab = new Lab();
  const [a, b] = NODES.map((address) => lab.node(address, meshConfig(address, others(address))));
  const pools = (encapsulation: string, program: boolean) => `
pools: [ { cidr: 10.1.0.0/16, encapsulation: ${encapsulation}, program: ${program} } ]
fib: { localSubnets: [10.0.0.1/24] }`;
  a!.kernel.addLink('tunl0');
  for (const node of [a!, b!]) await node.start();
  await lab.settle();
  const config = (more: string) => meshConfig('10.0.0.1', others('10.0.0.1'), more);
  await a!.apply(config(pools('ipip-always', true)));
  await lab.settle(1000);
  const tunnelled = a!.kernel.routes().find(({ target }) => target.type === 'unicast');
  t.match(tunnelled!.target.nextHops[0], { dev: 'tunl0', onlink: true });
  await a!.apply(config(pools('vxlan', false)));
  await lab.settle(1000);
  t.same(a!.kernelRoutes(), []);
  t.equal(a!.state('n2'), 'Established');
});

t.test('a next hop that goes and comes back moves its routes at once (RIB-3)', async (t) => {
  const lab = new Lab();
  const [a] = await startMesh(lab);
  a!.kernel.setLink('eth0', false);
  await lab.settle(3000);
  t.notOk(a!.kernelRoutes().some((route) => route.includes('unicast')));
  a!.kernel.setLink('eth0', true);
  await lab.settle(5000);
  t.equal(a!.kernelRoutes().filter((route) => route.includes('unicast')).length, 2);
});

t.test(
  'a neighbour with too many prefixes is restarted after a minute, or kept down (RFC 4486 §4)',
  async (t) => {
    const lab = new Lab();
    const [a, b] = await startMesh(lab);
    const config = meshConfig('10.0.0.1', others('10.0.0.1'));
    const limited = (action: string) =>
      config.replace(
        'address: 10.0.0.2,',
        `address: 10.0.0.2, maximumPrefixes: { limit: 3, action: ${action} },`,
      );
    const announce = async (count: number) => {
      const blocks = Array.from({ length: count }, (_, i) => `{ cidr: 10.2.${i}.0/26 }`).join(', ');
      await b!.apply(
        meshConfig('10.0.0.2', others('10.0.0.2')).replace(/blocks: .*/, `blocks: [${blocks}]`),
      );
      await lab.settle(1000);
    };
    await a!.apply(limited('warn'));
    await announce(4);
    t.equal(a!.state('n2'), 'Established', 'warn only warns');
    await announce(1);
    await a!.apply(limited('restart'));
    await announce(4);
    t.equal(a!.state('n2'), 'Idle');
    t.equal(a!.views.neighbor('n2')!.lastError, 'it sent more than 3 prefixes');
    t.match(b!.views.neighbor('n1')!.lastError, /Maximum Number of Prefixes/i);
    await announce(1);
    await lab.settle(90_000);
    t.equal(a!.state('n2'), 'Established', 'a minute later it may try again');
    await a!.apply(limited('shutdown'));
    await announce(4);
    await lab.settle(120_000);
    t.equal(a!.state('n2'), 'Idle');
    await announce(1);
    t.ok(a!.commands.enableNeighbor('n2'));
    await lab.settle(60_000);
    t.equal(a!.state('n2'), 'Established', 'an operator brings it back');
  },
);

t.test(
  'a raised limit lets a neighbour come back, the time is a setting (RFC 4486 §4)',
  async (t) => {
    const lab = new Lab();
    const [a, b] = await startMesh(lab);
    const config = meshConfig('10.0.0.1', others('10.0.0.1'));
    const limited = (limit: number, more: string) =>
      config.replace(
        'address: 10.0.0.2,',
        `address: 10.0.0.2, maximumPrefixes: { limit: ${limit}, ${more} },`,
      );
    const blocks = Array.from({ length: 4 }, (_, i) => `{ cidr: 10.2.${i}.0/26 }`).join(', ');
    await b!.apply(
      meshConfig('10.0.0.2', others('10.0.0.2')).replace(/blocks: .*/, `blocks: [${blocks}]`),
    );
    await lab.settle(1000);
    await a!.apply(limited(3, 'action: shutdown'));
    await lab.settle(60_000);
    await b!.apply(
      meshConfig('10.0.0.2', others('10.0.0.2')).replace(
        /blocks: .*/,
        `blocks: [${blocks}, { cidr: 10.2.9.0/26 }]`,
      ),
    );
    await lab.settle(300_000);
    t.equal(a!.state('n2'), 'Idle', 'kept down');
    await a!.apply(limited(2, 'action: shutdown'));
    await lab.settle(60_000);
    t.equal(a!.state('n2'), 'Idle', 'a lower one changes nothing');
    await a!.apply(limited(9, 'action: shutdown'));
    await lab.settle(60_000);
    t.equal(a!.state('n2'), 'Established');
    await a!.apply(limited(3, 'action: restart, restartAfter: 5m'));
    await lab.settle(1000);
    const since = () => a!.views.neighbor('n2')!.lastError;
    await b!.apply(
      meshConfig('10.0.0.2', others('10.0.0.2')).replace(/blocks: .*/, `blocks: [${blocks}]`),
    );
    await lab.settle(240_000);
    t.equal(a!.state('n2'), 'Idle', since() ?? '');
    await a!.apply(limited(3, 'action: warn'));
    await lab.settle(60_000);
    t.equal(a!.state('n2'), 'Established');
  },
);

t.test('soft clears refresh one direction and keep the session (RFC 2918, RFC 7313)', async (t) => {
  const lab = new Lab();
  const [a, b] = await startMesh(lab);
  const seenByB = b!.routes();
  const since = a!.views.neighbor('n2')!.since;
  const messages = (node: LabNode, name: string) => node.views.neighbor(name)!.messages;
  const asked = messages(b!, 'n1').received['routeRefresh']!;
  t.ok(a!.commands.softClearNeighbor('n2', 'in'));
  await lab.settle(1000);
  t.equal(messages(b!, 'n1').received['routeRefresh']! - asked, 1, 'one request');
  t.equal(messages(a!, 'n2').received['routeRefresh'], 2, 'answered between marks');
  const updates = messages(b!, 'n1').received['update']!;
  t.ok(a!.commands.softClearNeighbor('n2', 'out'));
  await lab.settle(1000);
  t.equal(messages(b!, 'n1').received['update']! - updates, 1, 'the own block again');
  t.same(b!.routes(), seenByB);
  t.equal(a!.views.neighbor('n2')!.since, since, 'nothing was reset');
  a!.commands.shutdownNeighbor('n2', undefined);
  t.throws(() => a!.commands.softClearNeighbor('n2', 'in'), /not Established/);
  t.notOk(a!.commands.softClearNeighbor('nobody', 'in'));
});
