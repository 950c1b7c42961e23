/** Brings a planned cluster to life: a host and a daemon per node. */
import type { Cluster, ClusterNode } from './cluster.ts';
import { birdRoutes, describeRoutes } from './kernel-routes.ts';
import type { Laboratory } from './laboratory.ts';
import type { ExpectedSession, NodeProgram, RunningNode } from './node-program.ts';

export interface LiveNode extends RunningNode {
  readonly name: string;
  readonly namespace: string;
}

/** Adds a host for every node and starts the program on it. */
export function startNodes(
  lab: Laboratory,
  program: NodeProgram,
  cluster: Cluster,
  sessionsOf: (node: ClusterNode) => readonly ExpectedSession[],
): ReadonlyMap<string, LiveNode> {
  const start = (node: ClusterNode): LiveNode => {
    const { name, address } = node;
    const namespace = lab.network.addHost(name, `${address}/${cluster.segmentLength}`);
    const sessions = sessionsOf(node);
    return { name, namespace, ...program.start({ lab, cluster, name, namespace, sessions }) };
  };
  return new Map(cluster.nodes.map((node) => [node.name, start(node)]));
}

/**
 * What a node's kernel must hold when its cluster is in order: its own blocks as blackholes, the
 * others' blocks through the nodes that own them.
 */
export function expectedRoutes(cluster: Cluster, own: ClusterNode): string[] {
  const lines = cluster.nodes.flatMap((node) =>
    node.blocks.map((block) =>
      node === own ? `${block} blackhole` : `${block} via ${node.address} metric 1024`,
    ),
  );
  return lines.sort();
}

/** @throws Error with both lists unless the kernel's `bird` routes are exactly the `wanted` ones */
export function assertKernelRoutes(namespace: string, wanted: readonly string[]): void {
  const actual = describeRoutes(birdRoutes(namespace));
  if (actual.join('\n') !== [...wanted].sort().join('\n')) {
    throw new Error(`the kernel has [${actual.join('; ')}], wanted [${wanted.join('; ')}]`);
  }
}
