/**
 * Five nodes follow an etcd of a thousand objects while keys change at random and etcd is compacted,
 * killed and emptied: no session flaps, and no block that stands is missing in any kernel for a moment.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import type { Daemon } from '../../lab/support/daemon.ts';
import { birdRoutes } from '../../lab/support/kernel-routes.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { inside, run } from '../../lab/support/shell.ts';
import type { WrittenObject } from '../contract/datastore.ts';
import { etcdEntry } from '../support/etcd-objects.ts';
import { type EtcdServer, startEtcd } from '../support/etcd-server.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const SEED = Number(process.env['CATBIRD_SOAK_SEED'] ?? 20260);
const STORE = '10.66.0.100';
const NODES = [1, 2, 3, 4, 5];
const STANDING_BLOCKS = 10;
/** Of each kind that does not concern the five nodes. */
const BYSTANDERS = 230;
const CHANGES_PER_PHASE = 350;
/** Between two answers about one moment. */
const SINCE_TOLERANCE_MS = 100;

function calico(kind: string, name: string, spec: object, labels = {}): WrittenObject {
  const metadata = { name, labels };
  return { kind, apiVersion: 'projectcalico.org/v3', metadata, spec } as WrittenObject;
}

const node = (index: number, labels: object = {}) =>
  calico(
    'Node',
    `live${index}`,
    { bgp: { ipv4Address: `10.66.0.${index}/24` } },
    { live: 'yes', ...labels },
  );

const block = (owner: number, third: number) =>
  calico('BlockAffinity', `live${owner}-${third}`, {
    node: `live${owner}`,
    cidr: `10.${100 + owner}.${third}.0/26`,
    state: 'confirmed',
  });

/** Something that concerns none of the five nodes, a little different each time. */
const BYSTANDER: readonly ((index: number, salt: number) => WrittenObject)[] = [
  (index, salt) =>
    calico(
      'Node',
      `other${index}`,
      { bgp: { ipv4Address: `10.77.${index}.1/24` } },
      { salt: `${salt}` },
    ),
  (index, salt) =>
    calico('BGPPeer', `other${index}`, {
      nodeSelector: "rack == 'elsewhere'",
      peerIP: `10.78.${index}.1`,
      asNumber: 1 + (salt % 1000),
    }),
  (index, salt) =>
    calico('BGPFilter', `other${index}`, {
      importV4: [{ action: 'Reject', cidr: `10.79.${salt % 256}.0/24`, matchOperator: 'In' }],
    }),
  (index, salt) =>
    calico('IPPool', `other${index}`, {
      cidr: `10.80.${index}.0/24`,
      disableBGPExport: salt % 2 === 1,
    }),
];

const CLUSTER: readonly WrittenObject[] = [
  calico('BGPConfiguration', 'default', { asNumber: 64512, nodeToNodeMeshEnabled: false }),
  calico('BGPPeer', 'live', { nodeSelector: "live == 'yes'", peerSelector: "live == 'yes'" }),
  ...NODES.map((index) => calico('IPPool', `pods${index}`, { cidr: `10.${100 + index}.0.0/16` })),
  ...NODES.map((index) => node(index)),
  ...NODES.flatMap((owner) =>
    Array.from({ length: STANDING_BLOCKS }, (_, third) => block(owner, third)),
  ),
  ...BYSTANDER.flatMap((make) => Array.from({ length: BYSTANDERS }, (_, index) => make(index, 0))),
];

/** mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Changes keys at random, and knows which blocks there are. */
class Churn {
  readonly #etcd: EtcdServer;
  readonly #random = randomFrom(SEED);
  /** Blocks that come and go, by CIDR. */
  readonly blocks = new Map<string, WrittenObject>();

  constructor(etcd: EtcdServer) {
    this.#etcd = etcd;
  }

  async put(object: WrittenObject): Promise<void> {
    const { key, value } = etcdEntry(object)!;
    await this.#etcd.put(key, value);
  }

