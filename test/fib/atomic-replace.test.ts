/** Live routes change without a gap (FIB-15): packets cross while they do, and none is lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Fib } from '../../src/fib/fib.ts';
import type { RouteTarget } from '../../src/fib/kernel.ts';
import { NetlinkKernel } from '../../src/fib/netlink-kernel.ts';
import { parseAddress, parsePrefix } from '../../src/net/text.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { inNamespace, ip } from '../support/namespace.ts';
import { startProbe } from '../support/udp-probe.ts';

const GATEWAYS = 16;
const CHANGES = 200;
const PORT = 9000;

interface Change {
  readonly name: string;
  /** What the route is in the i-th round. */
  target(base: string, i: number): RouteTarget;
}

const CHANGED: readonly Change[] = [
  { name: 'next hop', target: (base, i) => unicast(base, [i % 2], 1024) },
  { name: 'metric', target: (base, i) => unicast(base, [0], 512 + (i % 2) * 512) },
  { name: 'width', target: (base, i) => unicast(base, first([1, 2, 16, 3][i % 4]!), 1024) },
  {
    name: 'members',
    target: (base, i) => unicast(base, [(i % 4) + 1, ((i + 1) % 4) + 6], 1024),
  },
];

await inNamespace(t, import.meta.url, async () => {
  const farPid = await makeFar(t);
  for (const [family, prefix, address, base] of [
    ['IPv4', '100.64.0.0/24', '100.64.0.1', '10.9.0.'],
    ['IPv6', 'fd64::/64', 'fd64::1', 'fd09::'],
  ] as const) {
    for (const { name, target } of CHANGED) {
      await t.test(
        `no packet is lost while the ${name} of a route changes, ${family}`,
        async (t) => {
          const { fib, kernel } = await open();
          const route = parsePrefix(prefix)!;
          fib.want(route, target(base, 0));
          await fib.flush();
          const endProbe = await startProbe({ farPid, address, port: PORT, packetsPerSec: 1000 });
          for (let i = 1; i <= CHANGES; i++) {
            fib.want(route, target(base, i));
            await fib.flush();
            if (fib.stateOf(route) !== 'installed') t.fail(`change ${i} did not come in`);
            await delay(2);
          }
          const { sent, failed, received } = await endProbe();
          t.comment(`${sent} packets`);
          t.ok(sent > CHANGES, 'packets were sent all the while');
          t.same({ failed, lost: sent - received }, { failed: 0, lost: 0 });
          fib.unwant(route);
          await fib.flush();
          await fib.stop();
          await kernel.close();
        },
      );
    }
  }
});

/** Another namespace behind lan0, which stands for all gateways and the destinations. */
async function makeFar(t: Test): Promise<number> {
  const holder = spawn('unshare', ['-n', '--', 'sh', '-c', 'echo; cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => holder.stdin.end());
  await once(holder.stdout, 'data');
  const pid = holder.pid!;
  ip('link add lan0 type veth peer name far0');
  ip(`link set far0 netns ${pid}`);
  ip('addr add 10.9.0.1/24 dev lan0');
  ip('addr add fd09::1/64 dev lan0 nodad');
  ip('link set lan0 up');
  const far = `nsenter -t ${pid} -n -- ip`;
  const run = (words: string) => once(spawn('sh', ['-c', words], { stdio: 'inherit' }), 'exit');
  const addresses = [...gateways('10.9.0.', 24), ...gateways('fd09::', 64)];
  const places = [...addresses, '100.64.0.1/32', 'fd64::1/128'];
  const added = places.map(
    (place) => `${far} addr add ${place} dev far0${place.includes(':') ? ' nodad' : ''}`,
  );
  await run([`${far} link set far0 up`, ...added].join(' && '));
  return pid;
}

function gateways(base: string, length: number): string[] {
  return Array.from({ length: GATEWAYS }, (_, i) => `${gatewayOf(base, i)}/${length}`);
}

function gatewayOf(base: string, index: number): string {
  const last = index + 2;
  return base + (base.includes(':') ? last.toString(16) : last);
}

async function open() {
  const kernel = await NetlinkKernel.open();
  const settings = { enabled: true, protocol: 12, table: 254 };
  const fib = new Fib({ kernel, clock: new SystemClock(), settings, log: silentLog });
  await fib.start();
  fib.release();
  return { kernel, fib };
}

function first(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function unicast(base: string, indexes: readonly number[], metric: number): RouteTarget {
  const nextHops = indexes.map((i) => ({ via: parseAddress(gatewayOf(base, i))!, dev: 'lan0' }));
  return { type: 'unicast', nextHops, metric };
}
