/** Listening sockets that came with the process, as a service manager hands them over. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { InheritedSockets } from '../../src/runtime/inherited-sockets.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const LISTENER = fileURLToPath(new URL('../support/inheriting-listener.ts', import.meta.url));

t.test('a listener takes over the socket bound to its address and port', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const { port } = server.address() as { port: number };
  const argv = [...process.execArgv, LISTENER, String(port)];
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'ignore', 'inherit', fd, 'ipc'],
  });
  t.equal((await once(child, 'message'))[0], 'listening', 'though the port is in use');
  server.close(); // the descriptor of the child goes on
  const heard = once(child, 'message');
  connect(port, '127.0.0.1').on('error', () => undefined);
  t.equal((await heard)[0], 4);
  await once(child, 'exit');
});

t.test('sockets for another process, and foolish numbers, are none', async (t) => {
  for (const [count, pid] of [
    ['1', '2'],
    ['-1', '1'],
    ['many', '1'],
    [undefined, '1'],
  ] as const) {
    const env = { LISTEN_PID: pid, ...(count && { LISTEN_FDS: count }) };
    t.equal(new InheritedSockets(env, 1).take(LOOPBACK, 179), undefined);
  }
});

t.test('descriptors that are no sockets of that address are left alone', async (t) => {
  const inherited = new InheritedSockets({ LISTEN_FDS: '99', LISTEN_PID: '1' }, 1);
  t.equal(inherited.take(LOOPBACK, 1), undefined);
});