  async run(changes: number): Promise<void> {
    for (let i = 0; i < changes; i++) await this.#changeOne();
  }

  async #changeOne(): Promise<void> {
    const salt = this.#random(1_000_000);
    const bystander = BYSTANDER[salt % BYSTANDER.length]!(this.#random(BYSTANDERS), salt);
    const { key } = etcdEntry(bystander)!;
    switch (this.#random(8)) {
      case 0:
        await this.#etcd.delete(key);
        return;
      case 1:
        await this.#etcd.put(key, '{"kind": half a value');
        return;
      case 2:
        await this.put(node(1 + this.#random(NODES.length), { salt: `${salt}` }));
        return;
      case 3:
        await this.#spoil();
        return;
      case 4:
      case 5:
        await this.#toggleBlock();
        return;
      default:
        await this.put(bystander);
    }
  }

  /** What the sessions come from is unreadable for a moment, and stays in force. */
  async #spoil(): Promise<void> {
    const [session] = CLUSTER.filter(({ kind }) => kind === 'BGPPeer');
    const { key, value } = etcdEntry(session!)!;
    await this.#etcd.put(key, '{');
    await this.#etcd.put(key, value);
  }

  async #toggleBlock(): Promise<void> {
    const owner = 1 + this.#random(NODES.length);
    const object = block(owner, STANDING_BLOCKS + this.#random(20));
    const { cidr } = object.spec as { cidr: string };
    if (this.blocks.delete(cidr)) await this.#etcd.delete(etcdEntry(object)!.key);
    else {
      this.blocks.set(cidr, object);
      await this.put(object);
    }
  }
}

interface LiveNode {
  readonly name: string;
  readonly namespace: string;
  readonly daemon: Daemon;
  readonly socket: string;
  /** `ip monitor route`: every route that was removed. */
  readonly removed: string[];
  readonly monitor: ChildProcess;
}

/** Started as calico-node starts its daemons: by the environment alone. */
function startNode(t: Test, lab: Laboratory, index: number): LiveNode {
  const name = `live${index}`;
  const namespace = lab.network.addHost(name, `10.66.0.${index}/24`);
  const socket = lab.path(`${name}.sock`);
  const env = [`ETCD_ENDPOINTS=http://${STORE}:2379`, `NODENAME=${name}`, 'KUBECONFIG='];
  const own = ['--api', socket, '--state', lab.path(`${name}.state`)];
  const argv = ['env', ...env, process.execPath, CATBIRD, 'run', ...own];
  const removed: string[] = [];
  const [command, ...words] = inside(namespace, ['ip', 'monitor', 'route']);
  const monitor = spawn(command!, words, { stdio: ['ignore', 'pipe', 'ignore'] });
  monitor.stdout!.on('data', (text: Buffer) => {
    removed.push(
      ...text
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('Deleted')),
    );
  });
  t.teardown(() => monitor.kill());
  return { name, namespace, daemon: lab.start(name, namespace, argv), socket, removed, monitor };
}

/** What `show config` says under `datastore`. */
function isHeld({ socket }: LiveNode): boolean {
  const argv = [process.execPath, CATBIRD, 'show', 'config', '--api', socket, '-o', 'json'];
  const { datastore } = JSON.parse(run(argv)) as { datastore: { held: object | null } };
  return datastore.held !== null;
}

function assertHeld(nodes: readonly LiveNode[], expected: boolean): void {
  const others = nodes.filter((node) => isHeld(node) !== expected).map(({ name }) => name);
  if (others.length > 0)
    throw new Error(`${others.join()}: ${expected ? 'nothing' : 'something'} is held`);
}

interface Neighbor {
  readonly name: string;
  readonly state: string;
  readonly since: string;
}

function neighborsOf({ socket }: LiveNode): Neighbor[] {
  const argv = [process.execPath, CATBIRD, 'show', 'neighbors', '--api', socket, '-o', 'json'];
  return (JSON.parse(run(argv)) as Neighbor[]).map(({ name, state, since }) => ({
    name,
    state,
    since,
  }));
}

