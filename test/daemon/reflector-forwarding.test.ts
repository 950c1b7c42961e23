/** What a reflector knows of its links when the kernel does not play along. */
import t from 'tap';
import { reflectorForwarding } from '../../src/daemon/reflector-forwarding.ts';
import { parseAddress } from '../../src/net/text.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf } from '../support/lab.ts';
import { MemoryKernel } from '../support/memory-kernel.ts';

const config = configOf(`
router: { asNumber: 64512, routerId: 10.0.0.1 }
fib: { enabled: false }
neighbors: [ { name: far, address: 10.0.0.2, asNumber: 64513 } ]
`);
const far = parseAddress('10.0.0.2')!;
const common = { clock: new FakeClock(), log: silentLog, config };
let told = 0;
const listener = {
  nextHopsChanged: () => undefined,
  learned: () => undefined,
  networkChanged: () => void told++,
};

t.test('where there is no kernel to ask, no session stands on a link', async (t) => {
  const openKernel = () => Promise.reject(new Error('no netlink'));
  const forwarding = reflectorForwarding({ openKernel, ...common });
  await forwarding.start(listener);
  t.same(
    [forwarding.interfaceTo(far), forwarding.hasAddress(far), forwarding.isInterfaceUp('eth0')],
    [undefined, false, true],
  );
  await forwarding.stop();
});

t.test('a kernel that cannot be read is asked again', async (t) => {
  const kernel = new MemoryKernel();
  kernel.addLink('eth0', [{ address: parseAddress('10.0.0.1')!, length: 24 }]);
  const dumpLinks = kernel.dumpLinks.bind(kernel);
  kernel.dumpLinks = () => Promise.reject(new Error('busy'));
  const forwarding = reflectorForwarding({ openKernel: async () => kernel, ...common });
  await forwarding.start(listener);
  t.equal(forwarding.interfaceTo(far), undefined);
  kernel.dumpLinks = dumpLinks;
  told = 0;
  common.clock.advance(5000);
  common.clock.advance(0);
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  t.same([forwarding.interfaceTo(far), told], ['eth0', 1]);
  await forwarding.stop();
});
