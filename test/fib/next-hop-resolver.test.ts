import t from 'tap';
import type { KernelRoute, RouteTarget } from '../../src/fib/kernel.ts';
import { KernelView } from '../../src/fib/kernel-view.ts';
import { KernelNextHopResolver } from '../../src/fib/next-hop-resolver.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../src/net/text.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { memoryLab } from '../support/kernel-lab.ts';

async function open(routes: readonly KernelRoute[] = [], table = 254) {
  const { kernel } = memoryLab();
  for (const route of routes) kernel.put(route);
  const clock = new FakeClock();
  const view = new KernelView({ kernel, clock, protocol: 12, table, log: silentLog });
  await view.start();
  const resolver = new KernelNextHopResolver(view);
  const changes: string[] = [];
  resolver.onChange((changed) => void changes.push(changed.map((a) => formatAddress(a)).join(' ')));
  /** Lets time pass and a read that falls due complete. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed <= ms; passed += 100) {
      clock.advance(Math.min(passed, 100));
      for (let i = 0; i < 50; i++) await Promise.resolve();
    }
    clock.advance(0);
  };
  const answer = (text: string) => {
    const { isReachable, igpCost, interface: name, hop } = resolver.resolve(ip(text));
    if (!isReachable) return 'unreachable';
    const via = hop?.via ? formatAddress(hop.via) : '-';
    return `via ${via} dev ${hop?.dev}${hop?.onlink ? ' onlink' : ''} on ${name} cost ${igpCost}`;
  };
  return { kernel, clock, view, resolver, pass, answer, changes };
}

const UNKNOWN = 0xffffffff;

t.test('a next hop on a connected subnet is direct, at no cost (RIB-2, RIB-3)', async (t) => {
  const { answer } = await open();
  t.equal(answer('10.9.0.7'), 'via 10.9.0.7 dev lan0 on lan0 cost 0');
  t.equal(answer('fd09::7'), 'via fd09::7 dev lan0 on lan0 cost 0');
});

t.test('a next hop behind a learned route takes its gateway (RIB-3)', async (t) => {
  const { answer } = await open([
    learned('0.0.0.0/0', '10.9.0.254', 3),
    learned('198.51.100.0/24', '10.9.0.253', 80),
  ]);
  t.equal(answer('198.51.100.7'), `via 10.9.0.253 dev lan0 on lan0 cost ${UNKNOWN}`);
  t.equal(answer('203.0.113.7'), `via 10.9.0.254 dev lan0 on lan0 cost ${UNKNOWN}`, 'default');
});

t.test('an own address is no next hop (RIB-3)', async (t) => {
  const { answer } = await open([learned('0.0.0.0/0', '10.9.0.254', 3)]);
  t.equal(answer('10.9.0.1'), 'unreachable');
  t.equal(answer('0.0.0.0'), 'unreachable');
});

t.test('BGP routes and those of ignored protocols resolve nothing (RIB-3, LEARN-2)', async (t) => {
  const { answer } = await open(
    [0, 1, 2, 12].map((p) => learned(`198.51.100.${p}/32`, '10.9.0.9', p)),
  );
  for (const last of [0, 1, 2, 12]) t.equal(answer(`198.51.100.${last}`), 'unreachable');
});

t.test('routes of other tables resolve nothing (LEARN-1)', async (t) => {
  const { answer } = await open([{ ...learned('198.51.100.0/24', '10.9.0.9', 4), table: 100 }]);
  t.equal(answer('198.51.100.7'), 'unreachable');
});

t.test('with a table of our own, its routes come before those of main (LEARN-1)', async (t) => {
  const own = { ...learned('198.51.100.0/24', '10.9.0.9', 4, 20), table: 100 };
  const main = learned('198.51.100.0/24', '10.9.0.8', 4, 10);
  const { answer, kernel, pass, view } = await open([own, main], 100);
  t.match(answer('198.51.100.7'), 'via 10.9.0.9 ');
  t.match(view.foreignAt(own.prefix, 20), { table: 100 });
  t.equal(view.foreignAt(own.prefix, 10), undefined, 'of main: not in our way');
  kernel.remove(own);
  await pass(0);
  t.match(answer('198.51.100.7'), 'via 10.9.0.8 ');
});

t.test('a blackhole in the way makes unreachable', async (t) => {
  const blackhole: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };
  const { answer } = await open([
    learned('0.0.0.0/0', '10.9.0.254', 3),
    { prefix: cidr('198.51.100.0/24'), target: blackhole, table: 254, protocol: 4 },
  ]);
  t.equal(answer('198.51.100.7'), 'unreachable');
});

t.test('the lowest metric of a prefix counts (LEARN-2)', async (t) => {
  const { answer, kernel, pass } = await open([
    learned('198.51.100.0/24', '10.9.0.20', 4, 20),
    learned('198.51.100.0/24', '10.9.0.10', 4, 10),
  ]);
  t.match(answer('198.51.100.7'), 'via 10.9.0.10 ');
  kernel.remove(learned('198.51.100.0/24', '10.9.0.10', 4, 10));
  await pass(0);
  t.match(answer('198.51.100.7'), 'via 10.9.0.20 ');
});

t.test('a next hop behind an interface route is direct on that interface', async (t) => {
  const target: RouteTarget = { type: 'unicast', nextHops: [{ dev: 'tunl0' }], metric: 0 };
  const route = { prefix: cidr('198.51.100.7/32'), target, table: 254, protocol: 80 };
  const { answer } = await open([route]);
  t.equal(answer('198.51.100.7'), 'via 198.51.100.7 dev tunl0 on tunl0 cost 0');
});

t.test('own static routes resolve, through each other too (LEARN-7)', async (t) => {
  const { answer, resolver } = await open([learned('0.0.0.0/0', '10.9.0.254', 3)]);
  resolver.setStatics([
    { prefix: cidr('198.51.100.7/32'), via: ip('10.9.0.77') },
    { prefix: cidr('203.0.113.1/32'), via: ip('198.51.100.7') },
    { prefix: cidr('203.0.113.5/32'), via: ip('203.0.113.6') },
    { prefix: cidr('203.0.113.6/32'), via: ip('203.0.113.5') },
  ]);
  t.equal(answer('198.51.100.7'), `via 10.9.0.77 dev lan0 on lan0 cost ${UNKNOWN}`);
  t.equal(answer('203.0.113.1'), `via 10.9.0.77 dev lan0 on lan0 cost ${UNKNOWN}`);
  t.equal(answer('203.0.113.5'), 'unreachable', 'a loop');
});

t.test('only next hops in use whose answer changed are told', async (t) => {
  const { answer, kernel, pass, changes } = await open([learned('0.0.0.0/0', '10.9.0.254', 3)]);
  answer('198.51.100.7');
  answer('10.9.0.7');
  kernel.put(learned('192.0.2.0/24', '10.9.0.9', 4));
  await pass(0);
  t.same(changes, [], 'nobody asked for 192.0.2.0/24');
  kernel.put(learned('198.51.100.0/24', '10.9.0.9', 4));
  await pass(0);
  t.same(changes, ['198.51.100.7']);
  t.match(answer('198.51.100.7'), 'via 10.9.0.9 ');
});

t.test('an answer is the same object until it changes', async (t) => {
  const { resolver, kernel, pass } = await open();
  const before = resolver.resolve(ip('10.9.0.7'));
  kernel.put(learned('192.0.2.0/24', '10.9.0.9', 4));
  await pass(0);
  t.equal(resolver.resolve(ip('10.9.0.7')), before);
  t.not(resolver.resolve(ip('198.51.100.1')), resolver.resolve(ip('198.51.100.2')));
});

t.test('an interface that goes down takes its next hops along, and brings them back', async (t) => {
  const { answer, kernel, pass, changes } = await open([learned('0.0.0.0/0', '10.9.0.254', 3)]);
  answer('10.9.0.7');
  answer('198.51.100.7');
  kernel.setLink('lan0', false);
  await pass(500);
  t.equal(answer('10.9.0.7'), 'unreachable');
  t.equal(answer('198.51.100.7'), 'unreachable');
  kernel.setLink('lan0', true);
  await pass(500);
  t.match(answer('10.9.0.7'), 'via 10.9.0.7 ');
  t.same(changes, ['10.9.0.7 198.51.100.7', '10.9.0.7']);
});

t.test('subnets are those of global, primary addresses (LEARN-5)', async (t) => {
  const { kernel, view, pass } = await open();
  kernel.addLink('eth1', [
    { address: ip('192.0.2.1'), length: 24 },
    { address: ip('192.0.3.1'), length: 24, isSecondary: true },
    { address: ip('169.254.0.1'), length: 16, isGlobalScope: false },
  ]);
  await pass(500);
  const subnets = [...view.subnets()].map((s) => `${formatPrefix(s.prefix)} ${s.interface}`);
  t.same(subnets.sort(), ['10.9.0.0/24 lan0', '192.0.2.0/24 eth1', 'fd09::/64 lan0']);
  t.ok(view.isOwnAddress(ip('192.0.3.1')), 'but all addresses are own');
});

t.test('learned routes and interfaces can be listed', async (t) => {
  const { view, kernel, pass } = await open([learned('198.51.100.0/24', '10.9.0.9', 80)]);
  t.same(
    [...view.routes()].map(({ prefix }) => formatPrefix(prefix)),
    ['198.51.100.0/24'],
  );
  t.equal(view.route(cidr('198.51.100.0/24'))?.protocol, 80);
  t.ok(view.isInterfaceEnabled('tunl0'));
  kernel.removeLink('tunl0');
  await pass(500);
  t.notOk(view.isInterfaceEnabled('tunl0'));
});

t.test('the coming and going of an interface someone asked for is told (FIB-9)', async (t) => {
  const { resolver, kernel, pass, changes } = await open();
  t.ok(resolver.isInterfaceEnabled('tunl0'));
  kernel.removeLink('tunl0');
  await pass(500);
  t.notOk(resolver.isInterfaceEnabled('tunl0'));
  t.same(changes, ['']);
});

t.test(
  'an interface that is taken down carries no routes until it is up again (FIB-9)',
  async (t) => {
    const { resolver, kernel, pass, changes } = await open();
    t.ok(resolver.isInterfaceEnabled('tunl0'));
    kernel.setLink('tunl0', false);
    await pass(500);
    t.notOk(resolver.isInterfaceEnabled('tunl0'));
    kernel.setLink('tunl0', true);
    await pass(500);
    t.ok(resolver.isInterfaceEnabled('tunl0'));
    t.same(changes, ['', '']);
  },
);

t.test('stopping leaves no timer', async (t) => {
  const { view, clock, kernel } = await open();
  view.stop();
  kernel.overrun();
  t.equal(clock.pendingTimers, 0);
});

function learned(prefix: string, gateway: string, protocol: number, metric = 0): KernelRoute {
  const nextHops = [{ via: ip(gateway), dev: 'lan0' }];
  const target: RouteTarget = { type: 'unicast', nextHops, metric };
  return { prefix: cidr(prefix), target, table: 254, protocol };
}

function ip(text: string) {
  return parseAddress(text)!;
}

function cidr(text: string) {
  return parsePrefix(text)!;
}
