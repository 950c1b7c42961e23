import t from 'tap';
import { STATE_DOWN, STATE_UP } from '../../src/bfd/control-packet.ts';
import type { BfdManager, BfdPeer } from '../../src/bfd/manager.ts';
import { BfdWatch } from '../../src/daemon/bfd-watch.ts';
import { formatAddress, parseAddress } from '../../src/net/text.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { configOf } from '../support/lab.ts';

t.test('another address, source or kind of path starts anew, other times do not', async (t) => {
  const done: string[] = [];
  const bfd = {
    add({ remoteAddress }: { remoteAddress: Uint8Array }) {
      done.push(`add ${formatAddress(remoteAddress)}`);
      return { setTimes: () => done.push('times') };
    },
    remove: () => done.push('remove'),
  };
  const watch = new BfdWatch({ bfd: bfd as unknown as BfdManager, log: silentLog }, () => {});
  const follow = (address: string, keys: string) => {
    const [neighbor] = configOf(`
router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors: [ { name: n, asNumber: 64512, address: ${address}, ${keys} } ]`).neighbors;
    watch.follow(neighbor!);
    return done.splice(0);
  };
  t.same(follow('fe80::2%eth0', 'bfd: {}'), ['add fe80::2']);
  t.same(follow('fe80::2%eth0', 'bfd: { interval: 500 }'), ['times']);
  t.same(follow('fe80::3%eth0', 'bfd: {}'), ['remove', 'add fe80::3'], 'found on its interface');
  const again = ['remove', 'add 10.0.0.2'];
  t.same(follow('10.0.0.2', 'bfd: {}'), again);
  t.same(follow('10.0.0.2', 'bfd: {}, sourceAddress: 10.0.0.1'), again);
  t.same(follow('10.0.0.2', 'bfd: { multihop: false }, sourceAddress: 10.0.0.1'), again);
  t.same(follow('10.0.0.2', 'port: 1179'), ['remove']);
});

t.test('packets leave from our address on the session, where none is configured', async (t) => {
  const sources: string[] = [];
  const session = { state: STATE_DOWN as number, setTimes: () => undefined };
  const bfd = {
    add: ({ localAddress }: BfdPeer) => {
      sources.push(localAddress ? formatAddress(localAddress) : 'any');
      return session;
    },
    setSource: (_: unknown, address: Uint8Array) => sources.push(formatAddress(address)),
    remove: () => undefined,
  };
  const watch = new BfdWatch({ bfd: bfd as unknown as BfdManager, log: silentLog }, () => {});
  const follow = (address: string, keys = '') =>
    watch.follow(
      configOf(`
router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors: [ { name: n, asNumber: 64512, address: ${address}, bfd: {}${keys} } ]`).neighbors[0]!,
    );
  const told = () => sources.splice(0);
  follow('10.0.0.2');
  watch.sessionUp(parseAddress('10.0.0.7'));
  t.same(told(), ['any', '10.0.0.7']);
  follow('10.0.0.3');
  t.same(told(), ['10.0.0.7'], 'remembered');
  session.state = STATE_UP;
  watch.sessionUp(parseAddress('10.0.0.8'));
  t.same(told(), [], 'what is up stays as it is');
  follow('fd00::2');
  t.same(told(), ['any'], 'an address of another family is none for it');
  session.state = STATE_DOWN;
  follow('10.0.0.2', ', sourceAddress: 10.0.0.1');
  watch.sessionUp(parseAddress('10.0.0.9'));
  t.same(told(), ['10.0.0.1', '10.0.0.1']);
});
