/** Sessions over real sockets on loopback; everything else is tested on the fake clock. */
import { EventEmitter, once } from 'node:events';
import t, { type Test } from 'tap';
import { BgpListener } from '../../../src/bgp/session/listener.ts';
import { Session } from '../../../src/bgp/session/session.ts';
import type { SessionSettings } from '../../../src/bgp/session/settings.ts';
import { hostPrefix } from '../../../src/net/prefix.ts';
import { parseAddress, parsePrefix } from '../../../src/net/text.ts';
import { SystemClock, SystemRandom } from '../../../src/runtime/system-clock.ts';
import { TcpTransport } from '../../../src/runtime/tcp-transport.ts';
import { END_OF_RIB, EventLog, settingsTo } from './lab.ts';

const ports = {
  transport: new TcpTransport(),
  clock: new SystemClock(),
  random: new SystemRandom(),
};

/** An EventLog whose ups, downs and updates can be awaited. */
class LiveLog extends EventLog {
  readonly emitter = new EventEmitter();

  override established(...args: Parameters<EventLog['established']>): void {
    super.established(...args);
    this.emitter.emit('up');
  }

  override down(...args: Parameters<EventLog['down']>): void {
    super.down(...args);
    this.emitter.emit('down');
  }

  override update(bytes: Uint8Array, at: number, end: number): undefined {
    super.update(bytes, at, end);
    this.emitter.emit('update');
  }
}

async function pair(addressA: string, addressB: string, overrides: Partial<SessionSettings>) {
  const a = new LiveLog();
  const b = new LiveLog();
  const address = parseAddress(addressB)!;
  const passive = new Session(
    settingsTo(addressA, { routerId: 2, passive: true, ...overrides }),
    ports,
    b,
  );
  const listener = new BgpListener(ports, {
    lookup: () => passive,
    rejected: () => undefined,
    reopened: () => undefined,
  });
  await listener.rebind([{ address, port: 0 }]);
  const { password } = passive.settings;
  if (password !== undefined) listener.setPassword(hostPrefix(passive.settings.address), password);
  const dialler = new Session(
    settingsTo(addressB, {
      port: listener.endpoints[0]!.port,
      sourceAddress: parseAddress(addressA)!,
      ...overrides,
    }),
    ports,
    a,
  );
  return { a, b, passive, dialler, listener };
}

async function upAndDown(t: Test, a: string, b: string, overrides: Partial<SessionSettings>) {
  const lab = await pair(a, b, overrides);
  const isUp = Promise.all([once(lab.a.emitter, 'up'), once(lab.b.emitter, 'up')]);
  lab.passive.start();
  lab.dialler.start();
  await isUp;
  const gotUpdate = once(lab.b.emitter, 'update');
  lab.a.link!.send(END_OF_RIB, 0, END_OF_RIB.length);
  await gotUpdate;
  t.same(lab.b.updates, [END_OF_RIB]);
  t.same(lab.a.link!.localAddress, parseAddress(a));
  const isDown = once(lab.b.emitter, 'down');
  lab.dialler.stop({ subcode: 2, text: 'done' });
  await isDown;
  t.match(lab.b.downs, [{ isGraceful: false, text: /Administrative Shutdown: "done"/ }]);
  lab.passive.stop('silent');
  await lab.listener.close();
}

t.test('plain, over IPv4 and IPv6', async (t) => {
  await Promise.all([
    upAndDown(t, '127.0.0.1', '127.0.0.2', {}),
    upAndDown(t, '::1', '::1', { families: ['ipv6-unicast'] }),
  ]);
});

/** Why this system has no TCP-MD5; undefined when it does. */
async function missingMd5(): Promise<string | undefined> {
  const address = parseAddress('127.0.0.1')!;
  const listener = await ports.transport.listen({ address, port: 0 }, (c) => c.abort());
  const problem = listener.setPassword(hostPrefix(address), 's3cret');
  listener.close();
  return problem;
}

const skip = (await missingMd5()) ?? false;

t.test('with a password and TTL security (SESS-7, SESS-9)', { skip }, async (t) => {
  await Promise.all([
    upAndDown(t, '127.0.0.3', '127.0.0.4', { password: 's3cret', ttlSecurity: 1 }),
    upAndDown(t, '::1', '::1', { password: 's3cret', ttlSecurity: 2 }),
  ]);
});

t.test('a key for a whole range lets in who knows it (SESS-9)', { skip }, async (t) => {
  const address = parseAddress('127.0.0.5')!;
  const sourceAddress = parseAddress('127.0.0.6')!;
  for (const range of ['127.0.0.0/24', '127.0.0.4/30']) {
    const accepted = new EventEmitter();
    const listener = await ports.transport.listen({ address, port: 0 }, (c) => {
      c.abort();
      accepted.emit('connection');
    });
    t.equal(listener.setPassword(parsePrefix(range)!, 's3cret'), undefined);
    const isIn = once(accepted, 'connection');
    const dialled = ports.transport.connect({
      address,
      port: listener.port,
      sourceAddress,
      password: 's3cret',
    });
    dialled.setHandler({ onConnected() {}, onData() {}, onDrain() {}, onClose() {} });
    await isIn;
    listener.close();
    dialled.abort();
  }
});

t.test('a key is added, changed and removed on a live session (SESS-9)', { skip }, async (t) => {
  for (const [a, b] of [
    ['127.0.0.7', '127.0.0.8'],
    ['::1', '::1'],
  ] as const) {
    const lab = await pair(a, b, a === '::1' ? { families: ['ipv6-unicast'] } : {});
    const isUp = Promise.all([once(lab.a.emitter, 'up'), once(lab.b.emitter, 'up')]);
    lab.passive.start();
    lab.dialler.start();
    await isUp;
    const remote = hostPrefix(lab.passive.settings.address);
    const rekey = (session: Session, password: string | undefined) =>
      t.same(session.update({ ...session.settings, password }), []);
    for (const password of ['first', 'second', undefined]) {
      const gotUpdate = once(lab.b.emitter, 'update');
      rekey(lab.dialler, password);
      // Sent with a key the other end does not have yet: the kernel sends it again.
      lab.a.link!.send(END_OF_RIB, 0, END_OF_RIB.length);
      lab.listener.setPassword(remote, password);
      rekey(lab.passive, password);
      await gotUpdate;
    }
    t.same([...lab.a.downs, ...lab.b.downs], []);
    lab.dialler.stop('silent');
    lab.passive.stop('silent');
    await lab.listener.close();
  }
});
