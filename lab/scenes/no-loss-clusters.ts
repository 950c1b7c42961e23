/** What the datastore says in the acts of the no-loss scene. */
import { type Cluster, meshOfThree, meshSessions } from '../support/cluster.ts';
import type { ExpectedSession } from '../support/node-program.ts';

export const AS = 64512;
export const TOR: ExpectedSession = { address: '172.18.0.254', asNumber: 65000 };
export const GOBGP: ExpectedSession = { address: '172.18.0.253', asNumber: 65001 };
/** The only node with a session to GoBGP, which takes connections again only after 5 s, whenever one is lost. */
export const GOBGP_NODE = 'node3';
export const FRR: ExpectedSession = { address: '172.18.0.252', asNumber: 65002 };
export const BIRD_REFLECTOR: ExpectedSession = { address: '172.18.0.100', asNumber: AS };
export const CATBIRD_REFLECTOR: ExpectedSession = { address: '172.18.0.101', asNumber: AS };

export const MESH = meshOfThree(AS, {
  tor: peer(TOR),
  gobgp: { ...peer(GOBGP), node: GOBGP_NODE },
  frr: peer(FRR),
});

function peer({ address, asNumber }: ExpectedSession): { peerIP: string; asNumber: number } {
  return { peerIP: address, asNumber };
}

/** A change that by the configuration reference restarts no session. */
export interface Reload {
  /** What changes, and the class of it. */
  readonly name: string;
  readonly change: (cluster: Cluster) => Cluster;
}

/** Nobody announces it. */
const UNUSED = '198.51.100.0/24';

/** One after the other, each upon what those before have left. */
export const RELOADS: readonly Reload[] = [
  { name: 'log level (none)', change: configured({ logSeverityScreen: 'Debug' }) },
  {
    name: 'peers per node in place of a global one (none)',
    change: (cluster) => {
      const { tor, ...peers } = cluster.peers;
      const own = cluster.nodes.map(({ name }) => [`tor-${name}`, { ...tor, node: name }]);
      return { ...cluster, peers: { ...peers, ...Object.fromEntries(own) } };
    },
  },
  {
    name: 'blocks (soft)',
    change: (cluster) => ({
      ...cluster,
      nodes: cluster.nodes.map((node) => ({
        ...node,
        blocks: [...node.blocks, `10.244.1${node.name.at(-1)}.0/24`],
      })),
    }),
  },
  {
    name: 'service ranges (soft)',
    change: configured({ serviceClusterIPs: [{ cidr: '192.0.2.0/24' }] }),
  },
  {
    name: 'a pool (soft)',
    change: (cluster) => ({
      ...cluster,
      pools: { other: { cidr: '10.99.0.0/16', ipipMode: 'Always', vxlanMode: 'Never' } },
    }),
  },
  { name: 'ignored interfaces (soft)', change: configured({ ignoredInterfaces: ['unused*'] }) },
  {
    name: 'communities (soft)',
    change: configured({
      prefixAdvertisements: [{ cidr: '10.244.0.0/16', communities: ['64512:7'] }],
    }),
  },
  {
    name: 'export filter (soft)',
    change: filtered({ exportV4: [{ cidr: UNUSED, matchOperator: 'In', action: 'Reject' }] }),
  },
  {
    name: 'import filter (refresh)',
    change: filtered({
      exportV4: [{ cidr: UNUSED, matchOperator: 'In', action: 'Reject' }],
      importV4: [{ cidr: UNUSED, matchOperator: 'In', action: 'Reject' }],
    }),
  },
  {
    name: 'normal priority, the metric of kernel routes (refresh)',
    change: configured({ ipv4NormalRoutePriority: 1000 }),
  },
];

function configured(more: object): Reload['change'] {
  return (cluster) => ({ ...cluster, configuration: { ...cluster.configuration, ...more } });
}

function filtered(unused: object): Reload['change'] {
  return (cluster) => ({
    ...cluster,
    peers: { ...cluster.peers, frr: { ...peer(FRR), filters: ['unused'] } },
    filters: { unused },
  });
}

/** The same without a mesh, behind reflectors. */
export function reflected(cluster: Cluster, by: ExpectedSession): Cluster {
  return { ...cluster, isMesh: false, peers: { ...cluster.peers, reflector: peer(by) } };
}

/** The sessions a node has. */
export function sessionsOf(cluster: Cluster, name: string): ExpectedSession[] {
  const peers = Object.values(cluster.peers) as {
    peerIP: string;
    asNumber: number;
    node?: string;
  }[];
  const own = peers.filter(({ node = name }) => node === name);
  return [
    ...(cluster.isMesh ? meshSessions(cluster, name) : []),
    ...own.map(({ peerIP, asNumber }) => ({ address: peerIP, asNumber })),
  ];
}
