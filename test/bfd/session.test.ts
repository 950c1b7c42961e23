/** One BFD session against another, by the clock (RFC 5880 §6). */
import fc from 'fast-check';
import t from 'tap';
import {
  type ControlPacket,
  DIAG_DETECTION_TIME_EXPIRED,
  DIAG_NEIGHBOR_SIGNALED_DOWN,
  decodeControl,
  STATE_ADMIN_DOWN,
  STATE_DOWN,
  STATE_INIT,
  STATE_UP,
  type WireState,
} from '../../src/bfd/control-packet.ts';
import { BfdSession, type SessionTimes } from '../../src/bfd/session.ts';
import { FakeClock } from '../support/fake-clock.ts';

const TIMES: SessionTimes = { intervalMs: 300, multiplier: 3 };

class End {
  readonly sent: { readonly at: number; readonly packet: ControlPacket }[] = [];
  readonly states: WireState[] = [];
  readonly session: BfdSession;
  receive: (packet: ControlPacket) => void = () => undefined;

  constructor(clock: FakeClock, discriminator: number, times: SessionTimes, uniform = 1) {
    this.session = new BfdSession(discriminator, times, {
      clock,
      random: { uniform: () => uniform },
      send: (bytes) => {
        const packet = decodeControl(bytes) as ControlPacket;
        this.sent.push({ at: clock.now(), packet });
        this.receive(packet);
      },
      stateChanged: (_from, to) => this.states.push(to),
    });
  }

  get last(): ControlPacket {
    return this.sent.at(-1)!.packet;
  }
}

function pair(times = TIMES, remoteTimes = times) {
  const clock = new FakeClock();
  const wire = { isCut: false };
  const [near, far] = [new End(clock, 1, times), new End(clock, 2, remoteTimes)];
  const link = (to: End) => (packet: ControlPacket) =>
    void clock.setTimer(1, () => wire.isCut || to.session.receive(packet));
  near.receive = link(far);
  far.receive = link(near);
  near.session.start();
  far.session.start();
  return { clock, near, far, wire };
}

const packet = (change: Partial<ControlPacket>): ControlPacket => ({
  diagnostic: 0,
  state: STATE_DOWN,
  isPoll: false,
  isFinal: false,
  isControlPlaneIndependent: false,
  isDemand: false,
  detectMultiplier: 3,
  myDiscriminator: 9,
  yourDiscriminator: 1,
  desiredMinTxUs: 300_000,
  requiredMinRxUs: 300_000,
  requiredMinEchoRxUs: 0,
  ...change,
});

function alone(times = TIMES, uniform = 1) {
  const clock = new FakeClock();
  const end = new End(clock, 1, times, uniform);
  end.session.start();
  return { clock, end, session: end.session };
}

t.test('two ends come Up through Init and slow start ends (RFC 5880 §6.8.3)', async (t) => {
  const { clock, near, far } = pair();
  t.equal(near.last.desiredMinTxUs, 1_000_000);
  clock.advance(2000);
  t.equal(near.session.state, STATE_UP);
  t.equal(far.session.state, STATE_UP);
  t.equal(near.session.transmitIntervalUs, 300_000);
  t.equal(near.session.detectionTimeUs, 900_000);
  t.equal(near.last.isPoll, false, 'the Poll Sequence was answered');
  t.equal(near.last.yourDiscriminator, 2);
});

t.test('the slower of what one sends and the other receives wins', async (t) => {
  const { clock, near, far } = pair(TIMES, { intervalMs: 1000, multiplier: 5 });
  clock.advance(5000);
  t.equal(near.session.transmitIntervalUs, 1_000_000);
  t.equal(near.session.detectionTimeUs, 5_000_000);
  t.equal(far.session.detectionTimeUs, 3_000_000);
});

t.test('silence for the detection time takes the session Down with diagnostic 1', async (t) => {
  const { clock, near, wire } = pair();
  clock.advance(3000);
  wire.isCut = true;
  clock.advance(590);
  t.equal(near.session.state, STATE_UP);
  clock.advance(320);
  t.equal(near.session.state, STATE_DOWN);
  t.equal(near.session.diagnostic, DIAG_DETECTION_TIME_EXPIRED);
  t.equal(near.session.remoteDiscriminator, 0, 'the peer may have restarted (§6.8.1)');
  wire.isCut = false;
  clock.advance(3000);
  t.equal(near.session.state, STATE_UP);
  t.equal(near.session.diagnostic, 0);
});

t.test('packets that waited while the loop was held up count before the timer', async (t) => {
  const { clock, near, wire } = pair();
  clock.advance(3000);
  wire.isCut = true;
  near.session.receive(packet({ state: STATE_UP, myDiscriminator: 2 }));
  // Fires in the same turn as the timer, and before what the timer deferred.
  clock.setTimer(900, () => clock.defer(() => undefined));
  clock.setTimer(900, () => near.session.receive(packet({ state: STATE_UP, myDiscriminator: 2 })));
  clock.advance(1000);
  t.equal(near.session.state, STATE_UP);
});

t.test('a stopped process that goes on reads before it judges silence', async (t) => {
  const { clock, near } = pair();
  clock.advance(3000);
  clock.stall(20_000);
  clock.advance(0);
  t.equal(near.session.state, STATE_UP);
  clock.advance(500);
  near.session.receive(packet({ state: STATE_UP, myDiscriminator: 2 }));
  clock.advance(500);
  t.equal(near.session.state, STATE_UP);
});

