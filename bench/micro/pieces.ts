/** The pieces that carry Catbird's speed, each as a function that does `per` operations. */
import { createRequire } from 'node:module';
import { walkUpdate } from '../../src/bgp/wire/update.ts';
import type { UpdateSink } from '../../src/bgp/wire/update-sink.ts';
import { MessageWriter } from '../../src/fib/netlink-message.ts';
import { writeRoute } from '../../src/fib/netlink-route.ts';
import { ipv4FromNumber } from '../../src/net/address.ts';
import { makePrefix } from '../../src/net/prefix.ts';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import type { AttrsId, PeerId } from '../../src/rib/ids.ts';
import { NextHopTable } from '../../src/rib/next-hop-table.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { Rib } from '../../src/rib/rib.ts';
import { UpdatePacker } from '../../src/rib/update-packer.ts';
import { encodeAnnouncements } from '../load/route-set.ts';
import { clientRoutes, internetTable, slash24 } from '../scenario/generated-routes.ts';

export interface Piece {
  readonly name: string;
  /** Operations of one run; what is compared is the time of one. */
  readonly per: number;
  run(): unknown;
}

interface TextTrie {
  add(key: string, value: number): void;
  get(key: string): number | null;
}

// A CommonJS package without types.
const RadixTrie = createRequire(import.meta.url)('radix-trie-js') as new () => TextTrie;

const WIRE = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
} as const;
const RESOLVED = { isReachable: true, igpCost: 0, interface: 'eth0' };
const PREFIXES = 100_000;
const FEW = 1000;
const NOBODY = 0 as PeerId;

/** All of them; making them takes some seconds. */
export function pieces(): Piece[] {
  return [
    ...prefixIndexes(),
    internNew(),
    internKnown(),
    updateWalk(),
    decisionRun(),
    packer(),
    netlinkBatch(),
  ];
}

/** Looks up what is there, in an order the cache cannot guess. */
function prefixIndexes(): Piece[] {
  const octets = new Uint8Array(4 * PREFIXES);
  const table = new PrefixTable('ipv4-unicast');
  const map = new Map<string, number>();
  const trie = new RadixTrie();
  for (let i = 0; i < PREFIXES; i++) {
    octets.set(ipv4FromNumber(slash24(i)), 4 * i);
    table.intern(octets, 4 * i, 24);
    map.set(textAt(octets, 4 * i), i);
    if (i < FEW) trie.add(textAt(octets, 4 * i), i); // its lookups are slow enough
  }
  const scattered = Uint32Array.from({ length: FEW }, (_, i) => (i * 7919) % PREFIXES);
  return [
    lookups('prefix index: PrefixTable', scattered, (i) => table.find(octets, 4 * i, 24)),
    lookups('prefix index: Map by text', scattered, (i) => map.get(textAt(octets, 4 * i))),
    lookups('prefix index: radix-trie-js', scattered, (i) =>
      trie.get(textAt(octets, 4 * (i % FEW))),
    ),
  ];
}

