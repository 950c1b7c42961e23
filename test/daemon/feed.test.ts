import t from 'tap';
import { Feed } from '../../src/daemon/feed.ts';
import { Lab } from '../support/lab.ts';

const CONFIG = (own: number, other: number, blocks = '') => `
router: { asNumber: 64512, routerId: 10.0.0.${own} }
${blocks}
neighbors:
  - { name: peer, address: 10.0.0.${other}, asNumber: 64512, sourceAddress: 10.0.0.${own} }`;

t.test('watchers hear of sessions, routes, the kernel and configurations', async (t) => {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', CONFIG(1, 2));
  const b = lab.node('10.0.0.2', CONFIG(2, 1, 'blocks: [{ cidr: 10.2.0.0/24 }]'));
  await a.start();
  await b.start();
  const { feed } = a.daemon;
  const [routes, neighbors, fib, config] = (['routes', 'neighbors', 'fib', 'config'] as const).map(
    (topic) => feed.watch(topic)!,
  );
  await lab.settle();
  const states = (await neighbors!.next()) as { to: string; neighbor: string }[];
  t.match(states.at(-1), { event: 'state', neighbor: 'peer', to: 'Established' });
  const [added] = await routes!.next();
  t.match(added, { event: 'added', prefix: '10.2.0.0/24', neighbor: 'peer', nextHop: '10.0.0.2' });
  t.same(await fib!.next(), [{ event: 'add', prefix: '10.2.0.0/24' }]);
  await a.apply(CONFIG(1, 2, 'blocks: [{ cidr: 10.1.0.0/24 }]'));
  t.match(await config!.next(), [{ event: 'applied' }]);
  await b.apply(CONFIG(2, 1));
  await lab.settle();
  const later = (await routes!.next()) as { event: string; prefix: string }[];
  t.match(later.at(-1), { event: 'removed', prefix: '10.2.0.0/24' });
});

t.test('a watcher that reads too slowly loses events and is told how many', async (t) => {
  const feed = new Feed();
  const slow = feed.watch('routes')!;
  let made = 0;
  for (let i = 0; i < 10_000; i++) feed.publish('routes', () => ({ event: made++ }));
  t.equal(made, 4096, 'what there is no room for is not even made');
  const events = await slow.next();
  t.equal(events.length, 4097);
  t.same(events.at(-1), { event: 'lost', count: 10_000 - 4096 });
  feed.publish('routes', () => ({ event: 'next' }));
  t.same(await slow.next(), [{ event: 'next' }]);
});

t.test('without watchers nothing is made, and their number is bounded', async (t) => {
  const feed = new Feed();
  const never = () => {
    throw new Error('an event was made');
  };
  const other = feed.watch('fib')!;
  feed.publish('routes', never);
  t.equal(feed.isWatched('routes'), false);
  const waiting = other.next();
  other.close();
  t.same(await waiting, [], 'closing wakes who waits');
  const watchers = Array.from({ length: 40 }, () => feed.watch('fib'));
  t.equal(watchers.filter(Boolean).length, 32);
  watchers[0]!.close();
  t.ok(feed.watch('fib'));
});
