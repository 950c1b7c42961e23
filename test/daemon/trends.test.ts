import t from 'tap';
import { Trends } from '../../src/daemon/trends.ts';
import { Lab } from '../support/lab.ts';

const config = (own: number, other: number, blocks = '') => `
router: { asNumber: 64512, routerId: 10.0.0.${own}, listen: { port: 179, addresses: [10.0.0.${own}] } }
blocks: [${blocks}]
neighbors: [{ name: peer, address: 10.0.0.${other}, asNumber: 64512, sourceAddress: 10.0.0.${own} }]`;

t.test('samples at a fixed pace: rates, sizes and the longest durations', async (t) => {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config(1, 2));
  const b = lab.node('10.0.0.2', config(2, 1, '{ cidr: 10.1.0.0/16 }'));
  await a.start();
  const trends = new Trends(lab.clock, a.daemon, a.forwarding);
  await b.start();
  trends.updateToKernel(3);
  trends.updateToKernel(7);
  trends.updateToKernel(5);
  await lab.settle(20_000);
  const { intervalSec, samples } = trends.view();
  t.equal(intervalSec, 5);
  t.equal(samples.length, 4);
  t.match(samples[0], { updateToKernelMs: 7, changeToWireMs: null, sessions: 1 });
  t.match(samples[3], { updateToKernelMs: null, established: 1, bestPaths: 1, drifted: 0 });
  const received = samples.reduce((sum, sample) => sum + sample.updatesReceived * intervalSec, 0);
  t.equal(Math.round(received), a.views.neighbor('peer')!.messages.received['update']);
  await a.apply(config(1, 2).replace(/neighbors.*/, 'neighbors: []'));
  await lab.settle(5000);
  const last = trends.view().samples.at(-1)!;
  t.match(last, { sessions: 0, established: 0, updatesReceived: 0 });
  trends.stop();
});

t.test('the ring is short', async (t) => {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config(1, 2));
  await a.start();
  const trends = new Trends(lab.clock, a.daemon, a.forwarding);
  lab.clock.advance(2_000_000);
  t.equal(trends.view().samples.length, 240);
  trends.stop();
  const { samples } = trends.view();
  lab.clock.advance(10_000);
  t.equal(samples.length, 240);
});
