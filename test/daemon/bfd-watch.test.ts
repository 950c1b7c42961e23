import t from 'tap';
import type { BfdManager } from '../../src/bfd/manager.ts';
import { BfdWatch } from '../../src/daemon/bfd-watch.ts';
import { formatAddress } from '../../src/net/text.ts';
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
