/**
 * A full table through the RIB in one process: one peer sends it, others are told. No sockets, so this is
 * the floor under the scenario benches.
 *
 *     npx tsc -p . --noEmit false --outDir /tmp/bench
 *     node --expose-gc /tmp/bench/bench/micro/rib-table.js [prefixes] [sets] [receivers]
 *
 * Prints milliseconds per phase, and what resident memory grew by in all.
 */
import { encodePathAttributes } from '../../src/bgp/wire/encode-path-attributes.ts';
import { beginReach, finishReach } from '../../src/bgp/wire/update-writer.ts';
import { ipv4FromNumber } from '../../src/net/address.ts';
import type { RibSession } from '../../src/rib/ports.ts';
import { Rib } from '../../src/rib/rib.ts';

const PREFIXES = Number(process.argv[2] ?? 1_000_000);
const SETS = Number(process.argv[3] ?? 60_000);
const RECEIVERS = Number(process.argv[4] ?? 1);
const IS_EXTERNAL = process.argv[5] === 'ebgp';

/** UPDATE messages of a table: /24s from 1.0.0.0 on, spread over the sets in runs. */
function* tableMessages(): Generator<Uint8Array> {
  const perSet = Math.ceil(PREFIXES / SETS);
  for (let set = 0, next = 0; next < PREFIXES; set++) {
    const count = Math.min(perSet, PREFIXES - next);
    yield message(set, next, count);
    next += count;
  }
}

function message(set: number, first: number, count: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const asns = Uint32Array.of(65001, 3356, 10_000 + (set % 5000), 20_000 + set, 40_000 + set * 7);
  const attributes = encodePathAttributes(
    {
      origin: 0,
      asPath: { segments: [{ type: 2, asns }] },
      nextHop: Uint8Array.of(192, 0, 2, 1),
      med: undefined,
      localPref: IS_EXTERNAL ? undefined : 100,
      atomicAggregate: false,
      aggregator: undefined,
      communities: Uint32Array.of(65001 * 65536 + (set % 100), 65001 * 65536 + 5000),
      extendedCommunities: new Uint8Array(0),
      ipv6ExtendedCommunities: new Uint8Array(0),
      largeCommunities: new Uint32Array(0),
      originatorId: undefined,
      clusterList: new Uint32Array(0),
      onlyToCustomer: undefined,
      partial: 0,
      unknown: [],
    },
    4,
    true,
  );
  let at = beginReach(bytes, 0, 'ipv4-unicast', attributes, new Uint8Array(0));
  for (let i = first; i < first + count; i++) {
    bytes[at] = 24;
    bytes.set(ipv4FromNumber(((1 << 24) + i * 256) >>> 0).subarray(0, 3), at + 1);
    at += 4;
  }
  return bytes.slice(0, finishReach(bytes, 0, at, attributes, new Uint8Array(0)));
}

const queue: (() => void)[] = [];
const rib = new Rib({
  routerId: 1,
  clusterId: 1,
  defaultLocalPref: 100,
  normalPriority: { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 },
  maximumPaths: 16,
  resolver: { resolve: () => ({ isReachable: true, igpCost: 0, interface: 'eth0' }) },
  now: () => performance.now(),
  schedule: (run) => queue.push(run),
  budgetMs: 10,
});

let longestMs = 0;
let octets = 0;
let sends = 0;

function runOnce(): void {
  const run = queue.shift();
  if (!run) return;
  const startedAt = performance.now();
  run();
  longestMs = Math.max(longestMs, performance.now() - startedAt);
}

function session(): RibSession {
  return {
    wire: {
      asWidth: 4,
      addPathReceive: [],
      addPathSend: [],
      maximumMessageSize: 4096,
      isInternal: !IS_EXTERNAL,
    },
    families: ['ipv4-unicast'],
    remoteRouterId: 9,
    localAddress: Uint8Array.of(10, 0, 0, 1),
    localAddressOther: undefined,
    outbound: {
      send: (_bytes, at, end) => {
        octets += end - at;
        sends++;
        return true;
      },
    },
  };
}

function addPeer(index: number) {
  const id = rib.addPeer({
    name: `peer-${index}`,
    address: Uint8Array.of(10, 0, 1, index),
    asNumber: IS_EXTERNAL ? 65001 + index : 64512,
    localAsNumber: 64512,
    isInternal: !IS_EXTERNAL,
    isRouteReflectorClient: !IS_EXTERNAL,
    nextHop: 'auto',
    allowLocalAs: 0,
    importRules: [],
    exportRules: [],
  });
  rib.peerUp(id, session());
  return id;
}

function phase(name: string, work: () => void): void {
  longestMs = 0;
  octets = 0;
  sends = 0;
  const startedAt = performance.now();
  work();
  const elapsedMs = performance.now() - startedAt;
  const sizes = JSON.stringify(rib.views.sizes('ipv4-unicast'));
  console.log(
    `${name}: ${elapsedMs.toFixed(0)} ms, longest run ${longestMs.toFixed(1)} ms, ` +
      `${(octets / 1e6).toFixed(1)} MB out in ${sends} sends; ${sizes}`,
  );
}

const messages = [...tableMessages()];
globalThis.gc?.();
const before = process.memoryUsage().rss;
const source = addPeer(0);
for (let i = 1; i <= RECEIVERS; i++) addPeer(i);
while (queue.length > 0) runOnce();

function deliverAll(): void {
  // About what one read of a socket brings, then a run: as the daemon's turns do.
  for (let i = 0; i < messages.length; ) {
    for (let size = 0; size < 65_536 && i < messages.length; i++) {
      const bytes = messages[i]!;
      rib.receiveUpdate(source, bytes, 0, bytes.length);
      size += bytes.length;
    }
    runOnce();
  }
  while (queue.length > 0) runOnce();
}

phase('table in and out', deliverAll);
globalThis.gc?.();
console.log(
  `resident memory grew by ${((process.memoryUsage().rss - before) / 1e6).toFixed(0)} MB`,
);
phase('the same again', deliverAll);
phase('one more receiver', () => {
  addPeer(200);
  while (queue.length > 0) runOnce();
});
phase('source down', () => {
  rib.peerDown(source, { keepStale: [] });
  while (queue.length > 0) runOnce();
});
