/** The time that input may take in one turn of the event loop. */
import t from 'tap';
import { ReadTurn } from '../../src/runtime/read-turn.ts';
import { TcpTransport } from '../../src/runtime/tcp-transport.ts';
import type { Connection } from '../../src/runtime/transport.ts';

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
    const turn = new ReadTurn(clock);
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

t.test('nothing is lost or mixed up when every slice uses up its turn', async (t) => {
  let time = 0;
  const now = () => (time += 8);
  const clock = { ...makeClock(), now, defer: (run: () => void) => void setImmediate(run) };
  const transport = new TcpTransport(new ReadTurn(clock));
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
