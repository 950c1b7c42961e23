/** The FIB and the view of the network on a real kernel, which others change as well. */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { FibRouteView } from '../../src/api/views.ts';
import { Fib } from '../../src/fib/fib.ts';
import type { RouteTarget } from '../../src/fib/kernel.ts';
import { KernelView } from '../../src/fib/kernel-view.ts';
import { NetlinkKernel } from '../../src/fib/netlink-kernel.ts';
import { KernelNextHopResolver } from '../../src/fib/next-hop-resolver.ts';
import { parseAddress, parsePrefix } from '../../src/net/text.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { makeInterfaces, removeInterfaces } from '../support/kernel-lab.ts';
import { inNamespace, ip, ipBatch } from '../support/namespace.ts';

const PROTOCOL = 12;
const TABLE = 254;
const A = cidr('100.64.0.0/26');
const A6 = cidr('fd64::/122');

await inNamespace(t, import.meta.url, async () => {
  await t.test('a foreign route keeps its place, ours comes when it goes (FIB-13)', async (t) => {
    const { fib } = await open(t);
    for (const [prefix, gateway, other] of [
      [A, '10.9.0.2', 'route add 100.64.0.0/26 via 10.9.0.9 metric 1024 proto 80'],
      [A6, 'fd09::2', '-6 route add fd64::/122 via fd09::9 metric 1024 proto 80'],
    ] as const) {
      ip(other);
      fib.want(prefix, via(gateway));
      await fib.flush();
      const words = /^protocol 80 has the place: unicast via .* metric 1024/;
      const isForeign = ({ state, error }: FibRouteView) =>
        state === 'foreign' && words.test(error ?? '');
      await until(t, () => [...fib.routes()].filter(isForeign).length === 1);
      ip(other.replace(' add ', ' del '));
      await until(t, () => fib.stateOf(prefix) === 'installed');
    }
  });

  await t.test('another writer is seen by its netlink port, and not fought (FIB-14)', async (t) => {
    const { fib } = await open(t);
    fib.want(A, via('10.9.0.2'));
    await fib.flush();
    for (let strike = 0; strike < 3; strike++) {
      ip('route del 100.64.0.0/26 proto 12');
      await until(t, () => ip('route show proto 12') !== '');
    }
    ip('route del 100.64.0.0/26 proto 12');
    await until(t, () => fib.counters.drifted === 4);
    const [shown] = [...fib.routes()];
    t.match(shown, { state: 'missing', error: /deleted by another program 4 times/ });
    t.match(shown?.contest, { did: 'deleted', protocol: 12, metric: 1024, losses: 4 });
    t.ok((shown?.contest?.port ?? 0) > 0, 'the port of the ip command');
    t.equal(ip('route show proto 12'), '', 'left alone for now');
    await until(t, () => fib.stateOf(A) === 'installed');
  });

  await t.test('an interface made anew with another index is followed', async (t) => {
    const { fib, resolver } = await open(t);
    const target = () => {
      const { hop } = resolver.resolve(parseAddress('10.9.0.2')!);
      const withheld = hop ? {} : { withheld: 'no way' };
      return { type: 'unicast', nextHops: hop ? [hop] : [], metric: 1024, ...withheld } as const;
    };
    resolver.onChange(() => fib.retarget(target));
    for (let i = 0; i < 200; i++) fib.want(cidr(`100.64.${i}.0/24`), target());
    await fib.flush();
    const count = () => ip('route show proto 12').trim().split('\n').length;
    t.equal(count(), 200);
    const before = ip('-o link show lan0').split(':')[0];
    ip('link del lan0');
    ip('link add lan0 type veth peer name far0');
    t.not(ip('-o link show lan0').split(':')[0], before);
    ip('addr add 10.9.0.1/24 dev lan0');
    ip('link set far0 up');
    ip('link set lan0 up');
    await until(t, () => count() === 200);
    t.match([...fib.routes()], [{ contest: null }], 'nobody is blamed for it');
  });

  await t.test('lost events are made up for by a read (ENOBUFS)', async (t) => {
    const { fib, kernel, view } = await open(t);
    fib.want(A, via('10.9.0.2'));
    await fib.flush();
    const told = new Set<string>();
    kernel.watch(({ kind }) => told.add(kind));
    const lines = ['route del 100.64.0.0/26 proto 12'];
    for (let i = 0; i < 30_000; i++) {
      lines.push(`route add 101.${i >> 8}.${i & 255}.0/24 via 10.9.0.9 proto 80`);
    }
    // Nobody reads events while this runs: there are more of them than a socket holds.
    ipBatch(lines);
    await until(t, () => fib.stateOf(A) === 'installed' && [...view.routes()].length >= 30_000);
    t.ok(told.has('overrun'), 'events were lost');
    t.match(ip('route show proto 12'), /^100.64.0.0\/26 via 10.9.0.2/);
  });

  await t.test('10,000 routes are back soon after the link is (IPv4, IPv6)', async (t) => {
    const { fib } = await open(t);
    for (let i = 0; i < 5000; i++) {
      fib.want(cidr(`101.${i >> 8}.${i & 255}.0/24`), via('10.9.0.2'));
      fib.want(cidr(`fd65:${i.toString(16)}::/48`), via('fd09::2'));
    }
    await fib.flush();
    t.ok([...fib.routes()].every(({ state }) => state === 'installed'));
    ip('link set lan0 down');
    await until(t, () => [...fib.routes()].every(({ state }) => state !== 'installed'));
    ip('link set lan0 up');
    ip('addr add fd09::1/64 dev lan0 nodad');
    const startedAt = performance.now();
    await until(t, () => [...fib.routes()].every(({ state }) => state === 'installed'));
    t.comment(`back after ${Math.round(performance.now() - startedAt)} ms`);
  });
});

/** A FIB past initial convergence, with what it needs to know of the network. */
async function open(t: Test) {
  makeInterfaces();
  const kernel = await NetlinkKernel.open();
  const clock = new SystemClock();
  const shared = { kernel, clock, log: silentLog };
  const view = new KernelView({ ...shared, protocol: PROTOCOL, table: TABLE });
  const resolver = new KernelNextHopResolver(view);
  const settings = { enabled: true, protocol: PROTOCOL, table: TABLE };
  const fib = new Fib({
    ...shared,
    settings,
    foreignAt: (prefix, metric) => view.foreignAt(prefix, metric),
  });
  await view.start();
  await fib.start();
  fib.release();
  t.teardown(async () => {
    await fib.stop();
    view.stop();
    await kernel.close();
    removeInterfaces();
  });
  return { kernel, fib, view, resolver };
}

/** Waits for what must come; the test's own timeout is the limit. */
async function until(t: Test, isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
  t.pass();
}

function via(gateway: string): RouteTarget {
  const nextHops = [{ via: parseAddress(gateway)!, dev: 'lan0' }];
  return { type: 'unicast', nextHops, metric: 1024 };
}

function cidr(text: string) {
  return parsePrefix(text)!;
}