function assertRoutes(nodes: readonly LiveNode[], churn: Churn): void {
  const standing = CLUSTER.filter(({ kind }) => kind === 'BlockAffinity');
  const wanted = [...standing, ...churn.blocks.values()]
    .map(({ spec }) => (spec as { cidr: string }).cidr)
    .sort();
  for (const { name, namespace } of nodes) {
    const actual = [...birdRoutes(namespace).keys()].sort();
    const missing = wanted.filter((cidr) => !actual.includes(cidr));
    const extra = actual.filter((cidr) => !wanted.includes(cidr));
    if (missing.length + extra.length === 0) continue;
    throw new Error(`${name} misses [${missing.join()}] and has [${extra.join()}] too many`);
  }
}

const obstacle = obstacleTo(['etcd'], catbird);

t.test('a thousand objects that never rest', { skip: obstacle ?? false }, async (t) => {
  t.comment(`CATBIRD_SOAK_SEED=${SEED}`);
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const namespace = lab.network.addHost('store', `${STORE}/24`);
  const etcd = await startEtcd(t, { host: STORE, namespace });
  const churn = new Churn(etcd);
  for (const object of CLUSTER) await churn.put(object);
  t.ok(CLUSTER.length >= 980, `${CLUSTER.length} objects`);
  const nodes = NODES.map((index) => startNode(t, lab, index));
  const settle = (what: string) => lab.expect(what, 60, () => assertRoutes(nodes, churn));
  try {
    await settle('every kernel has every block');
    const before = nodes.map(neighborsOf);
    t.ok(
      before.every((all) => all.length === 4 && all.every(isEstablished)),
      'ten sessions',
    );

    await churn.run(CHANGES_PER_PHASE);
    await settle('changes arrive');
    await etcd.compact(await etcd.revision());
    await churn.run(CHANGES_PER_PHASE);
    await settle('changes arrive after a compaction');

    const [sleeper] = nodes;
    sleeper!.daemon.signal('SIGSTOP');
    await etcd.restart();
    await churn.run(CHANGES_PER_PHASE);
    await etcd.compact(await etcd.revision());
    sleeper!.daemon.signal('SIGCONT');
    await settle('changes arrive after a restart, and what was compacted meanwhile');

    await etcd.stop('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    etcd.spawn();
    await etcd.ready();
    await churn.run(CHANGES_PER_PHASE);
    await settle('changes arrive after an outage');

    await etcd.deleteAll('/');
    await lab.expect('an emptied etcd is held', 20, () => assertHeld(nodes, true));
    assertRoutes(nodes, churn);
    for (const object of [...CLUSTER, ...churn.blocks.values()]) await churn.put(object);
    await lab.expect('nothing is held any more', 20, () => assertHeld(nodes, false));
    await churn.run(CHANGES_PER_PHASE);
    await settle('changes arrive after all was gone');

    t.strictSame(flapped(before.flat(), nodes.flatMap(neighborsOf)), [], 'no session flapped');
    const standing = CLUSTER.filter(({ kind }) => kind === 'BlockAffinity').map(
      ({ spec }) => (spec as { cidr: string }).cidr,
    );
    const lost = nodes.flatMap(({ removed }) =>
      removed.filter((line) => standing.some((cidr) => line.includes(` ${cidr} `))),
    );
    t.strictSame(lost, [], 'no block that stands was missing');
    t.ok(
      nodes.every(({ removed }) => removed.length > 0),
      'removals would have been seen',
    );
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});

/** Sessions that are not what they were, or not since the same time. */
function flapped(before: readonly Neighbor[], after: readonly Neighbor[]): unknown[] {
  return before.flatMap((was, index) => {
    const is = after[index];
    const driftMs = Math.abs(Date.parse(is?.since ?? '') - Date.parse(was.since));
    return is?.name === was.name && isEstablished(is) && driftMs < SINCE_TOLERANCE_MS
      ? []
      : [{ was, is }];
  });
}

const isEstablished = ({ state }: Neighbor) => state === 'Established';
