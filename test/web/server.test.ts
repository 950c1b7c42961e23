import type { AddressInfo } from 'node:net';
import { createConnection } from 'node:net';
import t, { type Test } from 'tap';
import { closeServer } from '../../src/run/unix-socket.ts';
import { Heartbeat } from '../../src/runtime/heartbeat.ts';
import { textAnswer, type WebPage, type WebRequest } from '../../src/web/page.ts';
import { healthPage, readyPage } from '../../src/web/probes.ts';
import { createWebServer } from '../../src/web/server.ts';
import { FakeClock } from '../support/fake-clock.ts';

const REQUEST: WebRequest = { path: '/', query: new URLSearchParams(), isGone: () => false };
const HELLO: WebPage = { path: '/hello', answer: ({ query }) => textAnswer(200, [`${query}`]) };

interface Options {
  readonly pages?: readonly WebPage[];
  readonly clock?: FakeClock;
  readonly onFault?: () => void;
}

async function serve(t: Test, options: Options = {}): Promise<number> {
  const { pages = [HELLO], clock = new FakeClock(), onFault = () => {} } = options;
  const server = createWebServer({ pages, hosts: new Set(), clock, onFault });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => closeServer(server));
  return (server.address() as AddressInfo).port;
}

/** What comes back for octets as they are, until the server closes. */
function speak(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const ask = (port: number, target: string, more = '', method = 'GET') =>
  speak(
    port,
    `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`,
  );

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

t.test('a page is found by its exact path, and told the query', async (t) => {
  const answer = await ask(await serve(t), '/hello?a=%41');
  t.equal(statusOf(answer), 200);
  t.match(answer, /\r\n\r\na=A\n$/);
});

t.test('paths are compared as they are: no decoding, no climbing', async (t) => {
  const port = await serve(t);
  const targets = [
    '/',
    '/hello/',
    '/Hello',
    '/%68ello',
    '/x/../hello',
    '/./hello',
    '/hello;a',
    '/hello%00',
  ];
  for (const target of targets) t.equal(statusOf(await ask(port, target)), 404, target);
});

t.test('a page may answer for all paths below it, and is told which', async (t) => {
  const tree: WebPage = {
    path: '/tree/',
    hasChildren: true,
    answer: ({ path }) => textAnswer(200, [path]),
  };
  const port = await serve(t, { pages: [HELLO, tree] });
  t.match(await ask(port, '/tree/a%2Fb/../c?d'), /\r\n\r\n\/tree\/a%2Fb\/\.\.\/c\n$/);
  t.equal(statusOf(await ask(port, '/tree')), 404);
});

t.test('while much is not read nobody gets more of it, but probes are answered', async (t) => {
  const big: WebPage = {
    path: '/big',
    isLarge: true,
    answer: () => ({ status: 200, type: 'text/plain', body: new Uint8Array(6 * 1024 * 1024) }),
  };
  const port = await serve(t, { pages: [big, HELLO] });
  const slow = createConnection(port, '127.0.0.1', () => {
    slow.pause();
    slow.write('GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(5));
  });
  t.teardown(() => slow.destroy());
  const head = () => ask(port, '/big', '', 'HEAD').then(statusOf);
  await until(async () => (await head()) === 503);
  t.equal(statusOf(await ask(port, '/hello')), 200);
  slow.destroy();
  await until(async () => (await head()) === 200);
  t.pass('who goes away makes room, also of answers that waited behind another');
});

t.test('no answer may be framed, sniffed, kept or read by other sites', async (t) => {
  const answer = (await ask(await serve(t), '/hello')).toLowerCase();
  t.match(answer, "content-security-policy: default-src 'none'");
  t.match(answer, 'x-content-type-options: nosniff');
  t.match(answer, 'cross-origin-resource-policy: same-origin');
  t.match(answer, 'cache-control: no-store');
  t.notMatch(answer, 'access-control-allow-origin');
});

t.test('HEAD answers without the body', async (t) => {
  const answer = await ask(await serve(t), '/hello?long', '', 'HEAD');
  t.equal(statusOf(answer), 200);
  t.match(answer, /content-length: 6\r\n/);
  t.match(answer, /\r\n\r\n$/);
});

t.test('what is refused ends the connection', async (t) => {
  const port = await serve(t);
  const body = 'Content-Length: 100000000000\r\n';
  const started = `POST /hello HTTP/1.1\r\nHost: localhost\r\n${body}\r\n`;
  t.equal(statusOf(await speak(port, started)), 405);
  t.equal(statusOf(await speak(port, started.replace('POST', 'GET'))), 413);
  const expecting = started.replace('GET', 'POST').replace(body, `${body}Expect: 100-continue\r\n`);
  t.equal(statusOf(await speak(port, expecting)), 417);
  const rebound = 'GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n';
  t.equal(statusOf(await speak(port, rebound)), 421);
});

t.test('headers that are too long, or no HTTP, are refused', async (t) => {
  const port = await serve(t);
  t.equal(statusOf(await ask(port, '/hello', `X: ${'x'.repeat(9000)}\r\n`)), 431);
  t.equal(statusOf(await speak(port, '\x16\x03\x01\r\n\r\n')), 400);
  t.equal(statusOf(await speak(port, 'GET /hello HTTP/1.1\r\n\r\n')), 400);
});

t.test('an answer nobody reads is dropped after a minute', async (t) => {
  const clock = new FakeClock();
  const asked = deferred();
  const never: WebPage = {
    path: '/never',
    answer: () => {
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const port = await serve(t, { pages: [never], clock });
  const answer = ask(port, '/never');
  await asked.promise;
  clock.advance(60_000);
  t.equal(await answer, '');
  t.equal(clock.pendingTimers, 0);
});

t.test('a page that fails costs one answer, and says nothing about the inside', async (t) => {
  const fault = () => {
    throw new Error('secret');
  };
  const faults: unknown[] = [];
  const pages = [{ path: '/bad', answer: fault }, HELLO];
  const port = await serve(t, { pages, onFault: () => faults.push(1) });
  const answer = await ask(port, '/bad');
  t.equal(statusOf(answer), 500);
  t.notMatch(answer, 'secret');
  t.equal(faults.length, 1);
  t.equal(statusOf(await ask(port, '/hello')), 200);
});

t.test('healthy while timers fire, and not once one is lost', async (t) => {
  const clock = new FakeClock();
  const late: number[] = [];
  const heartbeat = new Heartbeat(clock, (lateMs) => late.push(lateMs));
  const page = healthPage(heartbeat);
  clock.advance(1000);
  t.same(late, [0, 0]);
  t.match(await page.answer(REQUEST), { status: 200, body: 'ok\n' });
  heartbeat.stop(); // as if the timer never came
  clock.advance(10_501);
  t.match(await page.answer(REQUEST), {
    status: 503,
    body: 'timers do not fire: one is 10001 ms overdue\n',
  });
});

t.test('the reasons stand in the body of the readiness probe', async (t) => {
  const page = readyPage(() => ({ isReady: false, reasons: ['Mesh_1 is Idle'] }));
  t.same(await page.answer(REQUEST), {
    status: 503,
    type: 'text/plain; charset=utf-8',
    body: 'not ready\nMesh_1 is Idle\n',
  });
});
