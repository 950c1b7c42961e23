import { execFileSync } from 'node:child_process';
import t from 'tap';
import { Fib } from '../../src/fib/fib.ts';
import type { KernelChange } from '../../src/fib/kernel.ts';
import { NetlinkKernel } from '../../src/fib/netlink-kernel.ts';
import { parseAddress, parsePrefix } from '../../src/net/text.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { testKernel } from '../contract/kernel.ts';
import { liveLab, makeInterfaces, removeInterfaces } from '../support/kernel-lab.ts';
import { inNamespace, ip } from '../support/namespace.ts';

await inNamespace(t, import.meta.url, async () => {
  testKernel(
    t,
    async () => {
      makeInterfaces();
      return liveLab(await NetlinkKernel.open());
    },
    async ({ kernel }) => {
      await kernel.close();
      removeInterfaces();
    },
  );

  t.test('without the privilege opening fails with one clear sentence', async (t) => {
    const url = new URL('../../src/fib/netlink-kernel.ts', import.meta.url);
    const script = `import { NetlinkKernel } from '${url}';
      for (const isReadOnly of [true, false]) {
        await NetlinkKernel.open({ isReadOnly }).then(
          (kernel) => kernel.close().then(() => console.log('open')),
          (error) => console.log(error.code + ': ' + error.message),
        );
      }`;
    // A user namespace below, whose capabilities say nothing about this network namespace.
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', script];
    const printed = execFileSync('unshare', ['-U', '--', ...node], { encoding: 'utf8' });
    t.equal(
      printed,
      'open\nCATBIRD_NO_PRIVILEGE: not allowed to change kernel routes: ' +
        'give the process CAP_NET_ADMIN, or set fib.enabled: false\n',
    );
  });

  t.test('one that ignores routes hears of links and addresses alone', async (t) => {
    makeInterfaces();
    const kernel = await NetlinkKernel.open({ isReadOnly: true, ignoresRoutes: true });
    const heard = new Set<string>();
    kernel.watch(({ kind }) => void heard.add(kind));
    const removed = told(
      kernel,
      (change) => change.kind === 'address' && change.action === 'removed',
    );
    const down = told(kernel, (change) => change.kind === 'link' && change.state === 'down');
    ip('route add 100.64.0.0/24 via 10.9.0.2 proto 4');
    ip('addr del 10.9.0.1/24 dev lan0'); // takes the route along
    ip('link set lan0 down');
    await Promise.all([removed, down]);
    t.same([...heard].sort(), ['address', 'link']);
    await kernel.close();
    removeInterfaces();
  });

  t.test('the FIB puts back what others take away (FIB-14)', async (t) => {
    makeInterfaces();
    const kernel = await NetlinkKernel.open();
    const settings = { enabled: true, protocol: 12, table: 254 };
    const fib = new Fib({ kernel, clock: new SystemClock(), settings, log: silentLog });
    await fib.start();
    fib.release();
    const prefix = parsePrefix('100.64.0.0/26')!;
    const nextHops = [{ via: parseAddress('10.9.0.2')!, dev: 'lan0' }];
    fib.want(prefix, { type: 'unicast', nextHops, metric: 1024 });
    await fib.flush();
    t.match(ip('route show proto 12'), /^100.64.0.0\/26 via 10.9.0.2 dev lan0 metric 1024/);

    const restored = told(
      kernel,
      (change) => change.kind === 'route' && change.action === 'removed',
    );
    ip('route del 100.64.0.0/26 proto 12');
    await restored;
    await fib.flush();
    t.match(ip('route show proto 12'), /^100.64.0.0\/26 via/, 'deleted by hand');

    ip('link set lan0 down');
    ip('link set lan0 up');
    while (fib.counters.reads < 2) await told(kernel, () => true, 50);
    await fib.flush();
    t.match(ip('route show proto 12'), /^100.64.0.0\/26 via/, 'lost with its interface');

    await fib.stop();
    await kernel.close();
    t.match(ip('route show proto 12'), /^100.64.0.0\/26 via/, 'left behind (START-3)');
    removeInterfaces();
  });
});

/** Resolves with a fitting change, or when the limit is over. */
function told(
  kernel: NetlinkKernel,
  isIt: (change: KernelChange) => boolean,
  limitMs = 10_000,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(limit);
      unwatch();
      resolve();
    };
    const limit = setTimeout(done, limitMs);
    const unwatch = kernel.watch((change) => void (isIt(change) && done()));
  });
}
