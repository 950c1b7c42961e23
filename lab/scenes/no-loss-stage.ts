/**
 * The stage of the no-loss scene: three nodes with a pod each; outside a ToR (BIRD), a router with FRR, one
 * with GoBGP, and two reflectors (BIRD, Catbird) that nobody uses at first.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startBird } from '../support/bird.ts';
import { startCatbirdReflector } from '../support/catbird.ts';
import type { Cluster } from '../support/cluster.ts';
import { type LiveNode, startNodes } from '../support/cluster-start.ts';
import type { Daemon } from '../support/daemon.ts';
import { startFrr } from '../support/frr-daemons.ts';
import { birdRoutes } from '../support/kernel-routes.ts';
import type { Laboratory } from '../support/laboratory.ts';
import { LossProbe } from '../support/loss-probe.ts';
import {
  assertEstablished,
  type ExpectedSession,
  type NodeProgram,
} from '../support/node-program.ts';
import { gobgpPeer } from '../support/peers/gobgp-peer.ts';
import { type WithdrawalWatch, watchFrr, watchGobgp, watchKernel } from '../support/withdrawals.ts';
import {
  AS,
  BIRD_REFLECTOR,
  CATBIRD_REFLECTOR,
  FRR,
  GOBGP,
  GOBGP_NODE,
  MESH,
  sessionsOf,
  TOR,
} from './no-loss-clusters.ts';

const RATE_PER_SEC = 1000;
const UP_SEC = 40;
/** Behind the ToR. */
const OUTSIDE = '203.0.113.0/24';
const OUTSIDE_ADDRESS = '203.0.113.1';

const NODES = MESH.nodes.map(({ name, address }) => ({ name, address, asNumber: AS }));

/** The network as it runs, and what happens to it. */
export class Stage {
  readonly #lab: Laboratory;
  readonly #program: NodeProgram;
  readonly #nodes: Map<string, LiveNode>;
  readonly #outside: Outside;
  readonly #probe: LossProbe;
  #watches: readonly WithdrawalWatch[] = [];
  #cluster = MESH;

