import t from 'tap';
import type { KernelRoute } from '../../src/fib/kernel.ts';
import { KernelView } from '../../src/fib/kernel-view.ts';
import { formatPrefix, parseAddress, parsePrefix } from '../../src/net/text.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { memoryLab } from '../support/kernel-lab.ts';

async function open(routes: readonly KernelRoute[] = []) {
  const { kernel } = memoryLab();
  for (const route of routes) kernel.put(route);
  const clock = new FakeClock();
  const view = new KernelView({ kernel, clock, protocol: 12, table: 254, log: silentLog });
  const told: string[] = [];
  view.onRoute((prefix, route) => {
    told.push(`${formatPrefix(prefix)} ${route ? `metric ${route.target.metric}` : 'gone'}`);
  });
  await view.start();
  /** Lets time pass and a read that falls due complete. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed <= ms; passed += 100) {
      clock.advance(Math.min(passed, 100));
      for (let i = 0; i < 50; i++) await Promise.resolve();
    }
  };
  return { kernel, clock, view, pass, told: () => told.splice(0) };
}

t.test('tells what is there at start, once per prefix, lowest metric (LEARN-2)', async (t) => {
  const { told } = await open([
    learned('10.244.1.9/32', 1024),
    learned('10.244.1.9/32', 512),
    learned('10.244.1.10/32', 0),
    { ...learned('10.244.1.11/32', 0), protocol: 12 },
    { ...learned('10.244.1.12/32', 0), protocol: 2 },
  ]);
  t.same(told().sort(), ['10.244.1.10/32 metric 0', '10.244.1.9/32 metric 512']);
});

t.test('tells of a live migration as it goes (PRIO-6)', async (t) => {
  const { kernel, told } = await open();
  kernel.put(learned('10.244.1.9/32', 512));
  t.same(told(), ['10.244.1.9/32 metric 512']);
  kernel.put(learned('10.244.1.9/32', 1024));
  t.same(told(), [], 'the lower metric still counts');
  kernel.remove(learned('10.244.1.9/32', 512));
  t.same(told(), ['10.244.1.9/32 metric 1024']);
  kernel.remove(learned('10.244.1.9/32', 1024));
  t.same(told(), ['10.244.1.9/32 gone']);
});

t.test('a read tells only the difference', async (t) => {
  const { kernel, told, pass } = await open([
    learned('10.244.1.9/32', 0),
    learned('10.244.2.9/32', 0),
  ]);
  told();
  kernel.removeSilently(learned('10.244.1.9/32', 0));
  kernel.overrun();
  await pass(500);
  t.same(told(), ['10.244.1.9/32 gone']);
});

t.test('changes during a read count after it', async (t) => {
  const { kernel, told, pass } = await open([learned('10.244.1.9/32', 0)]);
  told();
  kernel.duringScan = () => {
    kernel.duringScan = () => {};
    kernel.remove(learned('10.244.1.9/32', 0));
  };
  kernel.overrun();
  await pass(500);
  t.same(told(), ['10.244.1.9/32 gone']);
});

t.test('a failed read is tried again', async (t) => {
  const { kernel, view, pass } = await open();
  kernel.addLink('eth1', [{ address: parseAddress('192.0.2.1')!, length: 24 }]);
  const dumpLinks = kernel.dumpLinks.bind(kernel);
  kernel.dumpLinks = () => Promise.reject(new Error('busy'));
  await pass(500);
  t.notOk(view.isInterfaceEnabled('eth1'));
  kernel.dumpLinks = dumpLinks;
  await pass(5000);
  t.ok(view.isInterfaceEnabled('eth1'));
});

function learned(prefix: string, metric: number): KernelRoute {
  const nextHops = [{ via: parseAddress('10.9.0.9')!, dev: 'lan0' }];
  const target = { type: 'unicast', nextHops, metric } as const;
  return { prefix: parsePrefix(prefix)!, target, table: 254, protocol: 80 };
}