const TABLE: readonly (readonly [
  before: readonly WireState[],
  received: WireState,
  after: WireState,
])[] = [
  [[], STATE_ADMIN_DOWN, STATE_DOWN],
  [[], STATE_DOWN, STATE_INIT],
  [[], STATE_INIT, STATE_UP],
  [[], STATE_UP, STATE_DOWN],
  [[STATE_DOWN], STATE_ADMIN_DOWN, STATE_DOWN],
  [[STATE_DOWN], STATE_DOWN, STATE_INIT],
  [[STATE_DOWN], STATE_INIT, STATE_UP],
  [[STATE_DOWN], STATE_UP, STATE_UP],
  [[STATE_INIT], STATE_ADMIN_DOWN, STATE_DOWN],
  [[STATE_INIT], STATE_DOWN, STATE_DOWN],
  [[STATE_INIT], STATE_INIT, STATE_UP],
  [[STATE_INIT], STATE_UP, STATE_UP],
];

for (const [before, received, after] of TABLE) {
  t.test(`after [${before}] a received ${received} leads to ${after} (§6.2, §6.8.6)`, async (t) => {
    const { session } = alone();
    for (const state of [...before, received]) session.receive(packet({ state }));
    t.equal(session.state, after);
  });
}

t.test('a peer that signals Down gives diagnostic 3', async (t) => {
  const { session } = alone();
  for (const state of [STATE_INIT, STATE_DOWN] as const) session.receive(packet({ state }));
  t.equal(session.diagnostic, DIAG_NEIGHBOR_SIGNALED_DOWN);
});

t.test('Poll is answered with Final at once, in a bounded rate (§6.5)', async (t) => {
  const { end, session } = alone();
  session.receive(packet({ state: STATE_INIT }));
  const before = end.sent.length;
  for (let i = 0; i < 1000; i++) session.receive(packet({ state: STATE_UP, isPoll: true }));
  t.equal(end.sent.length, before + 1);
  t.match(end.last, { isFinal: true, isPoll: false });
});

t.test('Poll goes on until Final (§6.5)', async (t) => {
  const { clock, end, session } = alone();
  session.receive(packet({ state: STATE_INIT }));
  clock.advance(700);
  t.equal(end.last.isPoll, true);
  session.receive(packet({ state: STATE_UP, isFinal: true }));
  clock.advance(400);
  t.equal(end.last.isPoll, false);
});

t.test('other intervals of a session that is Up wait for Final (§6.8.3)', async (t) => {
  const { end, session, clock } = alone();
  session.receive(packet({ state: STATE_INIT }));
  session.receive(packet({ state: STATE_UP, isFinal: true }));
  session.setTimes({ intervalMs: 900, multiplier: 4 });
  t.equal(session.detectionTimeUs, 2_700_000, 'a longer detection time holds at once');
  clock.advance(1000);
  t.match(end.last, { isPoll: true, desiredMinTxUs: 900_000, detectMultiplier: 4 });
  session.receive(packet({ state: STATE_UP, isFinal: true }));
  session.setTimes({ intervalMs: 300, multiplier: 3 });
  t.equal(session.detectionTimeUs, 2_700_000, 'a shorter one only after Final');
  session.receive(packet({ state: STATE_UP, isFinal: true }));
  t.equal(session.detectionTimeUs, 900_000);
});

t.test('a peer that asks for no packets gets none (§6.8.7)', async (t) => {
  const { clock, end, session } = alone();
  session.receive(packet({ state: STATE_DOWN, requiredMinRxUs: 0 }));
  const before = end.sent.length;
  clock.advance(800);
  t.equal(end.sent.length, before);
});

t.test(
  'jitter keeps packets between 75 % and 100 %, 90 % with multiplier 1 (§6.8.7)',
  async (t) => {
    for (const [uniform, multiplier, expected] of [
      [0, 3, 750],
      [1, 3, 1000],
      [0, 1, 750],
      [1, 1, 900],
    ] as const) {
      const { clock, end } = alone({ intervalMs: 300, multiplier }, uniform);
      clock.advance(1000);
      t.equal(end.sent[1]?.at, expected);
    }
  },
);

t.test('an end that is stopped says AdminDown and leaves no timer', async (t) => {
  const { clock, near, far } = pair();
  clock.advance(3000);
  near.session.stop();
  clock.advance(1);
  t.equal(far.session.state, STATE_DOWN);
  t.equal(far.session.remoteState, STATE_ADMIN_DOWN);
  far.session.stop();
  clock.advance(1);
  t.equal(clock.pendingTimers, 0);
});

t.test('any packets leave a session that goes Down in silence and heals', async (t) => {
  const states = fc.nat(3) as fc.Arbitrary<WireState>;
  const flags = fc.record({ state: states, isPoll: fc.boolean(), isFinal: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.tuple(flags, fc.nat(2000)), { maxLength: 30 }), (events) => {
      const { clock, end, session } = alone();
      for (const [change, waitMs] of events) {
        session.receive(packet(change));
        clock.advance(waitMs);
      }
      clock.advance(4000);
      const before: WireState = session.state;
      session.receive(packet({ state: STATE_INIT }));
      const after: WireState = session.state;
      return before === STATE_DOWN && after === STATE_UP && end.last.myDiscriminator === 1;
    }),
  );
  t.pass();
});
