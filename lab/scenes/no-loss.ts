/** Scene 6: whatever happens to the daemons, the network they made loses no packet. */
import { renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startBird } from '../support/bird.ts';
import { changedBuild } from '../support/catbird.ts';
import { type Cluster, meshSessions } from '../support/cluster.ts';
import { type LiveNode, startNodes } from '../support/cluster-start.ts';
import type { Daemon } from '../support/daemon.ts';
import { birdRoutes } from '../support/kernel-routes.ts';
import type { Laboratory } from '../support/laboratory.ts';
import { LossProbe } from '../support/loss-probe.ts';
import {
  assertEstablished,
  type ExpectedSession,
  type NodeProgram,
} from '../support/node-program.ts';
import type { Scene } from './scene.ts';

const AS = 64512;
const TOR: ExpectedSession = { address: '172.18.0.254', asNumber: 65000 };
const REFLECTOR: ExpectedSession = { address: '172.18.0.100', asNumber: AS };
const RATE_PER_SEC = 1000;
const UP_SEC = 40;

const MESH: Cluster = {
  asNumber: AS,
  segmentLength: 16,
  poolCidr: '10.244.0.0/16',
  isMesh: true,
  nodes: [1, 2, 3].map((i) => ({
    name: `node${i}`,
    address: `172.18.0.${i}`,
    blocks: [`10.244.${i}.0/24`],
  })),
  peers: { tor: { peerIP: TOR.address, asNumber: TOR.asNumber } },
  filters: {},
};

/** A policy on the way to the ToR, another block and other LOCAL_PREFs do not touch what is forwarded. */
const RELOADED: Cluster = {
  ...MESH,
  nodes: MESH.nodes.map((node) => ({
    ...node,
    labels: { zone: 'b' },
    blocks: [...node.blocks, `10.245.${node.name.at(-1)}.0/24`],
  })),
  peers: { tor: { ...MESH.peers['tor'], filters: ['unused'], keepOriginalNextHop: false } },
  filters: {
    unused: {
      exportV4: [{ cidr: '192.0.2.0/24', matchOperator: 'In', action: 'Reject' }],
      importV4: [{ cidr: '198.51.100.0/24', matchOperator: 'In', action: 'Reject' }],
    },
  },
};

const REFLECTED: Cluster = {
  ...RELOADED,
  isMesh: false,
  peers: { ...RELOADED.peers, reflector: { peerIP: REFLECTOR.address, asNumber: AS } },
};

/** The cluster as it runs, and what happens to it. */
class Act {
  readonly #lab: Laboratory;
  readonly #program: NodeProgram;
  readonly #nodes: Map<string, LiveNode>;
  readonly probe: LossProbe;
  cluster = MESH;

