/** Shared buffers, members that lag, dumps and refreshes. */
import t from 'tap';
import { type LabPeer, prefix, RibLab } from './support/rib-lab.ts';

const CLIENT = { isRouteReflectorClient: true };

function blocks(first: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => `10.${(first + i) >> 8}.${(first + i) & 255}.0/24`,
  );
}

t.test('members get the same buffer, the source none of its own segments', async (t) => {
  const lab = new RibLab();
  const peers = Array.from({ length: 20 }, (_, i) => lab.upPeer(`c${i}`, CLIENT));
  for (const peer of peers) peer.sends = 0;
  peers.forEach((peer, i) => {
    peer.announce(blocks(i * 10, 10), { med: i });
  });
  lab.settle();
  for (const peer of peers) t.equal(peer.routes.size, 190);
  t.ok(
    peers.every(({ sends }) => sends <= 2),
    'one run, so at most what lies before and behind the own segment',
  );
});

t.test('a member without room gets the latest state, not the history', async (t) => {
  const lab = new RibLab();
  const slow = lab.upPeer('slow', CLIENT);
  const fast = lab.upPeer('fast', CLIENT);
  const from = lab.upPeer('from', CLIENT);
  slow.hasRoom = false;
  for (let med = 0; med < 50; med++) {
    from.announce(blocks(0, 3), { med });
    lab.settle();
  }
  from.withdraws(blocks(2, 1));
  lab.settle();
  t.ok(fast.messages > 50);
  slow.messages = 0;
  slow.drain();
  lab.settle();
  t.same(slow.lines, fast.lines);
  t.equal(slow.messages, 2, 'one announcement, one withdrawal');
});

t.test('a prefix is not reused while a lagging member has its withdrawal to come', async (t) => {
  const lab = new RibLab();
  const slow = lab.upPeer('slow', CLIENT);
  const from = lab.upPeer('from', CLIENT);
  from.announce(blocks(0, 5));
  lab.settle();
  slow.hasRoom = false;
  from.announce(['172.16.0.0/16']);
  lab.settle();
  from.withdraws(blocks(0, 5));
  lab.settle();
  from.announce(blocks(100, 5), { med: 1 });
  lab.settle();
  t.equal(lab.rib.views.sizes('ipv4-unicast').prefixes, 11);
  slow.drain();
  lab.settle();
  t.same([...slow.routes.keys()].sort(), [...blocks(100, 5), '172.16.0.0/16'].sort());
  t.equal(lab.rib.views.sizes('ipv4-unicast').prefixes, 6);
});

t.test('a policy change reaches what a lagging member has not been told yet', async (t) => {
  const lab = new RibLab();
  const slow = lab.upPeer('slow', CLIENT);
  const from = lab.upPeer('from', CLIENT);
  slow.hasRoom = false;
  from.announce(blocks(0, 2), { med: 1 });
  lab.settle();
  from.announce(blocks(0, 2), { med: 2 });
  lab.settle();
  const unused = { localPref: { min: 5000 } };
  slow.update({ exportRules: [{ name: 'x', match: unused, set: {}, action: 'reject' }] });
  lab.settle();
  slow.drain();
  lab.settle();
  t.same(
    [...slow.routes.values()].map(({ med }) => med),
    [2, 2],
  );
});

t.test('a new member gets everything in portions, then End-of-RIB (SESS-6)', async (t) => {
  const lab = new RibLab();
  const old = lab.upPeer('old', CLIENT);
  const from = lab.upPeer('from', { maximumMessageSize: 65_535 });
  from.announce(blocks(0, 10_000));
  from.announce(blocks(10_000, 10_000), { med: 1 });
  lab.settle();
  const late = lab.peer('late', CLIENT);
  late.up();
  lab.step();
  t.ok(late.routes.size > 0 && late.routes.size < 20_000, 'the first portion');
  t.same(late.endsOfRib, []);
  from.announce(blocks(15_000, 1), { med: 2 });
  from.withdraws(blocks(1, 1));
  lab.settle();
  t.same(late.endsOfRib, ['ipv4-unicast']);
  t.same(late.lines, old.lines);
  t.equal(late.needlessWithdrawals, 0);
});

t.test('a dump waits for room', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from', { maximumMessageSize: 65_535 });
  from.announce(blocks(0, 10_000));
  from.announce(blocks(10_000, 10_000), { med: 1 });
  lab.settle();
  const late = lab.peer('late', CLIENT);
  late.up();
  late.hasRoom = false;
  lab.settle();
  t.same(late.endsOfRib, []);
  late.drain();
  lab.settle();
  t.equal(late.routes.size, 20_000);
  t.same(late.endsOfRib, ['ipv4-unicast']);
});

function refreshed(peer: LabPeer, lab: RibLab): number {
  peer.routes.clear();
  peer.messages = 0;
  lab.rib.routeRefresh(peer.id, 'ipv4-unicast');
  lab.settle();
  return peer.routes.size;
}

t.test(
  'ROUTE-REFRESH sends everything again (RFC 2918), between marks where known (RFC 7313)',
  async (t) => {
    const lab = new RibLab();
    const plain = lab.upPeer('plain', CLIENT);
    const enhanced = lab.upPeer('enhanced', { ...CLIENT, hasEnhancedRefresh: true });
    lab.upPeer('from', CLIENT).announce(blocks(0, 10));
    lab.settle();
    t.equal(refreshed(plain, lab), 10);
    t.equal(plain.messages, 1);
    t.equal(refreshed(enhanced, lab), 10);
    t.equal(enhanced.messages, 3);
    t.same(enhanced.endsOfRib, ['ipv4-unicast'], 'no second End-of-RIB');
  },
);

