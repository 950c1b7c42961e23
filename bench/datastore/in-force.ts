/**
 * How soon a running daemon does what a change of its datastore says: from the write, which the store has
 * confirmed, until the API tells of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { getDocument } from '../../src/cli/client.ts';
import { LoopProbe } from '../load/loop-probe.ts';
import { loopDelayFile, probedNode } from '../programs/node-probe.ts';
import { OWN_NODE, ownBlock } from './large-cluster.ts';
import { median } from './stopwatch.ts';
import { STORES, type Store } from './stores.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const CHANGES = 15;
const POLL_MS = 2;
const PATIENCE_MS = 30_000;

/** @param count nodes in each datastore */
export async function measureInForce(count: number, say: (line: string) => void): Promise<void> {
  say(
    `${`one change in force, a daemon on ${count} nodes`.padEnd(56)}    median     worst   blocked`,
  );
  for (const open of STORES) {
    const store = await open(count);
    const folder = mkdtempSync(join(tmpdir(), 'catbird-bench-'));
    const daemon = start(store, folder);
    try {
      say(await measureOne(store, folder, daemon));
    } finally {
      daemon.kill('SIGKILL');
      store.end();
      rmSync(folder, { recursive: true });
    }
  }
}

function start({ words, environment }: Store, folder: string): ChildProcess {
  const own = ['--node', OWN_NODE, '--api', socketIn(folder), '--state', join(folder, 'state')];
  const argv = [...probedNode(folder), CATBIRD, 'run', ...words, ...own, '--kernel', 'dry-run'];
  const env = { PATH: process.env['PATH'], ...environment };
  return spawn(argv[0]!, argv.slice(1), { env, stdio: 'ignore' });
}

async function measureOne(store: Store, folder: string, daemon: ChildProcess): Promise<string> {
  const probe = new LoopProbe(loopDelayFile(folder));
  const exited = once(daemon, 'exit').then(() => Promise.reject(new Error('the daemon ended')));
  exited.catch(() => undefined); // it is killed in the end
  const has = (index: number) => Promise.race([hasBlock(folder, index), exited]);
  await store.put(ownBlock(0));
  await has(0);
  const { maxMs: atStartMs } = (await probe.end(daemon.pid!))!;
  probe.begin(daemon.pid!);
  const times: number[] = [];
  for (let i = 1; i <= CHANGES; i++) {
    await delay(300); // each by itself
    const startedAt = performance.now();
    await store.put(ownBlock(i));
    await has(i);
    times.push(performance.now() - startedAt);
  }
  const { maxMs } = (await probe.end(daemon.pid!))!;
  const figures = [median(times), Math.max(...times), maxMs].map((ms) => `${ms.toFixed(0)} ms`);
  const text = figures.map((figure) => figure.padStart(10)).join('');
  return `${store.name.padEnd(56)}${text}   (at start ${atStartMs.toFixed(0)} ms)`;
}

async function hasBlock(folder: string, index: number): Promise<void> {
  const cidr = ownBlock(index)['spec'] as { cidr: string };
  for (const since = performance.now(); performance.now() - since < PATIENCE_MS; ) {
    const blocks = await getDocument(socketIn(folder), '/v1/blocks').catch(() => []);
    if (JSON.stringify(blocks).includes(cidr.cidr)) return;
    await delay(POLL_MS);
  }
  throw new Error(`block ${cidr.cidr} is not in force after ${PATIENCE_MS / 1000} s`);
}

function socketIn(folder: string): string {
  return join(folder, 'catbird.sock');
}
