/** When received changes are passed on: at once when they come alone, together when they keep coming. */
import t from 'tap';
import { RibLab } from './support/rib-lab.ts';

/** A lab with one timer, which the test lets fire. */
function makeLab() {
  const timers: { delayMs: number; fire: () => void }[] = [];
  const setTimer = (delayMs: number, fire: () => void) => {
    const timer = { delayMs, fire };
    timers.push(timer);
    return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
  };
  const lab = new RibLab({ setTimer });
  const from = lab.upPeer('from', { isRouteReflectorClient: true });
  const to = lab.upPeer('to', { isRouteReflectorClient: true });
  lab.nowMs += 1000;
  return { lab, from, to, timers };
}

function prefixes(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `10.${(from + i) >> 8}.${(from + i) & 255}.0/24`);
}

t.test('a change that comes alone is passed on at once', async (t) => {
  const { lab, from, to, timers } = makeLab();
  from.announce(prefixes(0, 1));
  t.equal(timers.length, 0);
  t.equal(lab.step(), true);
  t.equal(to.routes.size, 1);
});

t.test('what comes right behind a run waits for more, 3 ms after it at most', async (t) => {
  const { lab, from, to, timers } = makeLab();
  from.announce(prefixes(0, 1));
  lab.settle();
  lab.nowMs += 1;
  from.announce(prefixes(1, 1));
  lab.nowMs += 1;
  from.announce(prefixes(2, 1));
  t.equal(lab.step(), false, 'nothing runs yet');
  t.same(
    timers.map(({ delayMs }) => delayMs),
    [2],
  );
  timers[0]!.fire();
  lab.settle();
  t.equal(to.routes.size, 3);
  t.equal(timers.length, 0);
});

t.test('many changes do not wait', async (t) => {
  const { lab, from, to, timers } = makeLab();
  from.announce(prefixes(0, 1));
  lab.settle();
  from.announce(prefixes(1, 100));
  t.equal(lab.step(), false);
  from.announce(prefixes(101, 500));
  from.announce(prefixes(601, 1));
  t.equal(timers.length, 0, 'the timer was called off');
  lab.settle();
  t.equal(to.routes.size, 602);
});

t.test('a session that comes up does not wait', async (t) => {
  const { lab, from } = makeLab();
  from.announce(prefixes(0, 1));
  lab.settle();
  t.equal(lab.upPeer('third', { isRouteReflectorClient: true }).routes.size, 1);
});
