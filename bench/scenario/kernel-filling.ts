/** Routes into a real kernel and out again: from one peer, and from the nodes of a mesh. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { linesOf } from '../../lab/support/shell.ts';
import { formatIpv4Number } from '../../src/net/text.ts';
import type { Load } from '../load/load.ts';
import { encodeAnnouncements, encodeWithdrawals } from '../load/route-set.ts';
import { routesOfClients } from './generated-routes.ts';
import { meshNodeOf, type Scenario } from './scenario.ts';

/** Looks at the kernel's count cost it some time: they are rare enough to be a small part of it. */
const LOOK_MS = 10;
const LOOKS_SHARE = 0.1;

const programs = ['catbird', 'bird', 'frr', 'kernel'];

function filling(name: string, clients: number, perClient: number, attributeSets: number) {
  return {
    name,
    group: 'fib',
    programs,
    defaults: { clients, perClient, attributeSets },
    title: (sizes) =>
      `${sizes.clients} peers with ${sizes.perClient} routes each into the kernel, and out`,
    role: (sizes) => meshNodeOf(sizes.clients),
    routes: (sizes) =>
      routesOfClients(sizes.clients, {
        count: sizes.perClient,
        bits: sizes.perClient > 100 ? 24 : 26,
        attributeSets: sizes.attributeSets,
      }),
    async play(load) {
      await load.connect();
      await fillKernel(load);
      await emptyKernel(load);
    },
  } as const satisfies Scenario;
}

export const fib = filling('fib', 1, 100_000, 100);
export const fibMesh = filling('fib-mesh', 100, 10, 1);

/** Times from the first byte until the kernel has all, and reads it back. */
export async function fillKernel(load: Load): Promise<void> {
  const messages = load.offers.map(({ routes }) => encodeAnnouncements(routes, undefined, 500));
  await load.phase('in', () => sendAll(load, messages), { until: untilKernelHolds(load) });
  await readBack(load);
}

async function emptyKernel(load: Load): Promise<void> {
  const messages = load.offers.map(({ routes }) => encodeWithdrawals(routes));
  const before = prefixesOf(load.pid);
  const gone = load.offers.reduce((sum, { routes }) => sum + routes.addresses.length, 0);
  await load.phase('out', () => sendAll(load, messages), {
    until: () => kernelHolds(load, before - gone),
  });
}

/** What to wait for until the kernel has all routes on offer beside those it has now. */
export function untilKernelHolds(load: Load): () => Promise<void> {
  const expected = load.offers.reduce((sum, { routes }) => sum + routes.addresses.length, 0);
  const before = prefixesOf(load.pid);
  return () => kernelHolds(load, before + expected);
}

export function sendAll(load: Load, messages: readonly Uint8Array[]): void {
  for (const { source } of load.offers) load.send(source, messages[source]!);
}

/** Waits until the kernel beside the speaker has exactly so many prefixes. */
async function kernelHolds(load: Load, count: number): Promise<void> {
  for (;;) {
    const startedAt = performance.now();
    if (prefixesOf(load.pid) === count) return;
    const tookMs = performance.now() - startedAt;
    await delay(Math.max(LOOK_MS, tookMs / LOOKS_SHARE));
  }
}

/** The kernel's own count of prefixes in its IPv4 tables, without a dump. */
function prefixesOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/net/fib_triestat`, 'utf8');
  const [, count] = /Prefixes:\s+(\d+)/.exec(text) ?? [];
  return Number(count);
}

/** @throws Error when a route is missing or leads elsewhere */
async function readBack(load: Load): Promise<void> {
  const found = new Map<string, string>();
  for await (const lines of linesOf(['ip', '-n', load.speakerAt, '-4', 'route', 'show'])) {
    for (const line of lines) {
      const [, destination, gateway] = /^(\S+) .*?\bvia (\S+)/.exec(line) ?? [];
      if (destination) found.set(destination, gateway!);
    }
  }
  for (const { source, routes } of load.offers) {
    const gateway = load.role.neighbors[source]!.address;
    routes.addresses.forEach((address, i) => {
      const destination = `${formatIpv4Number(address)}/${routes.lengths[i]}`;
      if (found.get(destination) === gateway) return;
      throw new Error(`kernel: ${destination} via ${found.get(destination)}, not ${gateway}`);
    });
  }
}
