/** A daemon that is monitored: what a collector was told is what the tables hold, whatever happened between. */
import t, { type Test } from 'tap';
import { Lab, type LabNode } from '../support/lab.ts';
import { MemoryCollector } from './memory-collector.ts';

const COLLECTOR = '10.0.0.9';
const ALL = 'prePolicy: true, postPolicy: true, adjRibOut: true, locRib: true';

interface Options {
  readonly bmp?: string;
  readonly blocks?: number;
  readonly addPath?: boolean;
}

function config(last: number, other: number, options: Options = {}): string {
  const { bmp = '', blocks = 2, addPath = false } = options;
  const cidrs = Array.from({ length: blocks }, (_, i) => `{ cidr: 10.${last}.${i}.0/24 }`);
  return `
router: { asNumber: 6500${last}, routerId: 10.0.0.${last}, bmp: [${bmp}] }
blocks: [{ cidr: 10.8.0.0/24 }, { cidr: "2001:db8:${last}::/64" }, ${cidrs.join(', ')}]
neighbors:
  - name: peer
    address: 10.0.0.${other}
    asNumber: 6500${other}
    sourceAddress: 10.0.0.${last}
    gracefulRestart: { enabled: false }
    families: [ipv4-unicast, ipv6-unicast]
    nextHopAddress: { ipv6: "2001:db8::${last}" }
    addPath: { send: ${addPath}, receive: ${addPath} }
    import: [in]
policies:
  in: [{ match: { prefixes: [10.2.1.0/24] }, action: reject }]`;
}

const monitored = (more = ALL): string => `{ address: ${COLLECTOR}, ${more} }`;

async function start(options: Options = { bmp: monitored() }) {
  const lab = new Lab();
  const collector = new MemoryCollector(lab, COLLECTOR, options.addPath);
  await collector.listen();
  const a = lab.node('10.0.0.1', config(1, 2, options));
  const b = lab.node('10.0.0.2', config(2, 1, { ...options, bmp: '' }));
  await a.start();
  await b.start();
  await lab.settle();
  return { lab, collector, a, b };
}

const keyOf = ({ prefix, pathId }: { prefix: string; pathId: number }) => `${prefix}#${pathId}`;

/** Every view of the collector against the daemon's own. */
function agree(test: Test, collector: MemoryCollector, a: LabNode): void {
  const names = (name: string) => collector.table(name).map((line) => line.split(' ')[0]);
  const received = [...a.views.adjIn('peer')!];
  const { rib, neighbors } = a.daemon;
  const accepted = [...rib.views.adjIn(neighbors.find('peer')!.peerId)].filter(
    ({ reason }) => reason === 'none',
  );
  const best = [...a.views.rib(undefined)].filter((route) => route.best);
  test.same(names('10.0.0.2 pre'), received.map(keyOf).sort(), 'before import');
  test.same(names('10.0.0.2 post'), accepted.map(keyOf).sort(), 'after import');
  test.same(names('10.0.0.2 out'), [...a.views.adjOut('peer')!].map(keyOf).sort(), 'sent');
  test.same(names('loc-rib loc'), best.map(({ prefix }) => `${prefix}#0`).sort(), 'Loc-RIB');
}

