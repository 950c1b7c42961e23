/**
 * What an answer of the web server costs a daemon with many sessions that are up.
 *
 *   npm run bench:pages                        500 sessions of a mesh, 4 routes each
 *   npm run bench:pages -- --neighbors 1000
 *
 * CPU is that of the whole daemon between the first and the last of the questions, one after the other, divided by their
 * number.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../datastore/stopwatch.ts';
import { activityOf } from '../load/process-cost.ts';
import { encodeAnnouncements } from '../load/route-set.ts';
import { Session } from '../load/session.ts';
import type { Neighbor, Role } from '../programs/program.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const AS_NUMBER = 64512;
const ROUTES = 4;
const QUESTIONS = 40;
const FIRST_HOST = 2;
const HOSTS = 250;

const PAGES: readonly (readonly [title: string, path: string])[] = [
  ['/metrics', 'metrics'],
  ['/readyz', 'readyz'],
  ['the overview: status', 'api/v1/status?fields=state,sessions,reasons'],
  [
    'the overview: sessions',
    'api/v1/neighbors?fields=name,address,asNumber,localAsNumber,state,since,uptimeSec,routeReflectorClient,families,lastError,shutDown,flaps',
  ],
  ['the overview: charts', 'api/v1/trends'],
  ['one story', 'api/v1/explain?query=10.1.1.0/24'],
];

async function main(args: string[]): Promise<void> {
  const options = { neighbors: { type: 'string', default: '500' } } as const;
  const count = Number(parseArgs({ args, options }).values.neighbors);
  if (!(count >= 1 && count <= 5000)) throw new Error('--neighbors takes 1 to 5000');
  const neighbors = Array.from({ length: count }, (_, i) => neighborOf(i));
  console.log(`${`${count} sessions up`.padEnd(40)}      octets       CPU      wall`);
  for (const more of [[], ['--metrics-per-neighbor']]) {
    const pages = more.length > 0 ? PAGES.slice(0, 1) : PAGES;
    await withDaemon(neighbors, more, async (daemon, url) => {
      for (const [title, path] of pages) {
        console.log(await measure([title, ...more].join(' '), `${url}${path}`, daemon));
      }
    });
  }
}

function neighborOf(index: number): Neighbor {
  const host = `${Math.floor(index / HOSTS) + 1}.${(index % HOSTS) + FIRST_HOST}`;
  return { address: `127.2.${host}`, routerId: `10.0.${host}`, asNumber: AS_NUMBER };
}

async function withDaemon(
  neighbors: readonly Neighbor[],
  more: readonly string[],
  work: (daemon: ChildProcess, url: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'catbird-bench-'));
  const config = join(folder, 'catbird.yaml');
  writeFileSync(config, configOf(neighbors));
  const words = ['run', '--config', config, '--api', join(folder, 's'), '--http', '127.0.0.1:9179'];
  const daemon = spawn(CATBIRD, [...words, '--kernel', 'dry-run', ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let sessions: readonly Session[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      const lines = createInterface(daemon.stdout);
      lines.on('line', (line) => line.includes('catbird runs') && resolve());
      lines.on('close', () => reject(new Error('the daemon ended')));
    });
    sessions = await announce(neighbors);
    await delay(6000); // what it was told is in the kernel and told on, and there is a sample
    await work(daemon, 'http://127.0.0.1:9179/');
  } finally {
    for (const session of sessions) session.close();
    daemon.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

function configOf(neighbors: readonly Neighbor[]): string {
  const sessions = neighbors.map(
    ({ address }, i) =>
      `  - { name: Mesh_${i}, address: ${address}, asNumber: ${AS_NUMBER}, sourceAddress: 127.0.0.1, passive: true }`,
  );
  const router = `{ asNumber: ${AS_NUMBER}, routerId: 10.0.0.1, listen: { addresses: [127.0.0.1] } }`;
  return `router: ${router}\nneighbors:\n${sessions.join('\n')}\n`;
}

/** Every neighbor comes up and announces its routes. */
async function announce(neighbors: readonly Neighbor[]): Promise<Session[]> {
  const role = { family: 'ipv4-unicast', address: '127.0.0.1', holdTimeSec: 240 } as Role;
  const onLost = (reason: string) => {
    throw new Error(`a session was lost: ${reason}`);
  };
  return await Promise.all(
    neighbors.map(async (self, i) => {
      const session = new Session({ self, role, onUpdate: () => undefined, onLost });
      await session.establish();
      session.send(routesOf(self, i));
      return session;
    }),
  );
}

function routesOf({ address }: Neighbor, index: number): Uint8Array {
  const nextHop = address.split('.').map(Number);
  // ORIGIN, an empty AS_PATH, NEXT_HOP, LOCAL_PREF
  const attributes = [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, ...nextHop, 0x40, 5, 4, 0, 0, 0, 100];
  const first = 10 * 2 ** 24 + 2 ** 16 + index * ROUTES * 256;
  return encodeAnnouncements({
    family: 'ipv4-unicast',
    addresses: Uint32Array.from({ length: ROUTES }, (_, i) => first + i * 256),
    lengths: new Uint8Array(ROUTES).fill(24),
    sets: new Uint32Array(ROUTES),
    attributeSets: [Uint8Array.from(attributes)],
  });
}

async function measure(title: string, url: string, { pid }: ChildProcess): Promise<string> {
  for (let i = 0; i < 5; i++) await ask(url); // compiled by now
  const before = activityOf(pid!).runSec;
  const times: number[] = [];
  let octets = 0;
  for (let i = 0; i < QUESTIONS; i++) {
    const from = performance.now();
    octets = await ask(url);
    times.push(performance.now() - from);
  }
  const cpuMs = ((activityOf(pid!).runSec - before) * 1000) / QUESTIONS;
  const figures = [String(octets), `${cpuMs.toFixed(1)} ms`, `${median(times).toFixed(1)} ms`];
  return `${title.padEnd(40)}${figures.map((text) => text.padStart(12)).join('')}`;
}

/** @returns octets of the answer */
async function ask(url: string): Promise<number> {
  const answer = await fetch(url);
  const body = await answer.arrayBuffer();
  if (answer.status >= 500 && !url.endsWith('readyz')) throw new Error(`${url}: ${answer.status}`);
  return body.byteLength;
}

try {
  await main(process.argv.slice(2));
  process.exit(); // sessions are still up
} catch (error) {
  console.error(`npm run bench:pages: ${(error as Error).message}`);
  process.exit(1);
}
