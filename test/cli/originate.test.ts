import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type ApiScope, createApiServer } from '../../src/api/server.ts';
import type { CommandIo } from '../../src/cli/command.ts';
import { runCommandLine } from '../../src/cli/main.ts';
import { bindApiSocket, closeServer } from '../../src/run/unix-socket.ts';
import { credentialsOf } from '../../src/runtime/peer-credentials.ts';
import { stubContext } from '../support/stub-views.ts';

async function withDaemon(t: Test, scope: ApiScope = 'all') {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-api-'));
  const api = join(folder, 'catbird.sock');
  const record: string[] = [];
  const server = createApiServer(stubContext(2, record), { scope, callerOf: credentialsOf });
  await bindApiSocket(server, api);
  t.teardown(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true });
  });
  const run = async (...words: string[]) => {
    let [out, err] = ['', ''];
    const io: CommandIo = {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      stdin: (async function* () {})(),
      env: { CATBIRD_API: api },
      isTerminal: false,
    };
    return { code: await runCommandLine(['originate', ...words], io), out, err };
  };
  return { api, record, run };
}

t.test('add sends prefixes, attributes and lease, and the daemon knows who asks', async (t) => {
  const { record, run } = await withDaemon(t);
  const { code, out } = await run(
    ...['add', '192.0.2.1/32', '192.0.2.2/32', '--owner', 'metallb', '--lease', '2m'],
    ...['--community', '64512:10', '--community', '1:2:3', '--local-pref', '200', '--med', '0'],
  );
  t.equal(code, 0);
  t.match(out, /192\.0\.2\.1\/32 +metallb .* 64512:10 +42s of 60s/);
  const [, order, caller] = /^originate (\{.*\}) (\{.*\})$/.exec(record[0]!)!;
  t.same(JSON.parse(order!), {
    owner: 'metallb',
    prefixes: ['192.0.2.1/32', '192.0.2.2/32'],
    all: false,
    communities: ['64512:10', '1:2:3'],
    localPref: 200,
    med: 0,
    leaseSec: 120,
  });
  t.match(JSON.parse(caller!), { uid: process.getuid!() });
  t.ok((JSON.parse(caller!) as { gids: number[] }).gids.includes(process.getgid!()));
});

t.test('remove tells by its exit code whether there was anything', async (t) => {
  const { run } = await withDaemon(t);
  t.equal((await run('remove', '192.0.2.1/32', '--owner', 'metallb')).code, 0);
  t.equal((await run('remove', '--all', '--owner', 'metallb')).code, 0);
  const nothing = await run('remove', '192.0.2.7/32', '--owner', 'metallb');
  t.match(nothing, { code: 1, err: /'metallb' announces none of these/ });
});

t.test('list prints a table, or the view as it stands', async (t) => {
  const { run } = await withDaemon(t);
  t.match((await run('list')).out, /PREFIX +OWNER[\s\S]*\* +192\.0\.2\.1\/32 +metallb/);
  t.match(JSON.parse((await run('list', '-o', 'json')).out), [{ owner: 'metallb' }]);
});

t.test('wrong words are usage errors that say what is right', async (t) => {
  const { run, record } = await withDaemon(t);
  const cases: readonly [string, RegExp][] = [
    ['add 192.0.2.1/32', /needs --owner/],
    ['add --owner x', /usage: catbird originate add PREFIX/],
    ['remove --owner x', /usage: catbird originate remove PREFIX/],
    ['remove 192.0.2.1/32 --all --owner x', /usage/],
    ['add 192.0.2.1/32 --all --owner x', /takes no --all/],
    ['list 192.0.2.1/32', /takes no prefix/],
    ['list --med 1', /takes no --med/],
    ['add 192.0.2.1/32 --owner x --lease soon', /60s or 10m/],
    ['add 192.0.2.1/32 --owner x --med high', /--med takes a number/],
    ['add 192.0.2.1/32 --owner x -o xml', /-o takes/],
    ['give', /no action of originate 'give'/],
  ];
  for (const [words, reason] of cases) {
    t.match(await run(...words.split(' ')), { code: 2, err: reason }, words);
  }
  t.same(record, []);
});

function post(socketPath: string, path: string, body: string, method = 'POST') {
  return new Promise<number>((resolve, reject) => {
    const outgoing = request({ socketPath, path, method }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

t.test('the socket for agents takes nothing else, whatever it is called', async (t) => {
  const { api, record, run } = await withDaemon(t, 'broker');
  t.equal((await run('list')).code, 0);
  for (const path of [
    '/v1/stop',
    '/v1/originated/../stop',
    '/v1/originated%2f..%2fstop',
    '//v1/stop',
  ]) {
    t.equal(await post(api, path, '{}'), 403, path);
  }
  t.equal(await post(api, '/v1/rib', '', 'GET'), 403);
  t.same(record, []);
});

t.test('a body of another shape is refused', async (t) => {
  const { api, record } = await withDaemon(t);
  const bodies = ['', 'null', '[]', '7', '{"owner":1}', '{"owner":"x","prefixes":"y"}'];
  bodies.push(
    '{"owner":"x","prefixes":[1]}',
    '{"owner":"x","med":"1"}',
    '{"owner":"x","nexthop":1}',
  );
  for (const body of bodies) t.equal(await post(api, '/v1/originated', body), 400, body);
  t.same(record, []);
});
