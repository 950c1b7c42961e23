/** What a service manager hears on its socket, by the protocol of sd_notify(3). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { ServiceManager } from '../../src/run/service-manager.ts';
import { bindNotifySocket } from '../support/notify-socket.ts';

t.test('ready and stopping are told, on a path', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'catbird-notify-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const NOTIFY_SOCKET = join(folder, 'notify');
  const heard = bindNotifySocket(t, NOTIFY_SOCKET);
  const manager = new ServiceManager({ NOTIFY_SOCKET }, 1);
  manager.ready('node a');
  manager.stopping();
  t.same(heard(), ['READY=1\nSTATUS=node a', 'STOPPING=1']);
});

t.test('the watchdog is fed at half its interval, on an abstract socket', async (t) => {
  const NOTIFY_SOCKET = `@catbird-notify-${process.pid}`;
  const heard = bindNotifySocket(t, NOTIFY_SOCKET);
  t.capture(globalThis, 'setInterval', (fire: () => void, delayMs: number) => {
    t.equal(delayMs, 15_000);
    fire();
    return { unref: () => undefined };
  });
  new ServiceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7).ready('');
  t.same(heard(), ['READY=1\nSTATUS=', 'WATCHDOG=1']);
  new ServiceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7).ready('');
  t.same(heard(), ['READY=1\nSTATUS='], 'a watchdog for another process');
});

for (const NOTIFY_SOCKET of [
  undefined,
  '',
  'relative',
  '@',
  `/${'x'.repeat(200)}`,
  '/no/such/socket',
]) {
  t.test(`nothing happens with NOTIFY_SOCKET ${NOTIFY_SOCKET?.slice(0, 20)}`, async (t) => {
    t.doesNotThrow(() => new ServiceManager({ NOTIFY_SOCKET, WATCHDOG_USEC: '1' }, 1).stopping());
  });
}