t.test('routes move between many members without a trace of old state', async (t) => {
  const lab = new RibLab();
  const peers = Array.from({ length: 5 }, (_, i) =>
    lab.upPeer(`c${i}`, { ...CLIENT, routerId: i + 1 }),
  );
  for (let round = 0; round < 10; round++) {
    peers.forEach((peer, i) => {
      peer.announce(blocks(0, 20), { localPref: 100 + ((i + round) % 5) });
    });
    lab.settle();
  }
  const best = 4 - (9 % 5);
  peers.forEach((peer, i) => {
    t.equal(peer.routes.size, i === best ? 0 : 20);
    t.equal(lab.rib.counters(peer.id, 'ipv4-unicast').advertised, peer.routes.size);
    t.equal(peer.needlessWithdrawals, 0);
  });
});

const ENHANCED = { ...CLIENT, hasEnhancedRefresh: true };

t.test('a refresh asked for before End-of-RIB begins behind it (RFC 7313 §4)', async (t) => {
  const lab = new RibLab();
  lab.upPeer('from', CLIENT).announce(blocks(0, 10));
  lab.settle();
  const peer = lab.peer('late', ENHANCED);
  peer.up();
  lab.rib.routeRefresh(peer.id, 'ipv4-unicast');
  lab.rib.routeRefresh(peer.id, 'ipv4-unicast');
  lab.settle();
  t.same(peer.marks, ['end-of-rib 10', 'begin 10', 'end 10']);
});

t.test(
  'between the marks everything comes, also when the peer changes groups meanwhile',
  async (t) => {
    const lab = new RibLab();
    const peer = lab.upPeer('to', ENHANCED);
    const from = lab.upPeer('from', CLIENT);
    for (let first = 0; first < 20_000; first += 10_000) from.announce(blocks(first, 10_000));
    lab.settle();
    peer.routes.clear();
    peer.marks.length = 0;
    peer.hasRoom = false;
    lab.rib.routeRefresh(peer.id, 'ipv4-unicast');
    lab.settle();
    peer.drain();
    peer.hasRoom = false;
    lab.settle();
    t.match(peer.marks, ['begin 0'], 'under way');
    const harmless = { name: 'all', match: {}, set: {}, action: 'accept' } as const;
    peer.update({ exportRules: [harmless] });
    lab.settle();
    peer.drain();
    lab.settle();
    t.match(peer.marks.at(-1), 'end 20000');
    t.equal(peer.routes.size, 20_000);
  },
);

t.test('what a peer does not repeat between its marks is gone (RFC 7313 §4)', async (t) => {
  const lab = new RibLab();
  const to = lab.upPeer('to', CLIENT);
  const from = lab.upPeer('from', CLIENT);
  from.announce(blocks(0, 10));
  lab.settle();
  const before = to.messages;
  lab.rib.beginRefresh(from.id, 'ipv4-unicast');
  from.announce(blocks(0, 4));
  from.announce(blocks(4, 2), { med: 9 });
  lab.settle();
  t.equal(to.routes.size, 10, 'they stay until the end');
  lab.rib.endRefresh(from.id, 'ipv4-unicast');
  lab.settle();
  t.same([...to.routes.keys()].sort(), blocks(0, 6).sort());
  t.equal(to.messages - before, 2, 'one message of changes, one of withdrawals');
  lab.rib.endRefresh(from.id, 'ipv4-unicast');
  lab.settle();
  t.equal(to.routes.size, 6);
});

t.test('a deferred member is told our own routes, the rest after it (RFC 4724 §4.1)', async (t) => {
  const lab = new RibLab();
  const own = (to: string) =>
    ({ prefix: prefix(to), source: 'static', gateway: undefined }) as const;
  const [kept, gone, contested] = ['10.250.0.0/24', '10.251.0.0/24', '10.252.0.0/24'] as const;
  for (const to of [kept, gone, contested]) lab.rib.originate(own(to));
  const from = lab.upPeer('from', CLIENT);
  const to = lab.upPeer('to', { ...CLIENT, deferral: 'routes' });
  from.announce(blocks(0, 1000));
  lab.settle();
  t.same([...to.routes.keys()].sort(), [kept, gone, contested]);
  t.same(to.endsOfRib, []);
  t.notOk(lab.rib.hasWork, 'nothing spins meanwhile');
  lab.rib.withdrawLocal(prefix(gone), 'static');
  lab.settle();
  t.notOk(to.routes.has(gone));
  to.hasRoom = false;
  lab.rib.withdrawLocal(prefix(contested), 'static');
  lab.settle();
  lab.rib.endDeferral(to.id);
  to.drain();
  lab.settle();
  t.equal(to.routes.size, 1001);
  t.notOk(to.routes.has(contested));
  t.same(to.marks, ['end-of-rib 1001'], 'after all of it');
  t.equal(to.needlessWithdrawals, 0);
});

t.test('a member that restarts as well is told everything but End-of-RIB meanwhile', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from', CLIENT);
  const to = lab.upPeer('to', { ...CLIENT, deferral: 'end-of-rib' });
  from.announce(blocks(0, 10));
  lab.settle();
  t.equal(to.routes.size, 10);
  t.same(to.endsOfRib, []);
  const before = to.changes;
  lab.rib.endDeferral(to.id);
  lab.settle();
  t.same(to.marks, ['end-of-rib 10']);
  t.equal(to.changes, before, 'nothing twice');
});
