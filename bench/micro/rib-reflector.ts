/**
 * A route reflector in one process: every client brings its blocks and is told all others'. No sockets.
 *
 *     npx tsc -p . --noEmit false --outDir /tmp/bench
 *     node --expose-gc /tmp/bench/bench/micro/rib-reflector.js [clients] [prefixes per client]
 *
 * Prints milliseconds from the first UPDATE until all is out, for a cold start and for single changes.
 */
import { encodePathAttributes } from '../../src/bgp/wire/encode-path-attributes.ts';
import { beginReach, finishReach } from '../../src/bgp/wire/update-writer.ts';
import { ipv4FromNumber } from '../../src/net/address.ts';
import type { PeerId } from '../../src/rib/ids.ts';
import { Rib } from '../../src/rib/rib.ts';

const CLIENTS = Number(process.argv[2] ?? 200);
const BLOCKS = Number(process.argv[3] ?? 10);

function update(client: number, first: number, count: number, localPref: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const attributes = encodePathAttributes(
    {
      origin: 0,
      asPath: { segments: [] },
      nextHop: ipv4FromNumber(0x0a000000 + client),
      med: undefined,
      localPref,
      atomicAggregate: false,
      aggregator: undefined,
      communities: new Uint32Array(0),
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
    bytes[at] = 26;
    bytes.set(ipv4FromNumber(0x20000000 + i * 64), at + 1);
    at += 5;
  }
  return bytes.slice(0, finishReach(bytes, 0, at, attributes, new Uint8Array(0)));
}

const queue: (() => void)[] = [];
const rib = new Rib({
  routerId: 1,
  clusterId: 1,
  defaultLocalPref: 100,
  normalPriority: { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 },
  maximumPaths: 1,
  resolver: { resolve: () => ({ isReachable: true, igpCost: 0, interface: 'eth0' }) },
  now: () => performance.now(),
  schedule: (run) => queue.push(run),
  budgetMs: 10,
});

let octets = 0;
let sends = 0;

function addClient(index: number): PeerId {
  const id = rib.addPeer({
    name: `client-${index}`,
    address: ipv4FromNumber(0x0a000000 + index),
    asNumber: 64512,
    localAsNumber: 64512,
    isInternal: true,
    isRouteReflectorClient: true,
    nextHop: 'auto',
    allowLocalAs: 0,
    importRules: [],
    exportRules: [],
  });
  rib.peerUp(id, {
    wire: {
      asWidth: 4,
      addPathReceive: [],
      addPathSend: [],
      maximumMessageSize: 4096,
      isInternal: true,
    },
    families: ['ipv4-unicast'],
    remoteRouterId: 0x0a000000 + index,
    localAddress: Uint8Array.of(10, 255, 0, 1),
    localAddressOther: undefined,
    outbound: {
      send: (_bytes, at, end) => {
        octets += end - at;
        sends++;
        return true;
      },
    },
  });
  return id;
}

function settle(): void {
  for (let run = queue.shift(); run; run = queue.shift()) run();
}

function phase(name: string, work: () => void): void {
  octets = 0;
  sends = 0;
  const startedAt = performance.now();
  work();
  const elapsedMs = performance.now() - startedAt;
  console.log(
    `${name}: ${elapsedMs.toFixed(1)} ms, ${(octets / 1e6).toFixed(2)} MB in ${sends} sends`,
  );
}

function announceAll(localPref: number): Uint8Array[][] {
  return clients.map((_, client) => {
    const messages: Uint8Array[] = [];
    for (let first = 0; first < BLOCKS; first += 700) {
      const count = Math.min(700, BLOCKS - first);
      messages.push(update(client, client * BLOCKS + first, count, localPref));
    }
    return messages;
  });
}

function deliver(all: readonly Uint8Array[][], afterEach: () => void): void {
  all.forEach((messages, client) => {
    for (const bytes of messages) rib.receiveUpdate(clients[client]!, bytes, 0, bytes.length);
    afterEach();
  });
  settle();
}

const clients = Array.from({ length: CLIENTS }, (_, index) => addClient(index));
settle();
const cold = announceAll(100);
const changed = announceAll(101);
const again = announceAll(102);
phase('cold start, one run per client', () => deliver(cold, settle));
phase('all change, as much per run as there is', () => deliver(changed, () => {}));
phase('all change once more', () => deliver(again, () => {}));
phase('1000 single changes, a run each', () => {
  for (let i = 0; i < 1000; i++) {
    const client = i % CLIENTS;
    const bytes = update(client, client * BLOCKS, 1, 200 + i);
    rib.receiveUpdate(clients[client]!, bytes, 0, bytes.length);
    settle();
  }
});
phase('one client down and up again', () => {
  rib.peerDown(clients[0]!, { keepStale: [] });
  settle();
});