  constructor(lab: Laboratory, program: NodeProgram, tor: string) {
    this.#lab = lab;
    this.#program = program;
    this.#nodes = new Map(startNodes(lab, program, MESH, ({ name }) => this.sessions(name)));
    const pods = [...this.#nodes.values()].map(({ name, namespace }) => {
      const address = `10.244.${name.at(-1)}.7`;
      return { namespace: lab.network.addPod(namespace, `pod-${name}`, address), address };
    });
    const [first, ...others] = pods;
    const flows = [
      { from: first!.namespace, to: others },
      { from: others[0]!.namespace, to: [first!] },
      { from: tor, to: pods },
    ];
    this.probe = new LossProbe(lab, flows, RATE_PER_SEC);
  }

  get names(): string[] {
    return [...this.#nodes.keys()];
  }

  namespaceOf(name: string): string {
    return this.#nodes.get(name)!.namespace;
  }

  sessions(name: string): ExpectedSession[] {
    const { isMesh, peers } = this.cluster;
    return [
      ...(isMesh ? meshSessions(this.cluster, name) : []),
      TOR,
      ...('reflector' in peers ? [REFLECTOR] : []),
    ];
  }

  /** Ends daemons with a signal and starts them at once. */
  async restart(names: readonly string[], signal: NodeJS.Signals, command?: string): Promise<void> {
    await Promise.all(names.map((name) => this.#nodes.get(name)!.daemon.stop(signal)));
    for (const name of names) {
      const { namespace } = this.#nodes.get(name)!;
      const sessions = this.sessions(name);
      const { cluster } = this;
      const start = { lab: this.#lab, cluster, name, namespace, sessions, command };
      this.#nodes.set(name, { name, namespace, ...this.#program.start(start) });
    }
  }

  follow(cluster: Cluster): void {
    this.cluster = cluster;
    for (const [name, node] of this.#nodes) node.follow(cluster, this.sessions(name));
  }

  signal(signal: NodeJS.Signals): void {
    for (const { daemon } of this.#nodes.values()) daemon.signal(signal);
  }

  async untilUp(): Promise<void> {
    await this.#lab.expect('all sessions are up', UP_SEC, () => {
      for (const [name, node] of this.#nodes) {
        const addresses = this.sessions(name).map(({ address }) => address);
        assertEstablished(node, addresses);
      }
    });
    await delay(1000); // End-of-RIBs, and what would follow from them
  }

  /** @throws Error when datagrams were lost meanwhile */
  async without(claim: string, happens: () => Promise<void>): Promise<void> {
    const { sent, lost } = await this.probe.during(async () => {
      await happens();
      await this.untilUp();
    });
    this.#lab.say(`${claim}: ${sent} packets sent, ${lost} lost.`);
    await this.#lab.expect(`${claim}: no packet is lost`, 0, () => {
      if (lost > 0) throw new Error(`${lost} of ${sent} were lost`);
    });
  }
}

export const noLoss: Scene = {
  title: 'restarts, upgrades, outages and reloads without losing a packet',
  needs: ['bird'],
  async play({ lab, program }) {
    lab.say(
      `Three nodes with a pod each in the mesh, a ToR in another AS. Pods and ToR send ${RATE_PER_SEC} packets/s.`,
    );
    const tor = startOutside(lab);
    const act = new Act(lab, program, tor);
    await act.untilUp();
    await lab.expect('the ToR has all blocks', 20, () => assertBlocks(tor));
    const kernels = [tor, ...act.names.map((name) => act.namespaceOf(name))];
    const monitors = kernels.map((namespace, i) =>
      lab.start(`routes-${i}`, namespace, ['ip', '-4', 'monitor', 'route']),
    );

    await act.without('kill -9 of one daemon', () => act.restart(['node1'], 'SIGKILL'));
    await act.without('kill -9 of all daemons at once', () => act.restart(act.names, 'SIGKILL'));
    await act.without('three kills in a row', async () => {
      for (const pauseMs of [500, 4000, 0]) {
        await act.restart(['node2'], 'SIGKILL');
        await delay(pauseMs);
      }
    });
    await act.without('SIGTERM and start', () => act.restart(['node3'], 'SIGTERM'));
    await act.without('upgrade to another build', () =>
      act.restart(act.names, 'SIGTERM', changedBuild(lab, '0.1.1')),
    );
    await act.without('the datastore is gone for 4 s', () => outage(lab));
    await act.without('reload', async () => {
      act.signal('SIGHUP');
      act.follow(RELOADED);
      await delay(2000);
    });
    await lab.expect(
      'no kernel was told to remove a route, no neighbor saw a withdrawal',
      5,
      () => {
        for (const monitor of monitors) assertNothingDeleted(monitor);
      },
    );
    await act.without('from the mesh to a reflector in one step', async () => {
      act.follow(REFLECTED);
      await delay(2000);
    });
    await lab.expect('the ToR has all blocks', 5, () => assertBlocks(tor));
  },
};

/** The ToR and the reflector, both BIRD. @returns the namespace of the ToR */
function startOutside(lab: Laboratory): string {
  const tor = lab.network.addHost('tor', `${TOR.address}/16`);
  const nodes = MESH.nodes.map(({ name, address }) => ({ name, address, asNumber: AS }));
  startBird(lab, 'tor', tor, { ...TOR, routes: [], isCalicoNode: true, sessions: nodes });
  const reflector = lab.network.addHost('reflector', `${REFLECTOR.address}/16`);
  const clients = nodes.map((node) => ({ ...node, isClient: true }));
  const cluster = { clusterId: REFLECTOR.address, routes: [], sessions: clients };
  startBird(lab, 'reflector', reflector, { ...REFLECTOR, ...cluster });
  return tor;
}

/** @throws Error when the ToR's kernel lacks a block */
function assertBlocks(tor: string): void {
  const routes = birdRoutes(tor);
  const missing = MESH.nodes.flatMap(({ blocks }) => blocks.filter((block) => !routes.has(block)));
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(', ')}`);
}

async function outage(lab: Laboratory): Promise<void> {
  const [folder, away] = [lab.path('datastore'), lab.path('away')];
  renameSync(folder, away);
  await delay(4000);
  renameSync(away, folder);
  await delay(1000);
}

function assertNothingDeleted(monitor: Daemon): void {
  const lines = monitor.logTail(500).split('\n');
  const deleted = lines.filter((line) => /^Deleted .*proto bird/.test(line));
  if (deleted.length > 0) throw new Error(`${monitor.name} saw ${deleted.join('; ')}`);
}
