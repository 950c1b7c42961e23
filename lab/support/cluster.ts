/** A Calico cluster as plain data, and the folder of resources Catbird reads it from. */
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Laboratory } from './laboratory.ts';

export interface ClusterNode {
  readonly name: string;
  /** Without length. */
  readonly address: string;
  readonly blocks: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Present: the node is a route reflector. */
  readonly clusterId?: string;
}

export interface Cluster {
  readonly asNumber: number;
  /** Prefix length of the segment the nodes share. */
  readonly segmentLength: number;
  readonly poolCidr: string;
  readonly isMesh: boolean;
  readonly nodes: readonly ClusterNode[];
  /** BGPPeer specs by name. */
  readonly peers: Readonly<Record<string, object>>;
  /** BGPFilter specs by name. */
  readonly filters: Readonly<Record<string, object>>;
  /** What the default BGPConfiguration says besides. */
  readonly configuration?: object;
  /** IPPool specs by name, besides the one of the pods. */
  readonly pools?: Readonly<Record<string, object>>;
}

/** Three nodes in the mesh, with a block each and the peers. */
export function meshOfThree(asNumber: number, peers: Cluster['peers']): Cluster {
  return {
    asNumber,
    segmentLength: 16,
    poolCidr: '10.244.0.0/16',
    isMesh: true,
    nodes: [1, 2, 3].map((i) => ({
      name: `node${i}`,
      address: `172.18.0.${i}`,
      blocks: [`10.244.${i}.0/24`],
    })),
    peers,
    filters: {},
  };
}

/** The node of that name; scenes only ask for nodes they planned. */
export function nodeOf(cluster: Cluster, name: string): ClusterNode {
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (!node) throw new Error(`the cluster has no node ${name}`);
  return node;
}

/** The sessions of a node in the mesh: one to every other node. */
export function meshSessions(
  cluster: Cluster,
  own: string,
): { readonly address: string; readonly asNumber: number }[] {
  return cluster.nodes
    .filter(({ name }) => name !== own)
    .map(({ address }) => ({ address, asNumber: cluster.asNumber }));
}

/** Makes the folder say what the cluster is: one file per resource, each replaced in one step. */
export function writeDatastore(lab: Laboratory, cluster: Cluster): string {
  const folder = lab.folder('datastore');
  const staging = lab.folder('staging');
  const files = new Map(resources(cluster).map((resource) => [fileName(resource), resource]));
  for (const [name, resource] of files) {
    writeFileSync(join(staging, name), `${JSON.stringify(resource, null, 2)}\n`); // JSON is YAML
    renameSync(join(staging, name), join(folder, name));
  }
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
  return folder;
}

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: object };
  readonly spec: object;
}

function fileName({ kind, metadata }: Resource): string {
  return `${kind.toLowerCase()}-${metadata.name}.yaml`;
}

function resources(cluster: Cluster): Resource[] {
  return [
    resource('IPPool', 'pods', { cidr: cluster.poolCidr, ipipMode: 'Never', vxlanMode: 'Never' }),
    ...Object.entries(cluster.pools ?? {}).map(([name, spec]) => resource('IPPool', name, spec)),
    ...Object.entries(cluster.peers).map(([name, spec]) => resource('BGPPeer', name, spec)),
    ...Object.entries(cluster.filters).map(([name, spec]) => resource('BGPFilter', name, spec)),
    ...cluster.nodes.flatMap((node) => nodeResources(cluster, node)),
    // Last, as an operator does it: the mesh goes when those who take over are there.
    resource('BGPConfiguration', 'default', {
      asNumber: cluster.asNumber,
      nodeToNodeMeshEnabled: cluster.isMesh,
      ...cluster.configuration,
    }),
  ];
}

function nodeResources(cluster: Cluster, node: ClusterNode): Resource[] {
  const bgp = {
    ipv4Address: `${node.address}/${cluster.segmentLength}`,
    ...(node.clusterId && { routeReflectorClusterID: node.clusterId }),
  };
  return [
    resource('Node', node.name, { bgp }, node.labels),
    ...node.blocks.map((cidr) =>
      resource('BlockAffinity', `${node.name}-${cidr.replace(/[./]/g, '-')}`, {
        node: node.name,
        cidr,
        state: 'confirmed',
        deleted: false,
      }),
    ),
  ];
}

function resource(kind: string, name: string, spec: object, labels?: object): Resource {
  const metadata = { name, ...(labels && { labels }) };
  return { apiVersion: 'projectcalico.org/v3', kind, metadata, spec };
}
