/** Catbird in a namespace: from the cluster's datastore folder, or from a static configuration. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { writeDatastore } from './cluster.ts';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';
import type { NodeProgram, NodeStart, RunningNode } from './node-program.ts';
import { run } from './shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** Routes of LOCAL_PREF 100 get metric 2^31 − 1 − 100 (PRIO-4). */
const OUTSIDE_METRIC = 2147483547;

/** `catbird run` for one node of a cluster; every node reads the same folder. */
export const catbird: NodeProgram = { start: startNode, outsideMetric: OUTSIDE_METRIC };

function startNode({ lab, cluster, name, namespace }: NodeStart): RunningNode {
  const folder = writeDatastore(lab, cluster);
  const source = ['--datastore', `folder:${folder}`, '--node', name];
  const { daemon, socket } = startCatbird(lab, name, namespace, source);
  return {
    daemon,
    neighbors: () =>
      new Map(showNeighbors(socket).map(({ address, state }) => [address, state] as const)),
    showNeighbors: () => lab.show(name, namespace, [CATBIRD, 'show', 'neighbors', '--api', socket]),
    follow: (changed) => void writeDatastore(lab, changed), // the others' copy of the folder is this one
  };
}

export interface StaticCatbird {
  readonly daemon: Daemon;
  neighbors(): readonly NeighborView[];
}

/** Starts `catbird run` with a static configuration, given in the shape of the configuration file. */
export function startStaticCatbird(
  lab: Laboratory,
  name: string,
  namespace: string,
  config: object,
): StaticCatbird {
  const file = lab.path(`${name}.yaml`);
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`); // JSON is YAML
  const { daemon, socket } = startCatbird(lab, name, namespace, ['--config', file]);
  return { daemon, neighbors: () => showNeighbors(socket) };
}

function startCatbird(
  lab: Laboratory,
  name: string,
  namespace: string,
  source: readonly string[],
): { daemon: Daemon; socket: string } {
  const socket = lab.path(`${name}.sock`);
  const argv = [process.execPath, CATBIRD, 'run', ...source, '--api', socket];
  return { daemon: lab.start(name, namespace, argv), socket };
}

/** The part of `catbird show neighbors -o json` the lab reads. */
export interface NeighborView {
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly families: Readonly<
    Record<string, { readonly accepted: number; readonly advertised: number }>
  >;
}

function showNeighbors(socket: string): readonly NeighborView[] {
  const argv = [process.execPath, CATBIRD, 'show', 'neighbors', '--api', socket, '-o', 'json'];
  return JSON.parse(run(argv)) as NeighborView[];
}
