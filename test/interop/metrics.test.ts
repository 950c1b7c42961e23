/** Metrics of a running daemon, judged by Prometheus' own tool, and the rules that come with it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t, { type Test } from 'tap';

const ROOT = new URL('../../', import.meta.url).pathname;
const DEPLOY = `${ROOT}deploy`;
const hasPromtool = !spawnSync('promtool', ['--version'], { stdio: 'ignore' }).error;
const options = hasPromtool
  ? {}
  : { skip: 'promtool is not installed (Debian package prometheus)' };

/** Runs a daemon without sessions until the test ends. @returns the URL of its pages */
async function run(t: Test): Promise<string> {
  const folder = t.testdir({
    'catbird.yaml':
      'router: { asNumber: 64512, routerId: 10.0.0.1, listen: { port: 0 } }\nfib: { enabled: false }\n' +
      'neighbors: [{ name: Mesh_b, address: 127.0.0.2, asNumber: 64512, passive: true }]\n',
  });
  const short = mkdtempSync(join(tmpdir(), 'catbird-metrics-')); // a socket's path is short
  t.teardown(() => rmSync(short, { recursive: true }));
  const words = ['--config', `${folder}/catbird.yaml`, '--api', `${short}/s`];
  const daemon = spawn(`${ROOT}bin/catbird`, ['run', ...words, '--http', '127.0.0.1:0']);
  t.teardown(() => stop(daemon));
  const port = await new Promise<number>((resolve, reject) => {
    const lines = createInterface(daemon.stdout); // read on to the end, or the daemon could not write
    lines.on('line', (line) => {
      const { msg, port } = JSON.parse(line) as { msg: string; port: number };
      if (msg === 'HTTP listens') resolve(port);
    });
    lines.on('close', () => reject(new Error('the daemon ended')));
  });
  return `http://127.0.0.1:${port}`;
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
}

function promtool(words: readonly string[], input = '') {
  const { status, stdout, stderr } = spawnSync('promtool', words, { input, encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

t.test(
  'promtool finds nothing wrong with the metrics, and every one is told of in docs',
  options,
  async (t) => {
    const url = await run(t);
    const text = await until(
      async () => (await fetch(`${url}/metrics`)).text(),
      /catbird_sessions\{/,
    );
    t.same(promtool(['check', 'metrics'], text), { status: 0, text: '' });
    const docs = readFileSync(`${ROOT}docs/metrics.md`, 'utf8');
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!);
    t.same(
      names.filter((name) => !docs.includes(`\`${name}\``)),
      [],
    );
    t.ok(names.every((name) => name.startsWith('catbird_')));
    t.equal((await fetch(`${url}/healthz`)).status, 200);
    t.equal((await fetch(`${url}/readyz`)).status, 503);
  },
);

t.test('the alert rules fire when they should, and only then', options, async (t) => {
  const folder = `${DEPLOY}/prometheus`;
  t.match(promtool(['check', 'rules', `${folder}/catbird-rules.yml`]), { status: 0 });
  t.match(promtool(['test', 'rules', `${folder}/catbird-rules-test.yml`]), { status: 0 });
});

t.test('rules and dashboard ask only for metrics that there are', async (t) => {
  const docs = readFileSync(`${ROOT}docs/metrics.md`, 'utf8');
  const files = [...pathsIn('prometheus'), ...pathsIn('grafana')];
  for (const path of files) {
    const text = readFileSync(path, 'utf8');
    const names = new Set(text.match(/catbird_[a-z_]+/g));
    const known = (name: string) =>
      docs.includes(`\`${name.replace(/_(bucket|sum|count)$/, '')}\``);
    t.same(
      [...names].filter((name) => !known(name)),
      [],
      path,
    );
  }
  t.doesNotThrow(() => JSON.parse(readFileSync(`${DEPLOY}/grafana/catbird.json`, 'utf8')));
});

function pathsIn(folder: string): string[] {
  return readdirSync(`${DEPLOY}/${folder}`).map((name) => `${DEPLOY}/${folder}/${name}`);
}

/** Asks until the answer fits; the daemon is still starting. */
async function until(ask: () => Promise<string>, fits: RegExp): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await ask();
    if (fits.test(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no answer fits ${fits}`);
}
