import t from 'tap';
import { REFRESH_LIMIT_MS, RefreshWatch } from '../../src/daemon/refresh-watch.ts';
import { type LabPeer, RibLab } from '../rib/support/rib-lab.ts';
import { FakeClock } from '../support/fake-clock.ts';

const V4 = 'ipv4-unicast';
const BEGIN = 1;
const END = 2;

function watched() {
  const lab = new RibLab();
  const clock = new FakeClock();
  const from = lab.upPeer('from', { isRouteReflectorClient: true });
  from.announce(['10.1.0.0/24', '10.2.0.0/24']);
  lab.settle();
  const watch = new RefreshWatch(clock, lab.rib, from.id);
  const left = () => {
    lab.settle();
    return lab.rib.counters(from.id, V4).received;
  };
  return { clock, from, watch, left };
}

function repeatOne(from: LabPeer): void {
  from.announce(['10.1.0.0/24']);
}

t.test('the end mark sweeps; one without a beginning does nothing (RFC 7313 §4)', async (t) => {
  const { from, watch, left } = watched();
  watch.mark(V4, END);
  t.equal(left(), 2);
  watch.mark(V4, BEGIN);
  repeatOne(from);
  t.equal(left(), 2);
  watch.mark(V4, END);
  t.equal(left(), 1);
});

t.test('an end mark that never comes is not waited for for ever', async (t) => {
  const { clock, from, watch, left } = watched();
  watch.mark(V4, BEGIN);
  repeatOne(from);
  clock.advance(REFRESH_LIMIT_MS - 1);
  watch.mark(V4, BEGIN);
  repeatOne(from);
  clock.advance(REFRESH_LIMIT_MS - 1);
  t.equal(left(), 2, 'a second beginning starts anew');
  clock.advance(1);
  t.equal(left(), 1);
});

t.test('with the session the refresh is over', async (t) => {
  const { clock, watch, left } = watched();
  watch.mark(V4, BEGIN);
  watch.cancel();
  clock.advance(REFRESH_LIMIT_MS);
  watch.mark(V4, END);
  t.equal(left(), 2);
});

t.test(
  'a restart in the middle of a refresh keeps what was not repeated yet (RFC 4724 §4.2)',
  async (t) => {
    const { from, watch, left } = watched();
    watch.mark(V4, BEGIN);
    repeatOne(from);
    watch.cancel();
    from.down(true);
    t.equal(left(), 2);
  },
);
