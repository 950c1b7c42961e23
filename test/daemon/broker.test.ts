import t from 'tap';
import type { Caller, OriginateOrder } from '../../src/api/views.ts';
import type { Origination } from '../../src/daemon/broker.ts';
import { parsePrefix } from '../../src/net/text.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const ROOT: Caller = { uid: 0, gids: [0] };
const OWNERS = `
brokerOwners:
- { name: lb, prefixes: [192.0.2.0/24+, "2001:db8::/32+"], quota: 3, lease: 30, maximumLease: 60 }
- { name: other, prefixes: [192.0.2.0/25+, 10.0.0.0/8+], users: [1001], groups: [2002] }`;

function config(address: string, other: string, rest = ''): string {
  return `
router: { asNumber: 64512, routerId: ${address} }
neighbors:
  - { name: peer, address: ${other}, asNumber: 64512, sourceAddress: ${address}, gracefulRestart: { enabled: false }, families: [ipv4-unicast, ipv6-unicast], nextHopAddress: { ipv6: "2001:db8:ffff::1" } }
${rest}`;
}

function order(prefixes: string[], more: Partial<OriginateOrder> = {}): OriginateOrder {
  const plain = { all: false, communities: [], localPref: undefined, med: undefined };
  return { owner: 'lb', prefixes, leaseSec: undefined, ...plain, ...more };
}

async function pair(rest = OWNERS): Promise<{ lab: Lab; a: LabNode; b: LabNode }> {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config('10.0.0.1', '10.0.0.2', rest));
  const b = lab.node('10.0.0.2', config('10.0.0.2', '10.0.0.1'));
  await a.start();
  await b.start();
  await lab.settle();
  return { lab, a, b };
}

t.test('a route is announced with its attributes, and the kernel stays out of it', async (t) => {
  const { lab, a, b } = await pair();
  const attributes = { communities: ['64512:7', '1:2:3', '64512:7'], localPref: 300, med: 5 };
  const [view] = a.commands.originate(order(['192.0.2.1/32'], attributes), ROOT);
  t.match(view, { prefix: '192.0.2.1/32', owner: 'lb', leaseSec: 30, expiresInSec: 30 });
  await lab.settle(1000);
  t.match(
    [...b.views.rib('192.0.2.1/32')],
    [
      {
        nextHop: '10.0.0.1',
        asPath: '',
        localPref: 300,
        med: 5,
        communities: ['64512:7'],
        largeCommunities: ['1:2:3'],
      },
    ],
  );
  t.same(a.kernelRoutes(), []);
  t.match([...a.views.rib('192.0.2.1/32')], [{ neighbor: 'broker', owner: 'lb', kernel: 'none' }]);
  t.match(a.views.originated(), [{ prefix: '192.0.2.1/32', best: true, communities: ['64512:7'] }]);
  t.match(a.views.explain('192.0.2.1', undefined)?.steps, [
    { code: 'originated', text: /behalf of 'lb'.* ends in \d+ s/, object: 'brokerOwners lb' },
  ]);
});

t.test('a lease that is not renewed takes the route back, a renewed one lasts', async (t) => {
  const { lab, a, b } = await pair();
  const isThere = () => [...b.views.rib('192.0.2.1/32')].length === 1;
  a.commands.originate(order(['192.0.2.1/32']), ROOT);
  await lab.settle(25_000);
  const { update } = a.sent('peer');
  a.commands.originate(order(['192.0.2.1/32']), ROOT);
  await lab.settle(25_000);
  t.ok(isThere());
  t.equal(a.sent('peer')['update'], update, 'a renewal sends nothing');
  await lab.settle(6_000);
  t.notOk(isThere());
  t.same(a.views.originated(), []);
  t.match(a.views.explain('192.0.2.1/32', undefined)?.history, [{}, { event: 'withdrawn' }]);
});

t.test('another content replaces the route, removing it withdraws it', async (t) => {
  const { lab, a, b } = await pair();
  a.commands.originate(order(['192.0.2.1/32', '2001:db8::1/128']), ROOT);
  a.commands.originate(order(['192.0.2.1/32'], { med: 9 }), ROOT);
  await lab.settle(1000);
  t.match([...b.views.rib('192.0.2.1/32')], [{ med: 9 }]);
  t.match([...b.views.rib('2001:db8::1/128')], [{ med: null, nextHop: '2001:db8:ffff::1' }]);
  t.equal(a.commands.withdrawOriginated(order(['192.0.2.1/32', '192.0.2.9/32']), ROOT), 1);
  t.equal(a.commands.withdrawOriginated(order([], { all: true }), ROOT), 1);
  await lab.settle(1000);
  t.same(b.routes(), []);
});

