import t from 'tap';
import { SessionHistory } from '../../src/daemon/session-history.ts';
import { Lab } from '../support/lab.ts';

t.test('steps on the way up say nothing; one failure over and over is one entry', async (t) => {
  const history = new SessionHistory();
  for (let i = 0; i < 5; i++) {
    history.note('Active', 'Connect', 'dialling', i * 10);
    history.note('Connect', 'Active', 'ECONNREFUSED', i * 10 + 1);
  }
  history.note('Connect', 'OpenSent', 'up', 60);
  history.note('OpenSent', 'OpenConfirm', 'fine', 61);
  history.note('OpenConfirm', 'Established', 'confirmed', 62);
  history.note('Established', 'Idle', 'Hold Timer Expired', 90);
  t.same(history.list(), [
    { event: 'down', text: 'Hold Timer Expired', firstAt: 90, lastAt: 90, count: 1 },
    { event: 'up', text: 'confirmed', firstAt: 62, lastAt: 62, count: 1 },
    { event: 'failed', text: 'ECONNREFUSED', firstAt: 1, lastAt: 41, count: 5 },
  ]);
});

t.test('it is bounded', async (t) => {
  const history = new SessionHistory();
  for (let i = 0; i < 1000; i++) history.note('Connect', 'Active', `reason ${i}`, i);
  t.equal(history.list().length, 32);
  t.equal(history.list()[0]!.text, 'reason 999');
});

t.test('a neighbor by itself shows it, with times', async (t) => {
  const lab = new Lab();
  const config = (own: number, other: number) => `
router: { asNumber: 64512, routerId: 10.0.0.${own} }
neighbors: [{ name: peer, address: 10.0.0.${other}, asNumber: 64512, sourceAddress: 10.0.0.${own} }]`;
  const a = lab.node('10.0.0.1', config(1, 2));
  const b = lab.node('10.0.0.2', config(2, 1));
  await a.start();
  await b.start();
  await lab.settle();
  b.commands.shutdownNeighbor('peer', 'maintenance');
  await lab.settle(1000);
  const { history } = a.views.neighbor('peer')!;
  t.match(history, [
    { event: 'down', text: /maintenance/, count: 1 },
    { event: 'up', count: 1 },
  ]);
  t.match(history[0]!.firstTime, /^2024-01-01T00:00:/);
  t.equal(a.views.neighbors()[0]!['history'], undefined, 'listings are short');
});
