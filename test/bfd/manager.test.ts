/** BFD managers on a wire in memory: demultiplexing, GTSM, unknown senders, sockets. */
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import {
  type ControlPacket,
  encodeControl,
  STATE_DOWN,
  STATE_INIT,
  STATE_UP,
  type WireState,
} from '../../src/bfd/control-packet.ts';
import { BfdManager, type BfdPeer, SINGLE_HOP_PORT } from '../../src/bfd/manager.ts';
import { parseAddress } from '../../src/net/text.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { MemoryUdp } from '../support/memory-udp.ts';

const [A, B, C] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((text) => parseAddress(text)!) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function setup() {
  const clock = new FakeClock();
  const udp = new MemoryUdp(clock);
  let seed = 7;
  const random = {
    uniform: () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    },
  };
  const managerAt = (address: Uint8Array) =>
    new BfdManager({ clock, random, udp: udp.host(address) });
  return { clock, udp, managerAt };
}

function peer(remoteAddress: Uint8Array, change: Partial<BfdPeer> = {}): BfdPeer {
  return {
    localAddress: undefined,
    remoteAddress,
    isMultihop: false,
    interface: undefined,
    intervalMs: 300,
    multiplier: 3,
    ...change,
  };
}

function owner() {
  const states: WireState[] = [];
  const failures: string[] = [];
  return {
    states,
    failures,
    stateChanged: (_session: unknown, _from: WireState, to: WireState) => void states.push(to),
    failed: (reason: string) => void failures.push(reason),
  };
}

const greeting: ControlPacket = {
  diagnostic: 0,
  state: STATE_DOWN,
  isPoll: false,
  isFinal: false,
  isControlPlaneIndependent: false,
  isDemand: false,
  detectMultiplier: 3,
  myDiscriminator: 9,
  yourDiscriminator: 0,
  desiredMinTxUs: 300_000,
  requiredMinRxUs: 300_000,
  requiredMinEchoRxUs: 0,
};

t.test('two managers come Up, from source ports of the range (RFC 5881 §4)', async (t) => {
  const { clock, udp, managerAt } = setup();
  const near = managerAt(A).add(peer(B), owner());
  const far = managerAt(B).add(peer(A), owner());
  await turn();
  clock.advance(3000);
  t.equal(near.state, STATE_UP);
  t.equal(far.state, STATE_UP);
  t.equal(new Set(udp.sent.map(({ sourcePort }) => sourcePort)).size, 2);
  t.ok(udp.sent.every(({ sourcePort }) => sourcePort >= 49_152));
});

t.test('a single hop drops what crossed a router, multihop takes it (RFC 5881 §5)', async (t) => {
  for (const isMultihop of [false, true]) {
    const { clock, udp, managerAt } = setup();
    udp.hops = 1;
    const near = managerAt(A).add(peer(B, { isMultihop }), owner());
    managerAt(B).add(peer(A, { isMultihop }), owner());
    await turn();
    clock.advance(3000);
    t.equal(near.state, isMultihop ? STATE_UP : STATE_DOWN);
  }
});

t.test('unknown senders and stolen discriminators are counted, nothing more', async (t) => {
  const { clock, udp, managerAt } = setup();
  const manager = managerAt(A);
  const session = manager.add(peer(B), owner());
  await turn();
  const stranger = await udp.host(C).open({ address: C, port: 50_000, ttl: 255 }, () => undefined);
  const send = (packet: ControlPacket) =>
    stranger.send(encodeControl(packet), { address: A, interface: undefined }, SINGLE_HOP_PORT);
  send(greeting);
  send({ ...greeting, yourDiscriminator: session.localDiscriminator });
  send({ ...greeting, yourDiscriminator: 12345 });
  const sentBefore = udp.sent.length;
  clock.advance(10);
  t.equal(manager.discarded, 3);
  t.equal(session.state, STATE_DOWN);
  t.equal(udp.sent.length, sentBefore, 'no answer to strangers');
});

t.test('packets leave from another address once one is set', async (t) => {
  const { clock, udp, managerAt } = setup();
  const [a, b] = [managerAt(A), managerAt(B)];
  const heard = owner();
  b.add(peer(C), heard);
  const session = a.add(peer(B), owner());
  await turn();
  clock.advance(2000);
  t.same(heard.states, [], 'it expects C, and we are A');
  a.setSource(session, C);
  await turn();
  clock.advance(2000);
  t.same(heard.states, [STATE_INIT]);
  t.equal(udp.openSockets, 4, 'the old socket is closed');
});

t.test('removing the last session closes every socket and timer', async (t) => {
  const { clock, udp, managerAt } = setup();
  const manager = managerAt(A);
  const first = manager.add(peer(B), owner());
  manager.add(peer(C), owner());
  await turn();
  t.equal(udp.openSockets, 3, 'one to receive, two to send');
  manager.remove(first);
  manager.remove(first);
  t.equal(udp.openSockets, 2);
  manager.close();
  await turn();
  t.equal(udp.openSockets, 0);
  clock.advance(10);
  t.equal(clock.pendingTimers, 0);
});

t.test('a socket that cannot be opened is reported and tried again', async (t) => {
  const { clock, udp, managerAt } = setup();
  udp.isRefusing = true;
  const watcher = owner();
  managerAt(A).add(peer(B), watcher);
  await turn();
  t.strictSame(watcher.failures, ['refused']);
  udp.isRefusing = false;
  clock.advance(5000);
  await turn();
  t.equal(udp.openSockets, 2);
});

t.test('removed while its sockets open, a session never starts', async (t) => {
  const { udp, managerAt } = setup();
  const manager = managerAt(A);
  manager.remove(manager.add(peer(B), owner()));
  await turn();
  t.equal(udp.sent.length, 0);
  t.equal(udp.openSockets, 0);
});
