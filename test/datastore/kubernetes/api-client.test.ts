import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { KubernetesApi } from '../../../src/datastore/kubernetes/api-client.ts';
import type { JsonObject } from '../../../src/datastore/kubernetes/api-error.ts';
import { findConnection, type KubeUser } from '../../../src/datastore/kubernetes/connection.ts';
import type { KubernetesSettings } from '../../../src/datastore/settings/settings.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { ApiServer, type ApiServerOptions } from '../../support/kubernetes/api-server.ts';
import { settings } from './settings-fixture.ts';

const NEVER = new AbortController().signal;
const PEERS = '/apis/crd.projectcalico.org/v1/bgppeers';

async function serve(t: Test, options: ApiServerOptions = {}): Promise<ApiServer> {
  const server = await ApiServer.start(options);
  t.teardown(() => server.dispose());
  return server;
}

function connect(t: Test, server: ApiServer, said: Partial<KubernetesSettings>, user?: KubeUser) {
  const clock = new FakeClock();
  const connection = findConnection(
    settings({ apiEndpoint: server.url, caFile: server.authority.caFile, ...said }),
  );
  const api = new KubernetesApi(user ? { ...connection, user } : connection, clock);
  t.teardown(() => api.close());
  return { api, clock };
}

const peer = (name: string) => ({
  kind: 'BGPPeer',
  apiVersion: 'projectcalico.org/v3',
  metadata: { name },
  spec: {},
});

t.test('a token says who we are; an unknown one is refused', async (t) => {
  const server = await serve(t);
  const { api } = connect(t, server, { apiToken: 'good-token' });
  t.match(await api.get('/apis', NEVER), { kind: 'APIGroupList' });
  t.equal(server.requests.at(-1)?.user, 'calico-node');
  const stranger = connect(t, server, { apiToken: 'guess' });
  await t.rejects(stranger.api.get('/apis', NEVER), { name: 'ApiError', status: 401 });
});

t.test('a client certificate says it, too', async (t) => {
  const server = await serve(t);
  const { certFile, keyFile } = server.authority.issue('node-7');
  const { api } = connect(t, server, { certFile, keyFile });
  await api.get('/apis', NEVER);
  t.equal(server.requests.at(-1)?.user, 'node-7');
  const basic = connect(t, server, {}, { username: 'a', password: 'b:c' });
  server.tokens.set('a:b:c', 'old-style');
  await basic.api.get('/apis', NEVER);
  t.equal(server.requests.at(-1)?.user, 'old-style');
});

t.test(
  'the certificate of the server is checked, against the name that is asked for',
  async (t) => {
    const server = await serve(t);
    const said = { apiToken: 'good-token' };
    await t.rejects(connect(t, server, { ...said, caFile: undefined }).api.get('/apis', NEVER), {
      message: /certificate/,
    });
    const careless = { ...said, caFile: undefined, skipsTlsVerify: true };
    await t.resolves(connect(t, server, careless).api.get('/apis', NEVER));
    const base = findConnection(
      settings({ apiEndpoint: server.url, caFile: server.authority.caFile }),
    );
    const named = new KubernetesApi({ ...base, serverName: 'elsewhere' }, new FakeClock());
    await t.rejects(named.get('/apis', NEVER), { message: /elsewhere/ });
    named.close();
  },
);

t.test(
  'a token file is read again when the server refuses its token, and after a while',
  async (t) => {
    const server = await serve(t);
    const tokenFile = join(t.testdir({}), 'token');
    writeFileSync(tokenFile, 'good-token\n');
    const { api, clock } = connect(t, server, {}, { tokenFile });
    await api.get('/apis', NEVER);
    writeFileSync(tokenFile, 'second-token');
    server.tokens.set('second-token', 'renewed');
    await api.get('/apis', NEVER);
    t.equal(server.requests.at(-1)?.user, 'calico-node', 'the old one is good and known');
    server.tokens.delete('good-token');
    await api.get('/apis', NEVER);
    t.equal(server.requests.at(-1)?.user, 'renewed', 'refused: read again, asked again');
    writeFileSync(tokenFile, 'third-token');
    server.tokens.set('third-token', 'later');
    clock.advance(10_000);
    await api.get('/apis', NEVER);
    t.equal(server.requests.at(-1)?.user, 'later');
    writeFileSync(tokenFile, '');
    clock.advance(10_000);
    await t.resolves(api.get('/apis', NEVER), 'half-written: the one before');
  },
);

/** A plugin that prints a credential with its count of runs, and notes what it was asked. */
function plugin(t: Test, status: string) {
  const dir = t.testdir({ runs: '' });
  const command = join(dir, 'login');
  writeFileSync(
    command,
    `#!/bin/sh
echo "$1 $REGION $KUBERNETES_EXEC_INFO" >>${dir}/runs
n=$(wc -l <${dir}/runs)
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":%s}' "${status}"
`,
  );
  chmodSync(command, 0o755);
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args: ['--quiet'],
    env: [{ name: 'REGION', value: 'north' }],
    providesClusterInfo: true,
    installHint: undefined,
  };
  return { exec, runs: join(dir, 'runs') };
}

