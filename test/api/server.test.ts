import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ApiContext } from '../../src/api/routes.ts';
import { createApiServer } from '../../src/api/server.ts';
import type { FibRouteView } from '../../src/api/views.ts';
import { bindApiSocket, closeServer } from '../../src/run/unix-socket.ts';
import { stubContext } from '../support/stub-views.ts';

async function serve(t: Test, context: ApiContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-api-'));
  const socketPath = join(folder, 'catbird.sock');
  const server = createApiServer(context);
  await bindApiSocket(server, socketPath);
  t.teardown(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true });
  });
  return socketPath;
}

function ask(
  socketPath: string,
  path: string,
  { method = 'GET', body = '' } = {},
): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function fibRoute(index: number): FibRouteView {
  return {
    prefix: `10.${index >> 8}.${index & 255}.0/24`,
    type: 'unicast',
    nextHops: [],
    metric: 1024,
    protocol: 12,
    state: 'installed',
    error: null,
    contest: null,
  };
}

t.test('the kernel routes are one JSON array, however many there are', async (t) => {
  for (const count of [0, 1, 256, 1000]) {
    const routes = Array.from({ length: count }, (_, index) => fibRoute(index));
    const context = stubContext();
    const views = { ...context.views, fib: () => routes };
    const { text } = await ask(await serve(t, { ...context, views }), '/v1/fib');
    t.same(JSON.parse(text), routes);
  }
});

t.test('a long listing lets others have their turn between its pieces', async (t) => {
  let pauses = 0;
  const context = {
    ...stubContext(1000),
    pause: async () => {
      pauses++;
    },
  };
  const { text } = await ask(await serve(t, context), '/v1/rib');
  t.equal(text.trimEnd().split('\n').length, 1000);
  t.equal(pauses, 3);
});

t.test('what is no request of ours is answered in a sentence', async (t) => {
  const socketPath = await serve(t, stubContext());
  t.same(await ask(socketPath, '//'), { status: 400, text: '{"error":"\'//\' is no path"}\n' });
  t.equal((await ask(socketPath, '/v1/neighbors/%')).status, 400);
  t.equal((await ask(socketPath, '/v1/neighbors/nobody')).status, 404);
  t.equal((await ask(socketPath, '/v1/rib', { method: 'POST' })).status, 404);
  const level = { method: 'POST', body: '{"level":' };
  t.equal((await ask(socketPath, '/v1/log-level', level)).status, 400);
});
