/** The rehearsal: a small network that is played to a daemon of its own, so that code is compiled before it is needed. */
import t from 'tap';
import { rehearse } from '../../src/run/rehearsal.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Lets the rehearsal go on until it is over. */
async function play(isOver: () => boolean) {
  const clock = new FakeClock();
  let outcome: Awaited<ReturnType<typeof rehearse>> | undefined;
  const playing = rehearse({ clock, random: { uniform: () => 0.5 }, isOver }).then((result) => {
    outcome = result;
  });
  while (!outcome) {
    clock.advance(1);
    await Promise.resolve();
  }
  await playing;
  clock.advance(100); // what was held back a few milliseconds
  return { ...outcome, pendingTimers: clock.pendingTimers };
}

t.test(
  'it brings up sessions, fills a kernel that does not exist, and leaves nothing behind',
  async (t) => {
    const { steps, kernelRoutes, pendingTimers } = await play(() => false);
    t.ok(steps > 50, `${steps} steps`);
    t.ok(kernelRoutes > 500, `${kernelRoutes} routes`);
    t.equal(pendingTimers, 0);
  },
);

t.test('it ends as soon as there is real work', async (t) => {
  let asked = 0;
  const { steps, pendingTimers } = await play(() => ++asked > 3);
  t.equal(steps, 3);
  t.equal(pendingTimers, 0);
});
