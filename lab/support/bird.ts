/** BIRD 2 in a namespace: writes its configuration, starts it, and asks it with birdc. */
import { writeFileSync } from 'node:fs';
import { type Cluster, nodeOf } from './cluster.ts';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';
import type {
  ExpectedSession,
  NodeProgram,
  NodeStart,
  ReflectorStart,
  RunningNode,
  RunningReflector,
} from './node-program.ts';
import { inside, isInstalled } from './shell.ts';

export interface BirdSession {
  readonly name: string;
  readonly address: string;
  readonly asNumber: number;
  readonly isClient?: boolean;
  readonly isPassive?: boolean;
  /** BIRD's filter expressions; everything when absent. */
  readonly import?: string;
  readonly export?: string;
}

export interface BirdConfig {
  readonly asNumber: number;
  readonly address: string;
  readonly clusterId?: string;
  /** Static routes, as in `10.244.1.0/26 blackhole`. */
  readonly routes: readonly string[];
  /**
   * Routes go into the kernel with metric 1024, and own blocks are announced with the LOCAL_PREF of
   * that metric (PRIO-1). Plain BIRD 2 has one metric per kernel protocol; Calico's fork computes it.
   */
  readonly isCalicoNode?: boolean;
  /** It recovers after a crash. */
  readonly isRecovering?: boolean;
  /** Every next hop resolves, through this gateway, without a route in the table of routes. */
  readonly resolveAllVia?: string;
  readonly sessions: readonly BirdSession[];
}

export interface Bird {
  readonly daemon: Daemon;
  /** The words that ask this BIRD. */
  client(...words: string[]): string[];
  /** Protocol name → state, for its BGP sessions. */
  sessions(): ReadonlyMap<string, string>;
  /** Name of each BGP session and since when it is in its state. */
  uptimes(): readonly string[];
  /** How many routes it took from a session. */
  imported(session: string): number;
  /** Replaces its configuration. */
  configure(config: BirdConfig): void;
}

const METRIC = 1024;

const KERNEL = `protocol kernel {
  persist; graceful restart; scan time 2; metric ${METRIC};
  ipv4 { import none; export where source != RTS_DEVICE; };
}
`;

const EXPORT = 'where source ~ [RTS_BGP, RTS_STATIC]';
const CALICO_EXPORT = `filter {
      if source = RTS_STATIC then { bgp_local_pref = 2147482623; accept; }
      if source = RTS_BGP then accept;
      reject;
    }`;

/** Starts a BIRD. */
export function startBird(
  lab: Laboratory,
  name: string,
  namespace: string,
  config: BirdConfig,
): Bird {
  const file = lab.path(`${name}.conf`);
  const socket = lab.path(`${name}.ctl`);
  writeFileSync(file, birdConfig(config));
  const pidFile = lab.path(`${name}.pid`);
  const argv = ['bird', '-f', '-c', file, '-s', socket, '-P', pidFile];
  if (config.isCalicoNode || config.isRecovering) argv.push('-R'); // as Calico starts it
  const daemon = lab.start(name, namespace, argv);
  const client = (...words: string[]) => ['birdc', '-r', '-s', socket, ...words];
  return {
    daemon,
    client,
    sessions: () => parseSessions(lab.run(namespace, client('show', 'protocols'))),
    uptimes() {
      const rows = sessionRows(lab.run(namespace, client('show', 'protocols')));
      return rows.map(([session, , , , since]) => `${session} ${since}`);
    },
    imported(session) {
      const text = lab.run(namespace, client('show', 'protocols', 'all', session));
      return Number(/Routes:\s+(\d+) imported/.exec(text)?.[1] ?? 0);
    },
    configure(changed) {
      writeFileSync(file, birdConfig(changed));
      lab.run(
        namespace,
        client('configure').filter((word) => word !== '-r'),
      );
    },
  };
}

/** BIRD as the control on a cluster's node. */
export const birdNode: NodeProgram = {
  name: 'BIRD',
  start: startNode,
  startReflector,
  outsideMetric: METRIC,
  obstacle: () => (isInstalled('bird') ? undefined : 'bird is not installed'),
};

