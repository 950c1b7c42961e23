/** Identity, listener and log level of the own node (ID, LISTEN, LOG). */
import { createHash } from 'node:crypto';
import type { Severity } from '../datastore/snapshot.ts';
import { FAMILIES } from '../net/family.ts';
import type { Cluster } from './cluster.ts';
import { DEFAULT_PORT } from './cluster.ts';
import type { RouterView } from './view.ts';

export function viewRouter(cluster: Cluster): RouterView {
  return {
    asNumber: cluster.asOf(cluster.own),
    routerId: routerId(cluster),
    clusterId: cluster.clusterId ?? null,
    listen: {
      port: cluster.listenPortOf(cluster.own) ?? DEFAULT_PORT,
      addresses: listenAddresses(cluster),
    },
    normalPriority: {
      'ipv4-unicast': cluster.normalPriority('ipv4-unicast'),
      'ipv6-unicast': cluster.normalPriority('ipv6-unicast'),
    },
  };
}

/** The environment's choice, else the own IPv4 address, else the hash (ID-1, ID-2). */
function routerId(cluster: Cluster): string {
  const { routerId, node } = cluster.options;
  if (routerId === 'hash') return hashedRouterId(node);
  if (routerId) return routerId;
  const own = cluster.ownAddress('ipv4-unicast');
  if (own !== undefined) return own;
  const reason =
    'has no IPv4 address and CALICO_ROUTER_ID is not set; the hash of its name is used';
  cluster.remark(`Node/${node}`, 'spec.bgp.ipv4Address', reason);
  return hashedRouterId(node);
}

/** First four octets of the SHA-256 of the node's name, moved out of class D and E (ID-1). */
export function hashedRouterId(node: string): string {
  const octets = createHash('sha256').update(node, 'utf8').digest().subarray(0, 4);
  if (octets[0]! > 223) octets[0]! -= 32;
  return octets.join('.');
}

/** `bindMode: NodeIP` binds the own address of each family that has one (LISTEN-2). */
function listenAddresses(cluster: Cluster): string[] {
  const bindsOwn = (cluster.perNode.bindMode ?? cluster.defaults.bindMode) === 'NodeIP';
  return FAMILIES.map((family) => {
    const any = family === 'ipv4-unicast' ? '0.0.0.0' : '::';
    return (bindsOwn ? cluster.ownAddress(family) : undefined) ?? any;
  });
}

/** Severities that trace no protocol still show what goes wrong (LOG-1). */
const LOG_LEVELS: Readonly<Record<Severity, string>> = {
  Trace: 'trace',
  Debug: 'debug',
  Info: 'info',
  Warning: 'warn',
  Error: 'error',
  Fatal: 'error',
};

export function viewLog({ perNode, defaults }: Cluster): { readonly level: string } {
  return { level: LOG_LEVELS[perNode.logSeverityScreen ?? defaults.logSeverityScreen ?? 'Info'] };
}
