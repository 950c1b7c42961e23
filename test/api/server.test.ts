import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ApiContext } from '../../src/api/routes.ts';
import { createApiServer } from '../../src/api/server.ts';
import type { FeedTopic, FibRouteView } from '../../src/api/views.ts';
import { Feed } from '../../src/daemon/feed.ts';
import {
  bindApiSocket,
  bindUnixSocket,
  closeServer,
  readSocketPath,
} from '../../src/run/unix-socket.ts';
import { routeView, stubContext } from '../support/stub-views.ts';

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

t.test('a filter that fits little lets others have their turn as well', async (t) => {
  let pauses = 0;
  const context = {
    ...stubContext(1000),
    pause: async () => {
      pauses++;
    },
  };
  const { text } = await ask(await serve(t, context), '/v1/rib?longer=10.0.9.0/24');
  t.equal(text.trimEnd().split('\n').length, 1);
  t.equal(pauses, 3);
});

t.test('a reader that leaves ends its listing', async (t) => {
  let made = 0;
  const ended = { done: () => {} };
  const isOver = new Promise<void>((resolve) => {
    ended.done = resolve;
  });
  const context = stubContext();
  function* endless() {
    try {
      for (;;) {
        made++;
        yield routeView(made);
      }
    } finally {
      ended.done();
    }
  }
  const socketPath = await serve(t, { ...context, views: { ...context.views, rib: endless } });
  const outgoing = request({ socketPath, path: '/v1/rib' }, (response) => {
    response.once('data', () => outgoing.destroy());
  });
  outgoing.on('error', () => {});
  outgoing.end();
  await isOver;
  t.ok(made > 0);
});

t.test('a reader that stops reading costs nothing but what the socket holds', async (t) => {
  let made = 0;
  const context = stubContext();
  function* long() {
    for (made = 0; made < 1_000_000; made++) yield routeView(made);
  }
  const views = { ...context.views, rib: long };
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const socketPath = await serve(t, { ...context, views, pause });
  const outgoing = request({ socketPath, path: '/v1/rib' }, (response) => response.pause());
  outgoing.on('error', () => {});
  outgoing.end();
  await new Promise<void>((resolve) => outgoing.once('response', () => resolve()));
  let before = -1;
  while (made !== before) {
    before = made;
    for (let turn = 0; turn < 200; turn++) await pause();
  }
  t.ok(made < 100_000, `${made} routes were made`);
  outgoing.destroy();
});

t.test('the socket for reading takes no commands', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-api-'));
  const record: string[] = [];
  const server = createApiServer(stubContext(2, record), { scope: 'read' });
  const path = readSocketPath(join(folder, 's'));
  await bindUnixSocket(server, path, '--api PATH', process.getgid!());
  t.teardown(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true });
  });
  t.equal((await stat(path)).mode & 0o777, 0o660);
  t.equal((await ask(path, '/v1/version')).status, 200);
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const target = '/v1/neighbors/Mesh_10_0_0_2/shutdown';
    t.equal((await ask(path, target, { method, body: '{}' })).status, 403, method);
  }
  t.same(record, []);
});

t.test('requests that are too large are refused', async (t) => {
  const socketPath = await serve(t, stubContext());
  const body = `{"level":"${'x'.repeat(70_000)}"}`;
  t.match(await ask(socketPath, '/v1/log-level', { method: 'POST', body }), {
    status: 400,
    text: /too large/,
  });
});

t.test('a watcher gets events as they come, and its leaving ends the watch', async (t) => {
  const feed = new Feed();
  const context = stubContext();
  const views = { ...context.views, watch: (topic: FeedTopic) => feed.watch(topic) };
  const socketPath = await serve(t, { ...context, views });
  t.equal((await ask(socketPath, '/v1/monitor/weather')).status, 400);
  const outgoing = request({ socketPath, path: '/v1/monitor/neighbors' });
  outgoing.on('error', () => {});
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  feed.publish('neighbors', () => ({ event: 'state' }));
  t.equal(String((await once(response, 'data'))[0]), '{"event":"state"}\n');
  outgoing.destroy();
  while (feed.isWatched('neighbors')) await new Promise((resolve) => setImmediate(resolve));
  t.pass('it is gone');
});