  constructor(lab: Laboratory, program: NodeProgram) {
    this.#lab = lab;
    this.#program = program;
    this.#outside = new Outside(lab);
    this.#nodes = new Map(startNodes(lab, program, MESH, ({ name }) => this.#sessions(name)));
    const pods = [...this.#nodes.values()].map(({ name, namespace }) => {
      const address = `10.244.${name.at(-1)}.7`;
      return { namespace: lab.network.addPod(namespace, `pod-${name}`, address), address };
    });
    const [first, second, third] = pods;
    const { tor, frr } = this.#outside;
    const flows = [
      { from: first!.namespace, to: [second!, third!] },
      { from: second!.namespace, to: [first!, { namespace: tor, address: OUTSIDE_ADDRESS }] },
      { from: tor, to: pods },
      { from: frr, to: pods },
    ];
    this.#probe = new LossProbe(lab, flows, RATE_PER_SEC);
  }

  get names(): string[] {
    return [...this.#nodes.keys()];
  }

  /** Waits until all have what they shall have, and begins to watch for withdrawals. */
  async begin(): Promise<void> {
    await this.untilUp();
    await this.expectBlocks();
    const { tor, frr, bgpd, gobgp } = this.#outside;
    this.#watches = [
      ...[...this.#nodes.values()].map((node) => watchKernel(this.#lab, node.name, node.namespace)),
      watchKernel(this.#lab, 'tor', tor),
      watchKernel(this.#lab, 'frr', frr, 'bgp'),
      watchFrr(bgpd),
      watchGobgp(this.#lab, gobgp),
    ];
  }

  /** Ends daemons with a signal and starts them at once. */
  async restart(names: readonly string[], signal: NodeJS.Signals, command?: string): Promise<void> {
    await Promise.all(names.map((name) => this.#nodes.get(name)!.daemon.stop(signal)));
    for (const name of names) {
      const { namespace } = this.#nodes.get(name)!;
      const sessions = this.#sessions(name);
      const start = { lab: this.#lab, cluster: this.#cluster, name, namespace, sessions, command };
      this.#nodes.set(name, { name, namespace, ...this.#program.start(start) });
    }
  }

  killTor(): Promise<void> {
    return this.#outside.restart('tor');
  }

  killReflector(which: 'bird-reflector' | 'catbird-reflector'): Promise<void> {
    return this.#outside.restart(which);
  }

  follow(cluster: Cluster): void {
    this.#cluster = cluster;
    for (const [name, node] of this.#nodes) node.follow(cluster, this.#sessions(name));
  }

  signal(signal: NodeJS.Signals): void {
    for (const { daemon } of this.#nodes.values()) daemon.signal(signal);
  }

  /** Since when every session of the nodes is up. */
  uptimes(): string {
    return [...this.#nodes.values()].flatMap((node) => node.uptimes()).join('\n');
  }

  /** Waits until every node has taken over what `change` wrote. */
  async untilReloaded(change: () => void): Promise<void> {
    const before = [...this.#nodes].map(([name, node]) => [name, node.reloads()] as const);
    change();
    await this.#lab.expect('every node follows', 10, () => {
      const late = before.filter(([name, count]) => this.#nodes.get(name)!.reloads() <= count);
      if (late.length > 0) throw new Error(`${late.map(([name]) => name).join(', ')} not yet`);
    });
    await delay(150);
  }

  async untilUp(): Promise<void> {
    await this.#lab.expect('all sessions are up', UP_SEC, () => {
      for (const [name, node] of this.#nodes) {
        const addresses = this.#sessions(name).map(({ address }) => address);
        assertEstablished(node, addresses);
      }
    });
    await delay(500); // End-of-RIBs, and what would follow from them
  }

  expectBlocks(): Promise<void> {
    return this.#lab.expect('all have all routes', 20, () => {
      const blocks = MESH.nodes.flatMap((node) => node.blocks);
      assertHas(this.#outside.tor, 'bird', blocks);
      assertHas(this.#outside.frr, 'bgp', blocks);
      for (const { namespace } of this.#nodes.values()) {
        assertHas(namespace, 'bird', [...blocks, OUTSIDE]);
      }
    });
  }

  /** @throws Error when datagrams were lost meanwhile, or a neighbour or kernel saw a withdrawal */
  async without(claim: string, happens: () => Promise<void>): Promise<void> {
    const { sent, lost } = await this.#probe.during(async () => {
      await happens();
      await this.untilUp();
    });
    this.#lab.say(`${claim}: ${sent} packets sent, ${lost} lost.`);
    await this.#lab.expect(`${claim}: no packet is lost, no withdrawal seen`, 0, () => {
      if (lost > 0) throw new Error(`${lost} of ${sent} were lost`);
      const seen = this.#watches.flatMap((watch) => watch.seen());
      if (seen.length > 0)
        throw new Error(`withdrawals were seen:\n${seen.slice(0, 20).join('\n')}`);
    });
  }

  #sessions(name: string): ExpectedSession[] {
    return sessionsOf(this.#cluster, name);
  }
}

/** @throws Error when a kernel lacks a prefix */
function assertHas(namespace: string, protocol: string, prefixes: readonly string[]): void {
  const routes = birdRoutes(namespace, protocol);
  const missing = prefixes.filter((prefix) => !routes.has(prefix));
  if (missing.length > 0) throw new Error(`${namespace} lacks ${missing.join(', ')}`);
}

/** Everything that is not a node. */
class Outside {
  readonly tor: string;
  readonly frr: string;
  readonly gobgp: string;
  readonly bgpd: Daemon;
  readonly #restarts = new Map<string, { daemon: Daemon; start: () => Daemon }>();

  constructor(lab: Laboratory) {
    const addHost = (name: string, { address }: ExpectedSession) =>
      lab.network.addHost(name, `${address}/16`);
    this.tor = addHost('tor', TOR);
    lab.run(this.tor, ['ip', 'address', 'add', `${OUTSIDE_ADDRESS}/32`, 'dev', 'lo']);
    this.#keep('tor', () => startTor(lab, this.tor));
    this.frr = addHost('frr', FRR);
    const { daemons } = startFrr(lab, this.frr, { zebra: '', bgpd: bgpdConfig() });
    this.bgpd = daemons.get('bgpd')!;
    this.gobgp = addHost('gobgp', GOBGP);
    startGobgpRouter(lab, this.gobgp);
    const [bird, catbird] = [addHost('rr1', BIRD_REFLECTOR), addHost('rr2', CATBIRD_REFLECTOR)];
    this.#keep('bird-reflector', () => startBirdReflector(lab, bird));
    this.#keep('catbird-reflector', () => {
      const reflector = { lab, name: 'catbird-reflector', namespace: catbird, clients: NODES };
      return startCatbirdReflector({ ...reflector, ...CATBIRD_REFLECTOR }).daemon;
    });
  }

  /** Ends a daemon with SIGKILL and starts it at once. */
  async restart(name: string): Promise<void> {
    const { daemon, start } = this.#restarts.get(name)!;
    await daemon.stop('SIGKILL');
    this.#keep(name, start);
  }

  #keep(name: string, start: () => Daemon): void {
    this.#restarts.set(name, { daemon: start(), start });
  }
}

function startTor(lab: Laboratory, namespace: string): Daemon {
  const routes = [`${OUTSIDE} blackhole`];
  const config = { ...TOR, routes, isCalicoNode: true, sessions: NODES };
  return startBird(lab, 'tor', namespace, config).daemon;
}

function startBirdReflector(lab: Laboratory, namespace: string): Daemon {
  const clients = NODES.map((node) => ({ ...node, isClient: true }));
  const config = { ...BIRD_REFLECTOR, clusterId: BIRD_REFLECTOR.address, isRecovering: true };
  return startBird(lab, 'bird-reflector', namespace, { ...config, routes: [], sessions: clients })
    .daemon;
}

function startGobgpRouter(lab: Laboratory, namespace: string): void {
  const nodes = NODES.filter(({ name }) => name === GOBGP_NODE);
  const sessions = nodes.map(({ address }) => ({ version: 4 as const, address, asNumber: AS }));
  const { asNumber, address } = GOBGP;
  const addresses = { 4: address, 6: '::1' };
  const config = { asNumber, routerId: address, addresses, sessions };
  gobgpPeer.start({ lab, name: 'gobgp', namespace, config });
}

/** One path for each prefix: with Add-Path one may go while others stay, which is no withdrawal. */
function bgpdConfig(): string {
  const neighbors = NODES.map(
    ({ address }) => ` neighbor ${address} remote-as ${AS}
 neighbor ${address} timers connect 1
 neighbor ${address} advertisement-interval 0`,
  );
  const plain = NODES.map(({ address }) => `  neighbor ${address} disable-addpath-rx`);
  return `
debug bgp updates in
router bgp ${FRR.asNumber}
 bgp router-id ${FRR.address}
 no bgp ebgp-requires-policy
 bgp graceful-restart
${neighbors.join('\n')}
 address-family ipv4 unicast
${plain.join('\n')}
 exit-address-family
exit
`;
}