/** What keys of text cost on top: the daemon has octets. */
function textAt(octets: Uint8Array, at: number): string {
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.${octets[at + 3]}/24`;
}

function lookups(name: string, order: Uint32Array, find: (i: number) => unknown): Piece {
  const run = () => {
    let found: unknown;
    for (const i of order) found = find(i);
    return found;
  };
  return { name, per: order.length, run };
}

function newStore(): AttributeStore {
  return new AttributeStore(new NextHopTable({ resolve: () => RESOLVED }), 100);
}

/** Each set is new, and gone again at the end of the run. */
function internNew(): Piece {
  const store = newStore();
  const { attributeSets } = internetTable(1, FEW, 64512, '192.0.2.1');
  const run = () => {
    const ids = attributeSets.map((set) => intern(store, set));
    for (const id of ids) store.release(id);
  };
  return { name: 'attributes: intern a new set, release it', per: FEW, run };
}

function internKnown(): Piece {
  const store = newStore();
  const { attributeSets } = internetTable(1, FEW, 64512, '192.0.2.1');
  for (const set of attributeSets) intern(store, set);
  const run = () => {
    for (const set of attributeSets) store.release(intern(store, set));
  };
  return { name: 'attributes: intern a known set', per: FEW, run };
}

function intern(store: AttributeStore, set: Uint8Array): AttrsId {
  const id = store.internRaw(set, 0, set.length, 'ipv4-unicast', undefined, WIRE);
  if (typeof id !== 'number') throw new Error('the set is faulty');
  return id;
}

/** As a full table comes: six prefixes a message. */
function updateWalk(): Piece {
  const bytes = encodeAnnouncements(internetTable(FEW, FEW, 64512, '192.0.2.1'));
  let seen = 0;
  const sink: UpdateSink = {
    attributes: () => undefined,
    reach: (_family, _pathId, _bytes, at) => {
      seen += at;
    },
    withdraw: () => undefined,
    endOfRib: () => undefined,
  };
  const run = () => {
    eachMessage(bytes, (at, end) => walkUpdate(bytes, at, end, WIRE, sink));
    return seen;
  };
  return { name: 'UPDATE walk, per prefix', per: FEW, run };
}

function eachMessage(bytes: Uint8Array, visit: (at: number, end: number) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const end = at + ((bytes[at + 16]! << 8) | bytes[at + 17]!);
    visit(at, end);
    at = end;
  }
}

/** Every prefix has two paths; the better one gets worse and better by turns. */
function decisionRun(): Piece {
  const queue: (() => void)[] = [];
  const rib = new Rib({
    routerId: 1,
    clusterId: undefined,
    defaultLocalPref: 100,
    normalPriority: { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 },
    maximumPaths: 1,
    resolver: { resolve: () => RESOLVED },
    now: () => performance.now(),
    schedule: (task) => queue.push(task),
    budgetMs: 10,
  });
  const [steady, moving] = [addPeer(rib, 1), addPeer(rib, 2)];
  const settle = () => {
    for (let task = queue.shift(); task; task = queue.shift()) task();
  };
  const deliver = (peer: PeerId, bytes: Uint8Array) => {
    eachMessage(bytes, (at, end) => rib.receiveUpdate(peer, bytes, at, end));
    settle();
  };
  const [short, long] = [0, 1].map((set) => clientPrefixes(set));
  deliver(steady, clientPrefixes(0));
  let turn = 0;
  const run = () => deliver(moving, turn++ % 2 === 0 ? short! : long!);
  return { name: 'decision run: a path of two changes, per prefix', per: FEW, run };
}

function clientPrefixes(version: number): Uint8Array {
  const client = {
    nextHop: '192.0.2.1',
    first: 0,
    count: FEW,
    bits: 24,
    attributeSets: 2,
  } as const;
  const routes = clientRoutes(client);
  return encodeAnnouncements({ ...routes, sets: routes.sets.fill(version) }, undefined, FEW);
}

function addPeer(rib: Rib, index: number): PeerId {
  const id = rib.addPeer({
    name: `peer-${index}`,
    address: ipv4FromNumber(0x0a000000 + index),
    asNumber: 64512,
    localAsNumber: 64512,
    isInternal: true,
    isRouteReflectorClient: false,
    nextHop: 'auto',
    allowLocalAs: 0,
    importRules: [],
    exportRules: [],
  });
  rib.peerUp(id, {
    wire: WIRE,
    families: ['ipv4-unicast'],
    remoteRouterId: 10 - index,
    localAddress: Uint8Array.of(10, 255, 0, 1),
    localAddressOther: undefined,
    outbound: { send: () => true },
  });
  return id;
}

/** Six prefixes to a set, as in a full table. */
function packer(): Piece {
  const store = newStore();
  const prefixes = new PrefixTable('ipv4-unicast');
  const { attributeSets } = internetTable(1, Math.ceil(FEW / 6), 64512, '192.0.2.1');
  const sets = attributeSets.map((set) => intern(store, set));
  const ids = Array.from({ length: FEW }, (_, i) =>
    prefixes.intern(ipv4FromNumber(slash24(i)), 0, 24),
  );
  const pack = new UpdatePacker('ipv4-unicast', prefixes, store);
  const run = () => {
    pack.begin({ asWidth: 4, hasAddPath: false, maximumMessageSize: 4096 });
    for (let i = 0; i < FEW; i++) pack.add(ids[i]!, 0, sets[Math.floor(i / 6)]!, NOBODY);
    return pack.finish();
  };
  return { name: 'packer, per prefix', per: FEW, run };
}

function netlinkBatch(): Piece {
  const nextHops = [{ via: Uint8Array.of(192, 0, 2, 1), dev: 'eth0', onlink: false }];
  const target = { type: 'unicast', nextHops, metric: 1024 } as const;
  const operations = Array.from({ length: FEW }, (_, i) => ({
    action: 'replace' as const,
    prefix: makePrefix(ipv4FromNumber(slash24(i)), 24),
    target,
  }));
  const writer = new MessageWriter(128 * FEW);
  const context = { table: 254, protocol: 12, indexOf: () => 2 };
  const run = () => {
    writer.clear();
    for (let i = 0; i < FEW; i++) writeRoute(writer, operations[i]!, context, i);
    return writer.sizeBytes;
  };
  return { name: 'netlink batch encode, per route', per: FEW, run };
}
