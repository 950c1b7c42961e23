import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { bindApiSocket, closeServer } from '../../src/run/unix-socket.ts';

async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-socket-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

t.test('the socket is for owner and group, and goes when it is closed', async (t) => {
  const path = join(await makeFolder(t), 'deep', 'catbird.sock');
  const server = createServer();
  await bindApiSocket(server, path);
  t.equal((await stat(path)).mode & 0o777, 0o660);
  await t.rejects(bindApiSocket(createServer(), path), { code: 'CATBIRD_API_BUSY' });
  await closeServer(server);
  await t.rejects(stat(path), { code: 'ENOENT' });
});

t.test('a file that is no socket is left alone', async (t) => {
  const path = join(await makeFolder(t), 'precious.txt');
  await writeFile(path, 'precious');
  const server = createServer();
  await t.rejects(bindApiSocket(server, path), { code: 'CATBIRD_API_SOCKET' });
  t.equal(await readFile(path, 'utf8'), 'precious');
  t.notOk(server.listening);
});

t.test('a path too long for a socket is refused, and nothing keeps running', async (t) => {
  const server = createServer();
  const path = join(await makeFolder(t), 'x'.repeat(108));
  await t.rejects(bindApiSocket(server, path), { code: 'CATBIRD_API_SOCKET', message: /107/ });
  t.notOk(server.listening);
});
