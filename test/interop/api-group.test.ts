/** Members of a group read, and only that: with real users of the system. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';

const CATBIRD = new URL('../../bin/catbird', import.meta.url).pathname;
const GROUP = 60_123;
const STRANGER = 60_124;
const isRoot = process.getuid!() === 0;

function as(gid: number, words: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [CATBIRD, ...words], {
    uid: 60_123,
    gid,
    encoding: 'utf8',
  });
  return { status, stderr };
}

t.test(
  'a member of --api-group may look and not touch, a stranger neither',
  {
    skip: isRoot ? false : 'needs root to become other users',
  },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'catbird-group-'));
    chmodSync(folder, 0o755);
    t.teardown(() => rmSync(folder, { recursive: true }));
    const config = join(folder, 'catbird.yaml');
    const router = '{ asNumber: 64512, routerId: 10.0.0.1, listen: { port: 0 } }';
    writeFileSync(config, `router: ${router}\nfib: { enabled: false }\n`);
    const api = join(folder, 's');
    const words = ['run', '--config', config, '--api', api, '--api-group', `${GROUP}`];
    const daemon = spawn(process.execPath, [CATBIRD, ...words]);
    const gone = once(daemon, 'exit');
    t.teardown(async () => {
      daemon.kill('SIGTERM');
      await gone;
    });
    await new Promise<void>((resolve, reject) => {
      const lines = createInterface(daemon.stdout);
      lines.on('line', (line) => line.includes('catbird runs') && resolve());
      lines.on('close', () => reject(new Error('the daemon ended')));
    });
    t.match(as(GROUP, ['show', 'version', '--api', api]), { status: 0 });
    t.match(as(GROUP, ['log-level', 'debug', '--api', api]), { status: 3 });
    t.match(as(GROUP, ['log-level', 'debug', '--api', `${api}.read`]), {
      status: 1,
      stderr: /this socket only reads/,
    });
    t.match(as(STRANGER, ['show', 'version', '--api', api]), { status: 3, stderr: /may not open/ });
  },
);
