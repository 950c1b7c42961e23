/** Catbird in a namespace: from the cluster's datastore folder, or from a static configuration. */
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeDatastore } from './cluster.ts';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';
import type {
  NodeProgram,
  NodeStart,
  ReflectorStart,
  RunningNode,
  RunningReflector,
} from './node-program.ts';
import { run } from './shell.ts';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** Routes of LOCAL_PREF 100 get metric 2^31 − 1 − 100 (PRIO-4). */
const OUTSIDE_METRIC = 2147483547;

/** `catbird run` for one node of a cluster; every node reads the same folder. */
export const catbird: NodeProgram = {
  name: 'Catbird',
  start: startNode,
  startReflector,
  outsideMetric: OUTSIDE_METRIC,
  obstacle: () => (existsSync(DIST) ? undefined : 'dist/ is missing: run npm run build'),
};

function startNode({ lab, cluster, name, namespace, command }: NodeStart): RunningNode {
  const folder = writeDatastore(lab, cluster);
  const source = ['--datastore', `folder:${folder}`, '--node', name];
  const { daemon, socket } = startCatbird(lab, name, namespace, source, command);
  return {
    daemon,
    neighbors: () =>
      new Map(showNeighbors(socket).map(({ address, state }) => [address, state] as const)),
    uptimes: () => showNeighbors(socket).map(({ address, since }) => `${address} ${since}`),
    reloads: () => daemon.logLines(/"configuration changes"/).length,
    showNeighbors: () => lab.show(name, namespace, [CATBIRD, 'show', 'neighbors', '--api', socket]),
    follow: (changed) => void writeDatastore(lab, changed), // the others' copy of the folder is this one
  };
}

function startReflector(start: ReflectorStart): RunningReflector {
  const { feeder, collector } = start;
  const clients = [
    { name: 'feeder', address: feeder, passive: true },
    { name: 'collector', address: collector },
  ];
  const { daemon, socket } = startCatbirdReflector({ ...start, clients });
  const fromFeeder = () => showNeighbors(socket).find((neighbor) => neighbor.name === 'feeder');
  return { daemon, accepted: () => fromFeeder()?.families['ipv4-unicast']?.accepted ?? 0 };
}

export interface CatbirdReflector {
  readonly lab: Laboratory;
  readonly name: string;
  readonly namespace: string;
  readonly asNumber: number;
  /** Also router id and cluster id. */
  readonly address: string;
  /** What the configuration says of each. */
  readonly clients: readonly { readonly name: string; readonly address: string }[];
}

/** A reflector from a static configuration that leaves the kernel alone. */
export function startCatbirdReflector(reflector: CatbirdReflector): {
  daemon: Daemon;
  socket: string;
} {
  const { lab, name, namespace, asNumber, address, clients } = reflector;
  const client = { asNumber, routeReflectorClient: true, families: ['ipv4-unicast'] };
  const config = {
    router: { asNumber, routerId: address, clusterId: address },
    fib: { enabled: false },
    neighbors: clients.map((each) => ({ ...each, ...client })),
  };
  const file = lab.path(`${name}.yaml`);
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`); // JSON is YAML
  return startCatbird(lab, name, namespace, ['--config', file]);
}

/** `catbird run` from any source; `socket` is where it answers. */
export function startCatbird(
  lab: Laboratory,
  name: string,
  namespace: string,
  source: readonly string[],
  program = CATBIRD,
): { daemon: Daemon; socket: string } {
  const socket = lab.path(`${name}.sock`);
  const own = ['--api', socket, '--state', lab.path(`${name}.state`)];
  const argv = [process.execPath, program, 'run', ...source, ...own];
  return { daemon: lab.start(name, namespace, argv), socket };
}

/** Another build beside the first: the same program with another version. @returns its command */
export function changedBuild(lab: Laboratory, version: string): string {
  const [from, to] = [dirname(DIST), lab.folder('changed')];
  for (const part of ['bin', 'dist']) cpSync(join(from, part), join(to, part), { recursive: true });
  symlinkSync(join(from, 'node_modules'), join(to, 'node_modules'));
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as object;
  writeFileSync(join(to, 'package.json'), JSON.stringify({ ...manifest, version }));
  return join(to, 'bin', 'catbird');
}

/** The part of `catbird show neighbors -o json` the lab reads. */
export interface NeighborView {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  /** When it came into that state. */
  readonly since: string;
  readonly families: Readonly<Record<string, { readonly accepted: number }>>;
}

/** What the daemon says of its neighbours. @throws Error when it does not answer */
export function showNeighbors(socket: string): readonly NeighborView[] {
  const argv = [process.execPath, CATBIRD, 'show', 'neighbors', '--api', socket, '-o', 'json'];
  return JSON.parse(run(argv)) as NeighborView[];
}