function startNode({ lab, cluster, name, namespace, sessions }: NodeStart): RunningNode {
  const bird = startBird(lab, name, namespace, nodeConfig(cluster, name, sessions));
  return {
    daemon: bird.daemon,
    neighbors: () =>
      new Map([...bird.sessions()].map(([key, state]) => [sessionAddress(key), state] as const)),
    uptimes: () => bird.uptimes(),
    reloads: () => bird.daemon.logLines(/Reconfigured/).length,
    showNeighbors: () => lab.show(name, namespace, bird.client('show', 'protocols')),
    follow: (changed, now) => bird.configure(nodeConfig(changed, name, now)),
  };
}

function startReflector(start: ReflectorStart): RunningReflector {
  const { lab, name, namespace, asNumber, address, feeder, collector } = start;
  const bird = startBird(lab, name, namespace, {
    asNumber,
    address,
    clusterId: address,
    routes: [],
    resolveAllVia: feeder,
    sessions: [
      { name: 'feeder', address: feeder, asNumber, isClient: true, isPassive: true },
      { name: 'collector', address: collector, asNumber, isClient: true },
    ],
  });
  return { daemon: bird.daemon, accepted: () => bird.imported('feeder') };
}

function nodeConfig(
  cluster: Cluster,
  name: string,
  sessions: readonly ExpectedSession[],
): BirdConfig {
  const node = nodeOf(cluster, name);
  return {
    asNumber: cluster.asNumber,
    address: node.address,
    ...(node.clusterId && { clusterId: node.clusterId }),
    routes: node.blocks.map((block) => `${block} blackhole`),
    isCalicoNode: true,
    sessions: sessions.map((session) => ({ ...session, name: sessionName(session.address) })),
  };
}

function sessionName(address: string): string {
  return `peer_${address.replaceAll('.', '_')}`;
}

function sessionAddress(name: string): string {
  return name.slice('peer_'.length).replaceAll('_', '.');
}

/** `show protocols` ends a session's line with its BGP state. */
function parseSessions(text: string): ReadonlyMap<string, string> {
  return new Map(sessionRows(text).map((words) => [words[0]!, words[5] ?? words[3] ?? '']));
}

function sessionRows(text: string): string[][] {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter((words) => words[1] === 'BGP');
}

function birdConfig(config: BirdConfig): string {
  return `
log stderr all;
router id ${config.address};
protocol device { }
protocol direct { ipv4; interface "eth0"; }
${config.resolveAllVia ? resolver(config.resolveAllVia) : ''}
${config.isCalicoNode ? KERNEL : ''}
protocol static {
  ipv4;
${config.routes.map((route) => `  route ${route};\n`).join('')}}
${config.sessions.map((session) => bgp(config, session)).join('\n')}
`;
}

function resolver(gateway: string): string {
  return `ipv4 table resolver;
protocol static { ipv4 { table resolver; }; route 0.0.0.0/0 via ${gateway}; }
`;
}

function bgp(config: BirdConfig, session: BirdSession): string {
  const isInternal = session.asNumber === config.asNumber;
  return `protocol bgp ${session.name} {
  local ${config.address} as ${config.asNumber};
  neighbor ${session.address} as ${session.asNumber};
  ${isInternal ? '' : 'multihop 8;'}
  ${session.isPassive ? 'passive;' : ''}
  ${session.isClient ? `rr client; rr cluster id ${config.clusterId};` : ''}
  connect delay time 1; connect retry time 2; error wait time 1, 4;
  graceful restart on;
  ipv4 {
    ${config.resolveAllVia ? 'igp table resolver;' : ''}
    import ${session.import ?? 'all'};
    export ${session.export ?? (config.isCalicoNode ? CALICO_EXPORT : EXPORT)};
  };
}
`;
}

/** The words that run a birdc command inside a namespace, for reading long output. */
export function insideBird(namespace: string, bird: Bird, ...words: string[]): string[] {
  return inside(namespace, bird.client(...words));
}
