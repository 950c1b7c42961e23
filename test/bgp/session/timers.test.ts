import t from 'tap';
import {
  connectDelayMs,
  ErrorBackoff,
  IdleTimer,
  jittered,
  sendHoldTimeMs,
} from '../../../src/bgp/session/timers.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FixedRandom } from './lab.ts';

t.test('jitter takes off up to a quarter (RFC 4271 §10)', async (t) => {
  t.equal(jittered(4, new FixedRandom(0)), 3000);
  t.equal(jittered(4, new FixedRandom(1)), 4000);
});

t.test('the connect delay is one to two seconds (SESS-1)', async (t) => {
  t.equal(connectDelayMs(new FixedRandom(0)), 1000);
  t.equal(connectDelayMs(new FixedRandom(1)), 2000);
});

t.test('the send hold time is 8 minutes or twice the hold time (RFC 9687 §3.2)', async (t) => {
  t.equal(sendHoldTimeMs(90), 480_000);
  t.equal(sendHoldTimeMs(600), 1_200_000);
});

t.test('a send hold time that is set counts, 0 for never (RFC 9687 §3.2)', async (t) => {
  t.equal(sendHoldTimeMs(90, 100), 100_000);
  t.equal(sendHoldTimeMs(90, 0), 0);
});

t.test('the wait after errors doubles, and is forgotten after 300 s', async (t) => {
  const backoff = new ErrorBackoff();
  t.same(
    [0, 10_000, 20_000, 40_000, 80_000].map((now) => backoff.failed(now)),
    [5_000, 10_000, 20_000, 30_000, 30_000],
  );
  t.equal(backoff.failed(380_000), 5_000);
});

t.test('an idle timer fires when nothing touched it, and sets no timer per touch', async (t) => {
  const clock = new FakeClock();
  let fired = 0;
  const timer = new IdleTimer(clock, () => fired++);
  timer.start(1000);
  for (let i = 0; i < 5; i++) {
    clock.advance(900);
    timer.touch(clock.now());
    t.equal(clock.pendingTimers, 1);
  }
  clock.advance(999);
  t.equal(fired, 0);
  clock.advance(1);
  t.equal(fired, 1);
  t.equal(clock.pendingTimers, 0);
  timer.start(1000);
  timer.stop();
  clock.advance(5000);
  t.equal(fired, 1);
});

t.test('input that waited in the socket while we were busy still counts', async (t) => {
  const clock = new FakeClock();
  let fired = 0;
  const timer = new IdleTimer(clock, () => fired++);
  timer.start(1000);
  // What a read stands for: deferred work that is queued when the timer fires.
  clock.setTimer(1000, () => timer.touch(clock.now()));
  clock.advance(500);
  timer.start(500);
  clock.advance(500);
  t.equal(fired, 0);
  clock.advance(500);
  t.equal(fired, 1);
});

t.test(
  'after a stall silence counts only once there was time to read (RFC 4271 §6.5)',
  async (t) => {
    const clock = new FakeClock();
    let fired = 0;
    const timer = new IdleTimer(clock, () => fired++);
    timer.start(3000);
    clock.stall(20_000);
    clock.advance(0);
    clock.advance(999);
    t.equal(fired, 0, 'a second to catch up');
    timer.touch(clock.now());
    clock.advance(2999);
    t.equal(fired, 0, 'the peer had spoken');
    clock.advance(1);
    t.equal(fired, 1);
  },
);

t.test('after a stall a peer that is really silent is found out a second later', async (t) => {
  const clock = new FakeClock();
  let fired = 0;
  new IdleTimer(clock, () => fired++).start(3000);
  clock.stall(20_000);
  clock.advance(1000);
  t.equal(fired, 1);
  t.equal(clock.pendingTimers, 0);
});

t.test('a peer whose input waits for its turn is not silent', async (t) => {
  const clock = new FakeClock();
  let fired = 0;
  let isUnread = true;
  const timer = new IdleTimer(
    clock,
    () => fired++,
    () => isUnread,
  );
  timer.start(3000);
  clock.advance(10_000);
  t.equal(fired, 0, 'nobody has looked at it yet');
  timer.touch(clock.now());
  isUnread = false;
  clock.advance(2900);
  t.equal(fired, 0, 'it had spoken');
  clock.advance(1000);
  t.equal(fired, 1);
});

t.test('a timer stopped while it catches up does not fire', async (t) => {
  const clock = new FakeClock();
  let fired = 0;
  const timer = new IdleTimer(clock, () => fired++);
  timer.start(3000);
  clock.stall(20_000);
  clock.advance(0);
  timer.stop();
  clock.advance(60_000);
  t.equal(fired, 0);
});
