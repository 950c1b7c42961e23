/** The time that input, or output, may take in one turn of the event loop. */
import t from 'tap';
import { TcpTransport } from '../../src/runtime/tcp-transport.ts';
import type { Connection } from '../../src/runtime/transport.ts';
import { TurnBudget } from '../../src/runtime/turn-budget.ts';

/** A clock whose turns end when the test says so. */
function makeClock() {
  const deferred: (() => void)[] = [];
  const clock = {
    time: 0,
    now: () => clock.time,
    wallTime: () => clock.time,
    setTimer: () => ({ cancel: () => undefined }),
    defer: (run: () => void) => void deferred.push(run),
    endTurn: () => deferred.shift()?.(),
  };
  return clock;
}

t.test(
  'a turn has time until it is used up; who waits goes on in the next, in order',
  async (t) => {
    const clock = makeClock();
    const turn = new TurnBudget(clock);
    t.equal(turn.hasTime(), true);
    clock.time += 7;
    t.equal(turn.hasTime(), true);
    clock.time += 1;
    t.equal(turn.hasTime(), false);
    const waited: string[] = [];
    turn.wait(() => waited.push('first'));
    turn.wait(() => waited.push('second'));
    t.same(waited, []);
    clock.endTurn();
    t.same(waited, ['first', 'second']);
    t.equal(turn.hasTime(), true, 'a new turn');
  },
);

/** Whoever looks at it a second time in a turn finds the time of the turn used up. */
function makeHastyClock() {
  let time = 0;
  const now = () => (time += 8);
  return { ...makeClock(), now, defer: (run: () => void) => void setImmediate(run) };
}

t.test('nothing is lost or mixed up when every slice uses up its turn', async (t) => {
  const transport = new TcpTransport(makeHastyClock());
  const sent = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
  const received: number[] = [];
  let close: (error: string | undefined) => void = () => undefined;
  const closed = new Promise<string | undefined>((resolve) => {
    close = resolve;
  });
  const listener = await transport.listen(LOOPBACK, (connection) => {
    connection.setHandler({
      ...IDLE,
      onData: (chunk) => void received.push(...chunk),
      onClose: (error) => close(error),
    });
  });
  const connection: Connection = transport.connect({ ...LOOPBACK, port: listener.port });
  connection.setHandler({
    ...IDLE,
    onConnected: () => {
      connection.write(sent);
      connection.close();
    },
  });
  t.equal(await closed, undefined);
  t.ok(Buffer.from(received).equals(sent), 'every octet, in order, before the close');
  listener.close();
});

const LOOPBACK = { address: Uint8Array.of(127, 0, 0, 1), port: 0 };
const IDLE = { onConnected() {}, onData() {}, onDrain() {}, onClose() {} };

t.test('who dials while there is no time is let in later, with what it sent', async (t) => {
  const transport = new TcpTransport(makeHastyClock());
  const dialling = 20;
  const greetings: number[] = [];
  const closed: Promise<void>[] = [];
  const listener = await transport.listen(LOOPBACK, (accepted) => {
    accepted.setHandler({
      ...IDLE,
      onData: (chunk) => {
        greetings.push(...chunk);
        accepted.close();
      },
    });
  });
  for (let i = 0; i < dialling; i++) {
    const connection = transport.connect({ ...LOOPBACK, port: listener.port });
    const onConnected = () => void connection.write(Uint8Array.of(i));
    closed.push(
      new Promise((resolve) =>
        connection.setHandler({ ...IDLE, onConnected, onClose: () => resolve() }),
      ),
    );
  }
  await Promise.all(closed);
  const all = Array.from({ length: dialling }, (_, i) => i);
  t.same(
    greetings.sort((a, b) => a - b),
    all,
  );
  listener.close();
});

t.test('what is written while output is held back leaves in order', async (t) => {
  const transport = new TcpTransport(makeHastyClock());
  const peers = 5;
  const rounds = 40;
  const closed: Promise<number[]>[] = [];
  const listener = await transport.listen(LOOPBACK, (accepted) => {
    accepted.setHandler(IDLE);
    let round = 0;
    const next = () => {
      accepted.cork();
      accepted.write(Uint8Array.of(round));
      setImmediate(() => accepted.uncork());
      if (++round < rounds) setImmediate(next);
      else setImmediate(() => accepted.close());
    };
    next();
  });
  for (let i = 0; i < peers; i++) {
    const received: number[] = [];
    const connection = transport.connect({ ...LOOPBACK, port: listener.port });
    const onData = (chunk: Uint8Array) => void received.push(...chunk);
    closed.push(
      new Promise((resolve) =>
        connection.setHandler({ ...IDLE, onData, onClose: () => resolve(received) }),
      ),
    );
  }
  const expected = Array.from({ length: rounds }, (_, i) => i);
  for (const received of await Promise.all(closed)) t.same(received, expected);
  listener.close();
});

t.test('who still waits when the listener is closed is turned away', async (t) => {
  const transport = new TcpTransport(makeHastyClock());
  const dialling = 20;
  let accepted = 0;
  const listener = await transport.listen(LOOPBACK, (connection) => {
    accepted++;
    connection.abort();
    listener.close();
  });
  const closed = Array.from({ length: dialling }, () => {
    const connection = transport.connect({ ...LOOPBACK, port: listener.port });
    return new Promise<void>((resolve) =>
      connection.setHandler({ ...IDLE, onClose: () => resolve() }),
    );
  });
  await Promise.all(closed);
  t.equal(accepted, 1);
});