t.test('what is wrong or not allowed changes nothing, not even in part', async (t) => {
  const { a } = await pair();
  a.commands.originate(order(['192.0.2.1/32']), ROOT);
  const stranger: Caller = { uid: 5, gids: [5] };
  const cases: readonly [OriginateOrder, Caller | undefined, RegExp][] = [
    [order(['192.0.2.2/32'], { owner: 'nobody' }), ROOT, /no owner 'nobody'.* lb, other/],
    [order(['192.0.2.2/32', '198.51.100.1/32']), ROOT, /may not announce 198.51.100.1\/32/],
    [order(['0.0.0.0/0']), ROOT, /may not announce 0.0.0.0\/0/],
    [order(['192.0.2.2/32', '192.0.2.3/32', '192.0.2.4/32']), ROOT, /4 routes; its quota is 3/],
    [order(['192.0.2.2/32'], { leaseSec: 61 }), ROOT, /at most 60 s/],
    [order(['192.0.2.2/32'], { leaseSec: 1 }), ROOT, /from 5 on/],
    [order(['192.0.2.2/24']), ROOT, /without host bits/],
    [order([]), ROOT, /1 to 1000 prefixes/],
    [order(['192.0.2.2/32'], { communities: ['x'] }), ROOT, /'x' is no community/],
    [order(['192.0.2.2/32'], { med: -1 }), ROOT, /med is/],
    [order(['192.0.2.1/32'], { owner: 'other' }), ROOT, /announced by 'lb' already/],
    [order(['10.0.0.0/8'], { owner: 'other' }), stranger, /user 5 may not speak for 'other'/],
    [order(['10.0.0.0/8'], { owner: 'other' }), undefined, /cannot be told/],
  ];
  for (const [wrong, caller, reason] of cases) {
    t.throws(() => a.commands.originate(wrong, caller), { message: reason });
  }
  const foreign = order(['192.0.2.1/32'], { owner: 'other' });
  t.equal(a.commands.withdrawOriginated(foreign, ROOT), 0, 'of another owner');
  t.throws(() => a.commands.withdrawOriginated(foreign, stranger), { message: /may not speak/ });
  t.match(
    a.views.originated().map(({ prefix }) => prefix),
    ['192.0.2.1/32'],
  );
  for (const caller of [
    { uid: 1001, gids: [] },
    { uid: 5, gids: [5, 2002] },
  ]) {
    a.commands.originate(order(['10.0.0.0/8'], { owner: 'other' }), caller);
  }
});

t.test('export policies tell such routes apart by their source', async (t) => {
  const policies = `policies: { none: [{ match: { sources: [broker] }, action: reject }] }`;
  const { lab, a, b } = await pair(`${OWNERS}\n${policies}`);
  await a.apply(
    config('10.0.0.1', '10.0.0.2', `${OWNERS}\n${policies}`).replace(
      'sourceAddress',
      'export: [none], sourceAddress',
    ),
  );
  a.commands.originate(order(['192.0.2.1/32']), ROOT);
  await lab.settle(1000);
  t.same(b.routes(), []);
  t.match(a.views.explain('192.0.2.1', undefined), { outcome: /export \(peer\).*policy none/ });
});

t.test('an owner that may no more loses its routes at once (RECONF-12)', async (t) => {
  const { lab, a, b } = await pair();
  a.commands.originate(order(['192.0.2.1/32', '192.0.2.200/32']), ROOT);
  let changes = 0;
  a.daemon.broker.changed = () => void changes++;
  await a.apply(config('10.0.0.1', '10.0.0.2', OWNERS.replace('192.0.2.0/24+', '192.0.2.0/25+')));
  await lab.settle(1000);
  t.same(b.routes(), ['192.0.2.1/32 via 10.0.0.1']);
  await a.apply(config('10.0.0.1', '10.0.0.2'));
  await lab.settle(1000);
  t.same(b.routes(), []);
  t.equal(changes, 2, 'whoever stores them is told');
  t.equal(a.state('peer'), 'Established');
});

t.test('it gives way to a block of our own and comes before what neighbors tell', async (t) => {
  const { lab, a, b } = await pair(`${OWNERS}\nblocks: [{ cidr: 192.0.2.64/26 }]`);
  await b.apply(
    config('10.0.0.2', '10.0.0.1', 'blocks: [{ cidr: 192.0.2.128/26, blackhole: false }]'),
  );
  a.commands.originate(order(['192.0.2.64/26', '192.0.2.128/26']), ROOT);
  await lab.settle(1000);
  t.match(a.views.originated(), [{ best: false }, { best: true }]);
  t.same(a.kernelRoutes(), ['192.0.2.64/26 blackhole 0']);
  a.commands.withdrawOriginated(order([], { all: true }), ROOT);
  await lab.settle(1000);
  t.match(a.kernelRoutes(), ['192.0.2.128/26 unicast 10.0.0.2 1024', '192.0.2.64/26 blackhole 0']);
});

t.test('leases go on over a restart, as far as they are allowed and not long over', async (t) => {
  const { lab, a, b } = await pair();
  const stored = (prefix: string, expiresAt: number, owner = 'lb'): Origination => ({
    owner,
    prefix: parsePrefix(prefix)!,
    ...{ localPref: undefined, med: undefined, communities: [], largeCommunities: [] },
    ...{ leaseSec: 30, since: 0, expiresAt: lab.clock.now() + expiresAt },
  });
  a.daemon.broker.restore([
    stored('192.0.2.1/32', 20_000),
    stored('192.0.2.2/32', -10_000),
    stored('192.0.2.3/32', -31_000),
    stored('198.51.100.1/32', 20_000),
    stored('192.0.2.4/32', 20_000, 'gone'),
  ]);
  await lab.settle(1000);
  t.same(b.routes(), ['192.0.2.1/32 via 10.0.0.1', '192.0.2.2/32 via 10.0.0.1']);
  await lab.settle(15_000);
  t.same(b.routes(), ['192.0.2.1/32 via 10.0.0.1'], 'time to repeat it, and no more');
  await lab.settle(5_000);
  t.same(b.routes(), []);
});

t.test('a stopped daemon leaves no timer of a lease behind', async (t) => {
  const { lab, a, b } = await pair();
  a.commands.originate(order(['192.0.2.1/32']), ROOT);
  await b.crash();
  await a.crash();
  const before = lab.clock.pendingTimers;
  await lab.settle(60_000);
  t.ok(lab.clock.pendingTimers <= before);
  t.equal(a.stopped, 0);
});
