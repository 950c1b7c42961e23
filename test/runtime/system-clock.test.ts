/** The live clock: what it promises about long timers. */
import t, { type Test } from 'tap';
import { SystemClock } from '../../src/runtime/system-clock.ts';

/** Delays that reach the system, by what was asked for. */
function delaysAsked(t: Test, asked: readonly number[]): number[] {
  const seen: number[] = [];
  const now = 123_456.25;
  t.intercept(globalThis, 'performance', { value: { now: () => now } });
  t.intercept(globalThis, 'setTimeout', {
    value: (_fire: () => void, delayMs: number) => void seen.push(delayMs),
  });
  for (const delayMs of asked) new SystemClock().setTimer(delayMs, () => undefined);
  return seen;
}

t.test(
  'short timers are as long as asked for; long ones end at a full second, never early',
  async (t) => {
    const [short, one, other, exact] = delaysAsked(t, [4999, 5000, 5400, 6543.75]);
    t.equal(short, 4999);
    t.equal(one, 128_000 - 123_456.25 + 1000);
    t.equal(other, one, 'together');
    t.equal(exact, 130_000 - 123_456.25);
  },
);
