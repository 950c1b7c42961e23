/** What a daemon decided is what a replay of its recordings decides. */
import t from 'tap';
import type { RouteView } from '../../src/api/views.ts';
import { RecordSplitter } from '../../src/mrt/record-splitter.ts';
import { Replay } from '../../src/replay/replay.ts';
import { configOf, Lab, type LabNode } from '../support/lab.ts';

/** A router with two neighbors that know the same prefix, one of them by a longer path. */
function router(more = ''): string {
  return `
router: { asNumber: 65001, routerId: 10.0.0.1, recorder: {} }
blocks: [{ cidr: 10.1.0.0/24 }]
fib: { maximumPaths: 1 }
neighbors:
  - { name: two, address: 10.0.0.2, asNumber: 65002, sourceAddress: 10.0.0.1, import: [in], addPath: { send: false, receive: true } }
  - { name: three, address: 10.0.0.3, asNumber: 65003, sourceAddress: 10.0.0.1, import: [in] }
policies:
  in:
    - { name: not that, match: { prefixes: [10.2.0.0/24] }, action: reject }
    ${more}`;
}

function peer(last: number, more: string): string {
  return `
router: { asNumber: 6500${last}, routerId: 10.0.0.${last} }
blocks: [{ cidr: 10.${last}.0.0/24 }, { cidr: 10.9.0.0/24 }]
neighbors:
  - { name: one, address: 10.0.0.1, asNumber: 65001, sourceAddress: 10.0.0.${last}, gracefulRestart: { enabled: false }, export: [out] }
policies:
  out: [{ match: { prefixes: [10.9.0.0/24] }, ${more} action: accept }]`;
}

async function start() {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', router());
  const b = lab.node('10.0.0.2', peer(2, 'set: { prependOwn: 2 },'));
  const c = lab.node('10.0.0.3', peer(3, ''));
  for (const node of [a, b, c]) await node.start();
  await lab.settle();
  return { lab, a, b, c };
}

function replayed(octets: Iterable<Uint8Array>, config?: string): Replay {
  const replay = new Replay(config === undefined ? undefined : configOf(config));
  const splitter = new RecordSplitter();
  for (const piece of octets) for (const record of splitter.push(piece)) replay.play(record);
  return replay;
}

/** One line per path. */
function lines(routes: Iterable<RouteView>): string[] {
  return [...routes].map((route) => {
    const { prefix, best, neighbor, asPath, rejected } = route;
    const lost = (route['lost'] as { step: string } | null)?.step ?? '';
    return [best ? '*' : '-', prefix, neighbor, `[${asPath}]`, rejected ?? lost].join(' ').trim();
  });
}

function decided(a: LabNode): string[] {
  const prefixes = [...new Set([...a.views.rib(undefined)].map(({ prefix }) => prefix))];
  return prefixes.sort().flatMap((prefix) => lines(a.views.rib(prefix)));
}

const EXPECTED = [
  '* 10.1.0.0/24 static []',
  '- 10.2.0.0/24 two [65002] policy: not that',
  '* 10.3.0.0/24 three [65003]',
  '* 10.9.0.0/24 three [65003]',
  '- 10.9.0.0/24 two [65002 65002 65002] as-path-length',
];

t.test('a table dump gives what the daemon decided, step by step', async (t) => {
  const { a } = await start();
  t.same(decided(a), EXPECTED);
  t.same(lines(replayed(a.views.table('received'), router()).routes()), EXPECTED);
});

t.test('messages of the flight recorder do too, after changes and a lost session', async (t) => {
  const { lab, a, b, c } = await start();
  c.transport.kill();
  await lab.settle();
  await b.apply(peer(2, 'set: { med: 7 },'));
  await lab.settle();
  const wanted = decided(a);
  t.same(lines(replayed(a.views.messages(), router()).routes()), wanted);
});

t.test('another configuration shows what it would have changed', async (t) => {
  const { a } = await start();
  const preferred = '{ match: { learnedFrom: [two] }, set: { localPref: 200 }, action: accept }';
  const other = router(`- ${preferred}`);
  const [, , , best, second] = lines(replayed(a.views.table('received'), other).routes());
  t.same(
    [best, second],
    ['* 10.9.0.0/24 two [65002 65002 65002]', '- 10.9.0.0/24 three [65003] local-pref'],
  );
});

t.test('without a configuration a router is made up: all peers, no policies', async (t) => {
  const { a } = await start();
  for (const recording of [a.views.table('received'), a.views.messages()]) {
    const replay = replayed([...recording]);
    const found = lines(replay.routes());
    t.ok(found.includes('* 10.2.0.0/24 10.0.0.2 [65002]'));
    t.ok(found.includes('- 10.9.0.0/24 10.0.0.2 [65002 65002 65002] as-path-length'));
    t.match(replay.summary, { neighbors: 2, faultyUpdates: 0, unknownPeers: [] });
  }
});

t.test('the same recording gives the same answer, in pieces of any size', async (t) => {
  const { a } = await start();
  const bytes = Buffer.concat([...a.views.messages()]);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) =>
    bytes.subarray(i * 7, i * 7 + 7),
  );
  const once = [...replayed([bytes], router()).routes()];
  t.same([...replayed(pieces, router()).routes()], once);
});

t.test('peers that are not configured, and damaged records, are told and left out', async (t) => {
  const { a } = await start();
  const bytes = Buffer.concat([...a.views.messages()]);
  const without = router().replace('10.0.0.3, asNumber', '10.0.0.33, asNumber');
  const replay = replayed([bytes], without);
  t.notMatch(lines(replay.routes()).join(), /three/);
  t.same(replay.summary.unknownPeers, ['10.0.0.3']);
  const cut = Buffer.from(bytes);
  cut.writeUInt16BE(0xff, 12 + 4 + 10); // no such address family
  t.doesNotThrow(() => replayed([cut], router()));
});
