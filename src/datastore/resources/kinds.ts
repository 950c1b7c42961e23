/** Every kind Catbird reads, and those it knows to mean nothing to BGP. */
import { BGP_CONFIGURATION } from './bgp-configuration.ts';
import { BGP_FILTER } from './bgp-filter.ts';
import { BGP_PEER } from './bgp-peer.ts';
import { BLOCK_AFFINITY } from './block-affinity.ts';
import { CALICO_NODE } from './calico-node.ts';
import { CLUSTER_INFORMATION } from './cluster-information.ts';
import { CONFIG_MAP } from './config-map.ts';
import { ENDPOINT_SLICE } from './endpoint-slice.ts';
import { IP_POOL } from './ip-pool.ts';
import { KUBERNETES_NODE } from './kubernetes-node.ts';
import type { ResourceKind } from './resource-kind.ts';
import { SECRET } from './secret.ts';
import { SERVICE } from './service.ts';

/** The kinds that are read. `Node` is there twice, told apart by apiVersion. */
export const RESOURCE_KINDS = [
  BGP_CONFIGURATION,
  BGP_PEER,
  BGP_FILTER,
  IP_POOL,
  CALICO_NODE,
  KUBERNETES_NODE,
  BLOCK_AFFINITY,
  SERVICE,
  ENDPOINT_SLICE,
  SECRET,
  CONFIG_MAP,
  CLUSTER_INFORMATION,
] as unknown as readonly ResourceKind[];

/** Kinds that stand beside them in exports and manifests and that BGP does not read (§2). */
export const UNREAD_KINDS: ReadonlySet<string> = new Set([
  'BGPNodeStatus',
  'CalicoNodeStatus',
  'CalicoAPIConfig',
  'CalicoMetadata',
  'FelixConfiguration',
  'GlobalNetworkPolicy',
  'GlobalNetworkSet',
  'HostEndpoint',
  'IPAMBlock',
  'IPAMConfig',
  'IPAMConfiguration',
  'IPAMHandle',
  'IPReservation',
  'KubeControllersConfiguration',
  'LiveMigration',
  'NetworkPolicy',
  'NetworkSet',
  'Profile',
  'StagedGlobalNetworkPolicy',
  'StagedKubernetesNetworkPolicy',
  'StagedNetworkPolicy',
  'Tier',
  'WorkloadEndpoint',
  'CustomResourceDefinition',
  'DaemonSet',
  'Deployment',
  'Endpoints',
  'Namespace',
  'Pod',
  'ServiceAccount',
]);