t.test('a plugin gives a token until it expires or is refused', async (t) => {
  const server = await serve(t);
  for (const n of [1, 2, 3]) server.tokens.set(`t${n}`, `user-${n}`);
  // The fake day began on 2024-01-01.
  const status = String.raw`{\"token\":\"t$n\",\"expirationTimestamp\":\"2024-01-01T0$n:00:00Z\"}`;
  const { exec, runs } = plugin(t, status);
  const { api, clock } = connect(t, server, {}, { exec });
  await Promise.all([api.get('/apis', NEVER), api.get('/apis', NEVER)]);
  t.strictSame(
    server.requests.map(({ user }) => user),
    ['user-1', 'user-1'],
    'one run for both',
  );
  const { readFileSync } = await import('node:fs');
  const [first] = readFileSync(runs, 'utf8').split('\n');
  t.match(first, /^--quiet north /);
  t.match(JSON.parse(first!.slice('--quiet north '.length)), {
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false, cluster: { server: server.url } },
  });
  clock.advance(3_600_000 - 20_000);
  await api.get('/apis', NEVER);
  t.equal(server.requests.at(-1)?.user, 'user-2', 'renewed before its end');
  server.tokens.delete('t2');
  await api.get('/apis', NEVER);
  t.equal(server.requests.at(-1)?.user, 'user-3', 'renewed when refused');
});

t.test('a plugin may give a certificate', async (t) => {
  const server = await serve(t);
  const { cert, key } = server.authority.issue('by-plugin');
  const text = JSON.stringify({ clientCertificateData: cert, clientKeyData: key });
  const { exec } = plugin(t, text.replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  const { api } = connect(t, server, {}, { exec });
  await api.get('/apis', NEVER);
  t.equal(server.requests.at(-1)?.user, 'by-plugin');
});

t.test('a plugin that fails is an error in words, and is left alone for a moment', async (t) => {
  const server = await serve(t);
  const bad = plugin(t, 'nonsense');
  const { api } = connect(t, server, {}, { exec: bad.exec });
  await t.rejects(api.get('/apis', NEVER), { message: /login.*no JSON/ });
  await t.rejects(api.get('/apis', NEVER), { message: /login.*no JSON/ });
  const { readFileSync } = await import('node:fs');
  t.equal(readFileSync(bad.runs, 'utf8').split('\n').length, 2, 'one run');
  const gone = { ...bad.exec, command: '/no/such/thing', installHint: 'get it\n' };
  const { api: without } = connect(t, server, {}, { exec: gone });
  await t.rejects(without.get('/apis', NEVER), { message: /not installed \(get it\)/ });
});

t.test('lists arrive item by item, watches event by event, in any chunks', async (t) => {
  const server = await serve(t, { chunkBytes: 7 });
  for (let i = 0; i < 30; i++) server.put(peer(`grün-${i}`));
  const { api } = connect(t, server, { apiToken: 'good-token' });
  const items: JsonObject[] = [];
  const list = await api.list(PEERS, (item) => items.push(item), NEVER);
  t.equal(items.length, 30);
  t.match(list, { kind: 'BGPPeerList', items: [], metadata: { resourceVersion: '130' } });
  const ending = new AbortController();
  const seen: string[] = [];
  const reader = {
    onBegin: () => server.put(peer('späť')),
    onEvent: ({ type, object }: { type: string; object: JsonObject }) => {
      seen.push(`${type} ${(object['metadata'] as { name: string }).name}`);
      if (seen.length === 2) ending.abort();
    },
  };
  const path = `${PEERS}?watch=true&resourceVersion=129`;
  await t.rejects(api.watch(path, reader, ending.signal));
  t.strictSame(seen, ['ADDED grün-29', 'ADDED späť']);
});

t.test('what the server says about an error is passed on', async (t) => {
  const server = await serve(t);
  const { api } = connect(t, server, { apiToken: 'good-token' });
  await t.rejects(api.get('/apis/none/v1/things', NEVER), {
    name: 'ApiError',
    status: 404,
    isExpired: false,
  });
  server.forbidden.add('list bgppeers');
  await t.rejects(api.get(PEERS, NEVER), {
    name: 'ApiError',
    status: 403,
    message: /calico-node.*cannot list/,
  });
  server.forbidden.clear();
  await t.rejects(api.get(`${PEERS}?resourceVersion=9999`, NEVER), {
    name: 'ApiError',
    status: 504,
    isExpired: true,
  });
  server.intercept = () => ({ code: 429, retryAfterSec: 7 });
  await t.rejects(api.get(PEERS, NEVER), { name: 'ApiError', status: 429, retryAfterMs: 7000 });
});

t.test('a server that takes the connection and says nothing is given up on', async (t) => {
  const { createServer } = await import('node:net');
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as { port: number };
  const clock = new FakeClock();
  const apiEndpoint = `http://127.0.0.1:${port}`;
  const api = new KubernetesApi(findConnection(settings({ apiEndpoint })), clock);
  t.teardown(() => api.close());
  const answer = api.get('/apis', NEVER);
  await new Promise<void>((resolve) => silent.once('connection', () => resolve()));
  clock.advance(60_000);
  await t.rejects(answer, { message: /no answer within 60 s/ });
});

t.test('requests follow each other no faster than allowed (K8S_CLIENT_QPS)', async (t) => {
  const server = await serve(t);
  const { api, clock } = connect(t, server, {
    apiToken: 'good-token',
    clientQps: 1,
    clientBurst: 2,
  });
  await Promise.all([api.get('/apis', NEVER), api.get('/apis', NEVER)]);
  const third = api.get('/apis', NEVER);
  t.equal(clock.pendingTimers, 1);
  t.equal(server.requests.length, 2);
  clock.advance(1000);
  await third;
  t.equal(server.requests.length, 3);
});
