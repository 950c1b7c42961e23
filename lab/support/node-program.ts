/**
 * The program under test on a cluster's nodes, behind one interface: Catbird, or BIRD as the control
 * (`npm run lab -- --control`), which shows that a scene's claims hold for the program Calico ships.
 */
import type { Cluster } from './cluster.ts';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';

/** An iBGP or eBGP session a node is expected to have. */
export interface ExpectedSession {
  readonly address: string;
  readonly asNumber: number;
  /** The node reflects routes to this neighbour. */
  readonly isClient?: boolean;
}

export interface NodeStart {
  readonly lab: Laboratory;
  readonly cluster: Cluster;
  /** Name of the node in the cluster; also the name of the daemon. */
  readonly name: string;
  readonly namespace: string;
  /** What the control is configured with; Catbird finds its sessions in the datastore. */
  readonly sessions: readonly ExpectedSession[];
  /** Another build than that of this folder. */
  readonly command?: string | undefined;
}

export interface RunningNode {
  readonly daemon: Daemon;
  /** Neighbour address → session state, as RFC 4271 names it. */
  neighbors(): ReadonlyMap<string, string>;
  /** Address of each neighbour and since when its session is in its state, a line each. */
  uptimes(): readonly string[];
  /** How often it has taken over another configuration. */
  reloads(): number;
  /** Shows the sessions to the reader. */
  showNeighbors(): void;
  /** Makes the node follow a changed cluster. */
  follow(cluster: Cluster, sessions: readonly ExpectedSession[]): void;
}

export interface ReflectorStart {
  readonly lab: Laboratory;
  readonly name: string;
  readonly namespace: string;
  readonly asNumber: number;
  readonly address: string;
  /** Address of the client that sends a table; it dials. */
  readonly feeder: string;
  /** Address of the client that is sent the table. */
  readonly collector: string;
}

/** A reflector without a datastore that leaves the kernel alone. */
export interface RunningReflector {
  readonly daemon: Daemon;
  /** How many prefixes it holds from the feeder. */
  accepted(): number;
}

export interface NodeProgram {
  readonly name: string;
  /** One sentence on why it cannot run here; undefined when it can. */
  obstacle(): string | undefined;
  start(node: NodeStart): RunningNode;
  startReflector(reflector: ReflectorStart): RunningReflector;
  /** Kernel metric of routes that did not come from a node of the cluster. */
  readonly outsideMetric: number;
}

/** @throws Error unless the node's sessions are exactly those to `addresses`, all Established */
export function assertEstablished(node: RunningNode, addresses: readonly string[]): void {
  const neighbors = node.neighbors();
  const states = [...neighbors].map(([address, state]) => `${address} ${state}`).sort();
  const wanted = addresses.map((address) => `${address} Established`).sort();
  if (states.join() !== wanted.join()) {
    throw new Error(`${node.daemon.name} has ${states.join(', ') || 'no sessions'}`);
  }
}