t.test('a collector is told sessions, tables and their ends (RFC 7854, 8671, 9069)', async (t) => {
  const { collector, a } = await start();
  t.same(collector.types.slice(0, 2), ['initiation', 'up loc-rib']);
  t.match(
    collector.messages.find(({ type, peer }) => type === 'up' && peer === '10.0.0.2'),
    {
      asNumber: 65002,
      routerId: '10.0.0.2',
    },
  );
  agree(t, collector, a);
  t.same(collector.table('10.0.0.2 pre').slice(0, 2), [
    '10.2.0.0/24#0 10.0.0.2 [65002]',
    '10.2.1.0/24#0 10.0.0.2 [65002]',
  ]);
  t.notMatch(collector.table('10.0.0.2 post').join(), /10\.2\.1\.0/);
  t.match(collector.table('loc-rib loc').join(), /10\.1\.0\.0\/24#0 10\.0\.0\.1 \[\]/);
});

t.test('changes follow, in both directions and after another policy', async (t) => {
  const { lab, collector, a, b } = await start();
  await b.apply(config(2, 1, { blocks: 1 }));
  await a.apply(config(1, 2, { bmp: monitored(), blocks: 5 }));
  await lab.settle();
  agree(t, collector, a);
  const open = config(1, 2, { bmp: monitored(), blocks: 5 }).replace('reject', 'accept');
  await a.apply(
    `${open}
  out: [{ match: { prefixes: [10.1.0.0/16+] }, action: reject }]`.replace(
      'import: [in]',
      'import: [in], export: [out]'.replace(', ', '\n    '),
    ),
  );
  await b.apply(config(2, 1, { blocks: 3 }));
  await lab.settle();
  agree(t, collector, a);
  t.equal(collector.connections.length, 1, 'on one connection');
});

t.test('Add-Path identifiers are told (RFC 7911)', async (t) => {
  const { collector, a } = await start({ bmp: monitored(), addPath: true });
  const pre = collector.table('10.0.0.2 pre').map((line) => line.split(' ')[0]);
  t.same(pre, [...a.views.adjIn('peer')!].map(keyOf).sort());
  t.ok(pre.every((line) => !line!.endsWith('#0')));
});

t.test('only the views that were asked for are told', async (t) => {
  const { collector } = await start({ bmp: monitored('prePolicy: false, locRib: true') });
  t.same([...collector.tables.keys()], ['loc-rib loc']);
});

t.test('how a session ended is told (RFC 7854 §4.9)', async (t) => {
  const { lab, collector, a, b } = await start();
  a.commands.clearNeighbor('peer', undefined);
  await lab.settle();
  b.commands.clearNeighbor('peer', undefined);
  await lab.settle();
  b.transport.kill();
  await lab.settle(100);
  const downs = collector.messages.filter(({ type }) => type === 'down');
  t.same(
    downs.map(({ body }) => body[0]),
    [1, 3, 4],
  );
  t.same(downs[0]!.body.subarray(1 + 19), Buffer.from([6, 4]), 'with the NOTIFICATION');
  t.notOk(collector.tables.has('10.0.0.2 pre'));
});

t.test('a slow collector costs state, not a backlog, and ends with the truth', async (t) => {
  const { lab, collector, a, b } = await start();
  collector.connections[0]!.pause();
  for (let round = 0; round < 20; round++) {
    await b.apply(config(2, 1, { blocks: round % 2 === 0 ? 200 : 1 }));
    await lab.settle(1000);
    if (round % 5 === 0) a.commands.clearNeighbor('peer', undefined);
    await lab.settle(3000);
  }
  const held = Math.max(...a.transport.connections.map(({ bufferedBytes }) => bufferedBytes));
  t.ok(held < 300_000, `${held} octets wait`);
  const before = collector.messages.length;
  await b.apply(config(2, 1, { blocks: 7 }));
  collector.connections[0]!.resume();
  await lab.settle();
  t.ok(collector.messages.length > before);
  agree(t, collector, a);
});

t.test(
  'a collector that is gone is dialled again, ever less often, and gets everything',
  async (t) => {
    const { lab, collector, a, b } = await start();
    collector.crash();
    await b.apply(config(2, 1, { blocks: 4 }));
    await lab.settle(30_000);
    t.equal(a.daemon.bmp.collectors.list()[0]!.state, 'waiting');
    await collector.listen();
    await lab.settle(60_000);
    t.equal(a.daemon.bmp.collectors.list()[0]!.state, 'up');
    agree(t, collector, a);
  },
);

t.test('figures come at their interval (RFC 7854 §4.8)', async (t) => {
  const { lab, collector } = await start({
    bmp: monitored('locRib: true, statisticsInterval: 20'),
  });
  await lab.settle(21_000);
  const reports = collector.messages.filter(({ type }) => type === 'statistics');
  t.same(reports.map(({ peer }) => peer).sort(), ['10.0.0.2', 'loc-rib']);
  const { body } = reports.find(({ peer }) => peer === '10.0.0.2')!;
  t.equal(body.readUInt32BE(0), 7, 'so many figures');
  t.same([body.readUInt16BE(4), body.readUInt16BE(6)], [11, 4]);
  t.same([body.readUInt16BE(12), body.readBigUInt64BE(16)], [7, 4n], 'routes received');
});

t.test('a collector that leaves the configuration is told goodbye; sessions stay', async (t) => {
  const { lab, collector, a } = await start();
  await a.apply(config(1, 2));
  await lab.settle(1000);
  t.equal(collector.types.at(-1), 'termination');
  t.equal(a.state('peer'), 'Established');
  t.equal(a.daemon.bmp.collectors.list().length, 0);
});

t.test('what a collector is told of leaves nothing behind in the tables', async (t) => {
  const { lab, collector, a, b } = await start();
  await b.apply(config(2, 1, { blocks: 100 }));
  await lab.settle();
  await b.crash();
  await lab.settle();
  await a.apply(config(1, 2));
  await lab.settle();
  t.equal(a.daemon.rib.views.sizes('ipv4-unicast').paths, 3);
  t.equal(collector.types.at(-1), 'termination');
});
