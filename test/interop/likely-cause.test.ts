/**
 * `catbird status --why-not-ready` over a real kernel: each session fails for a reason of its own, and its likely
 * cause is named.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';
import type { ExplainView } from '../../src/api/views.ts';
import { getDocument } from '../../src/cli/client.ts';
import { inNamespace, ip } from '../support/namespace.ts';

const CATBIRD = new URL('../../bin/catbird', import.meta.url).pathname;

const SESSIONS = `
  - { name: other-password, address: 127.0.0.2, asNumber: 64512, sourceAddress: 127.0.0.1, password: one }
  - { name: too-far, address: 127.0.0.3, asNumber: 64512, sourceAddress: 127.0.0.1, ttlSecurity: 1 }
  - { name: other-as, address: 127.0.0.4, asNumber: 65099, sourceAddress: 127.0.0.1 }
  - { name: wants-password, address: 127.0.0.5, asNumber: 64512, sourceAddress: 127.0.0.1 }
  - { name: nobody, address: 127.0.0.6, asNumber: 64512, sourceAddress: 127.0.0.1 }
  - { name: nowhere, address: 10.99.0.1, asNumber: 64512 }
  - { name: silent-link, address: 10.98.0.2, asNumber: 64512 }
  - { name: passive, address: 127.0.0.7, asNumber: 64512, passive: true }
`;

/** Keys of the peers' session to us, by the last octet of their address. */
const PEERS: readonly (readonly [last: number, keys: string])[] = [
  [2, ', password: two'],
  [3, ''],
  [4, ''],
  [5, ', password: two'],
];

const EXPECTED = {
  'other-password': ['wrong-password', /the password differs/],
  'too-far': ['ttl', /TTL 255/],
  'other-as': ['wrong-as', /the peer is AS 64512, configured is AS 65099/],
  'wants-password': ['no-answer', /it wants a password/],
  nobody: ['connection-refused', /nothing listens there/],
  nowhere: ['no-route', /ENETUNREACH/],
  'silent-link': ['no-route', /EHOSTUNREACH/],
  passive: ['waiting-for-peer', /127\.0\.0\.7/],
} as const;

const folder = mkdtempSync(join(tmpdir(), 'catbird-cause-'));
t.teardown(() => rmSync(folder, { recursive: true }));

function start(t: Test, last: number, neighbors: string): Promise<void> {
  const config = join(folder, `${last}.yaml`);
  const router = `{ asNumber: 64512, routerId: 10.0.0.${last}, listen: { addresses: [127.0.0.${last}] } }`;
  writeFileSync(config, `router: ${router}\nfib: { enabled: false }\nneighbors:\n${neighbors}`);
  const words = ['run', '--config', config, '--api', join(folder, `${last}`)];
  const daemon = spawn(CATBIRD, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => stop(daemon));
  return new Promise((resolve, reject) => {
    const lines = createInterface(daemon.stdout);
    lines.on('line', (line) => line.includes('catbird runs') && resolve());
    lines.on('close', () => reject(new Error('the daemon ended')));
  });
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
}

function why(): { status: number | null; text: string } {
  const words = ['status', '--why-not-ready', '--api', join(folder, '1')];
  const { status, stdout } = spawnSync(CATBIRD, words, { encoding: 'utf8' });
  return { status, text: stdout };
}

async function explain(neighbor: string): Promise<ExplainView> {
  const path = `/v1/explain?query=192.0.2.0/24&neighbor=${neighbor}`;
  return (await getDocument(join(folder, '1'), path)) as ExplainView;
}

await inNamespace(t, import.meta.url, async () => {
  // A link with nobody at its other end.
  ip('link add lonely type veth peer name other');
  for (const words of ['link set lonely up', 'link set other up']) ip(words);
  ip('addr add 10.98.0.1/24 dev lonely');
  await t.test('each session that fails tells its likely cause', async (t) => {
    const session = (last: number, keys: string) =>
      `  - { name: a, address: 127.0.0.1, asNumber: 64512, sourceAddress: 127.0.0.${last}${keys} }\n`;
    await start(t, 1, SESSIONS);
    await Promise.all(PEERS.map(([last, keys]) => start(t, last, session(last, keys))));
    connect({ port: 179, host: '127.0.0.1', localAddress: '127.0.0.9' }).on('error', () => {});
    const isTold = (
      text: string,
      [code, words]: (typeof EXPECTED)[keyof typeof EXPECTED],
      name: string,
    ) =>
      text
        .split('\n')
        .some(
          (line) =>
            line.startsWith(`${code} `) && line.includes(`neighbors ${name} `) && words.test(line),
        );
    const stranger = /^unknown-peer +- +127\.0\.0\.9 connected .* no neighbor has this address$/m;
    let told = why();
    const missing = () =>
      Object.entries(EXPECTED)
        .filter(([name, expected]) => !isTold(told.text, expected, name))
        .map(([name]) => name);
    for (
      let tries = 0;
      tries < 40 && (missing().length > 0 || !stranger.test(told.text));
      tries++
    ) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      told = why();
    }
    t.same(missing(), [], 'each is told');
    if (missing().length > 0) t.comment(told.text);
    t.match(told.text, stranger);
    t.equal(told.status, 1, 'not ready');
    t.match(told.text, /^not ready: /);
    for (const [name, [code]] of Object.entries(EXPECTED)) {
      const { steps, firstNo } = await explain(name);
      t.match(steps[firstNo!], { stage: 'session', code, object: `neighbors ${name}` }, name);
    }
  });
});
