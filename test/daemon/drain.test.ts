/** A router that is drained: neighbours are warned, then told less, then left; and all of it can be taken back. */
import t from 'tap';
import { Drain } from '../../src/daemon/drain.ts';
import type { Rib } from '../../src/rib/rib.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const BLOCK = '10.1.0.0/24';

function config(routerId: string, peer: string, block = ''): string {
  return `router: { asNumber: 64512, routerId: ${routerId} }
blocks: [ ${block && `{ cidr: ${block} }`} ]
neighbors: [ { name: peer, address: ${peer}, asNumber: 64512 } ]`;
}

async function start(): Promise<{ lab: Lab; near: LabNode; far: LabNode }> {
  const lab = new Lab();
  const near = lab.node('10.0.0.1', config('10.0.0.1', '10.0.0.2', BLOCK));
  const far = lab.node('10.0.0.2', config('10.0.0.2', '10.0.0.1'));
  await near.start();
  await far.start();
  await lab.settle();
  return { lab, near, far };
}

function communities(node: LabNode): readonly string[] | undefined {
  return [...node.views.rib(BLOCK)][0]?.communities;
}

const order = { waitSec: 30, text: 'new kernel', stops: false };

t.test(
  'a drain warns, withdraws with the session up, and then closes it (RFC 8326 §4)',
  async (t) => {
    const { lab, near, far } = await start();
    near.commands.drain(order);
    await lab.settle(1000);
    t.same(communities(far), ['graceful-shutdown']);
    t.match(near.views.drain(), { phase: 'announcing', remainingSec: 29, sessions: 1, routes: 1 });
    await lab.settle(28_900);
    lab.clock.advance(150);
    t.equal(communities(far), undefined, 'withdrawn');
    await lab.settle(1000);
    t.match(near.views.drain(), { phase: 'drained', remainingSec: 0, sessions: 0, routes: 0 });
    const { lastError } = far.views.neighbor('peer')!;
    t.match(lastError, /received NOTIFICATION Cease.*Administrative Shutdown.*new kernel/i);
    t.match(near.kernelRoutes(), [/10\.1\.0\.0\/24/], 'the kernel keeps its routes (START-3)');
    await lab.settle(60_000);
    t.not(far.state('peer'), 'Established', 'it stays down');
    t.equal(near.stopped, 0);
  },
);

t.test('withdrawals come before the Cease, so that restart helpers keep nothing', async (t) => {
  const { lab, near, far } = await start();
  const before = near.sent('peer')['update']!;
  near.commands.drain({ ...order, waitSec: 0 });
  await lab.settle(50);
  t.equal(near.sent('peer')['update'], before + 1);
  t.equal(far.state('peer'), 'Established');
  t.equal(communities(far), undefined);
});

for (const [phase, ms] of [
  ['announcing', 5000],
  ['withdrawing', 30_050],
  ['drained', 40_000],
] as const) {
  t.test(`a drain is called off while ${phase}`, async (t) => {
    const { lab, near, far } = await start();
    near.commands.drain(order);
    lab.clock.advance(ms);
    t.equal(near.views.drain().phase, phase);
    near.commands.abortDrain();
    await lab.settle(20_000);
    t.equal(near.views.drain().phase, 'idle');
    t.equal(far.state('peer'), 'Established');
    t.same(communities(far), []);
    await lab.settle(60_000);
    t.equal(far.state('peer'), 'Established', 'nothing is left of it');
  });
}

t.test('a neighbor that a new configuration brings stays down while drained', async (t) => {
  const { lab, near } = await start();
  near.commands.drain({ ...order, waitSec: 0 });
  await lab.settle(1000);
  const more = ', { name: more, address: 10.0.0.3, asNumber: 64512 } ]';
  await near.apply(config('10.0.0.1', '10.0.0.2', BLOCK).replace(/ \]$/, more));
  await lab.settle(1000);
  t.match(near.views.neighbor('more'), { state: 'Idle' });
  near.commands.abortDrain();
  t.match(near.views.neighbor('more'), { state: 'Active' });
});

t.test('a stop with withdrawal ends the process once, after the Cease', async (t) => {
  const { lab, near, far } = await start();
  near.commands.drain({ waitSec: 5, text: undefined, stops: true });
  await lab.settle(4000);
  t.equal(near.stopped, 0);
  await lab.settle(2000);
  t.equal(near.stopped, 1);
  t.not(far.state('peer'), 'Established');
});

t.test('a neighbor that reads nothing holds a drain up for ten seconds at most', async (t) => {
  const clock = new FakeClock();
  const rib = { hasWork: true } as Rib;
  const ports = { clock, rib, log: silentLog, neighbors: () => [], reshape: () => undefined };
  const drain = new Drain(ports);
  drain.start({ waitSec: 0 });
  clock.advance(9900);
  t.equal(drain.progress.phase, 'withdrawing');
  clock.advance(200);
  t.equal(drain.progress.phase, 'drained');
  t.equal(clock.pendingTimers, 0);
});
