import t from 'tap';
import { sampleOf, topRows } from '../../src/cli/commands/top-rows.ts';
import { NEIGHBOR } from '../support/stub-views.ts';

function sample(at: number, updates: Record<string, number>, down: readonly string[] = []) {
  const neighbors = Object.entries(updates).map(([name, update]) => ({
    ...NEIGHBOR,
    name,
    state: down.includes(name) ? 'Active' : 'Established',
    messages: { received: { update }, sent: { update: 0 } },
  }));
  const version = { version: '1', node: 'a' };
  return sampleOf({ version, neighbors } as unknown as Parameters<typeof sampleOf>[0], at);
}

t.test('sessions that are down come first, then the busiest; rates are per second', async (t) => {
  const before = sample(0, { calm: 5, busy: 10, down: 0 });
  const now = sample(2000, { calm: 7, busy: 110, down: 0, fresh: 900 }, ['down']);
  t.match(topRows(before, now), [
    { name: 'down', inRate: 0 },
    { name: 'busy', inRate: 50 },
    { name: 'calm', inRate: 1 },
    { name: 'fresh', inRate: 0 },
  ]);
});

t.test('a session that was counted anew has no negative rate', async (t) => {
  t.match(topRows(sample(0, { a: 100 }), sample(1000, { a: 3 })), [{ inRate: 0 }]);
});
