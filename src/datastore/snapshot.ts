/**
 * All resources at one revision: what every datastore delivers and the templates read.
 *
 * Objects keep Calico's field names (`calico-datastore.md` §6) after schema checks; unknown fields are
 * dropped, unknown enum values are replaced by the documented default. Maps are keyed by resource name and
 * iterate in its order.
 */

export interface Snapshot {
  /** Grows with each delivery; opaque text for display. */
  readonly revision: string;
  readonly bgpConfigurations: ReadonlyMap<string, BgpConfiguration>;
  readonly bgpPeers: ReadonlyMap<string, BgpPeer>;
  readonly bgpFilters: ReadonlyMap<string, BgpFilter>;
  readonly ipPools: ReadonlyMap<string, IpPool>;
  readonly nodes: ReadonlyMap<string, CalicoNode>;
  /** All nodes' affinities; the reader picks its own. */
  readonly blockAffinities: ReadonlyMap<string, BlockAffinity>;
  /** Keyed `namespace/name`. */
  readonly services: ReadonlyMap<string, Service>;
  readonly endpointSlices: ReadonlyMap<string, EndpointSlice>;
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Keyed `namespace/name`; those with users' templates matter. */
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
  /** Only `default` has a meaning. */
  readonly clusterInformations: ReadonlyMap<string, ClusterInformation>;
  /** Workloads of the own node that are BGP peers, by the name of their file. */
  readonly endpointStatuses: ReadonlyMap<string, EndpointStatus>;
  /** Everything wrong with what was read, file by file; never fatal. */
  readonly faults: readonly DatastoreFault[];
  /** Where objects stand, `file:line` by `BGPPeer/rack2-tor`: for telling what is wrong with them. */
  readonly places: Places;
}

/** Where an object stands, by its label. */
export interface Places {
  get(label: string): string | undefined;
}

/** A snapshot of nothing: what to build others from. */
export function emptySnapshot(): Snapshot {
  return {
    revision: '0',
    bgpConfigurations: new Map(),
    bgpPeers: new Map(),
    bgpFilters: new Map(),
    ipPools: new Map(),
    nodes: new Map(),
    blockAffinities: new Map(),
    services: new Map(),
    endpointSlices: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
    clusterInformations: new Map(),
    endpointStatuses: new Map(),
    faults: [],
    places: new Map(),
  };
}

/** Something wrong with what was read; the snapshot it is in can be used all the same. */
export interface DatastoreFault {
  /** `BGPPeer/rack2-tor`, or undefined when the file could not be read at all. */
  readonly object: string | undefined;
  /** File (or etcd key), with line and column from 1 where known. */
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** `spec.peerIP`; empty when the whole document is meant. */
  readonly path: string;
  readonly reason: string;
  /** The store cannot be reached at present: what was read before is in use. */
  readonly isOutage?: true;
}

export type Severity = 'Trace' | 'Debug' | 'Info' | 'Warning' | 'Error' | 'Fatal';
export type ProgramClusterRoutes =
  | 'Enabled'
  | 'Disabled'
  | 'EnabledIPIPOnly'
  | 'EnabledNoEncapOnly';

export interface SecretKeyRef {
  readonly name: string;
  readonly key: string;
}

export interface BgpConfiguration {
  readonly name: string;
  readonly logSeverityScreen?: Severity;
  readonly nodeToNodeMeshEnabled?: boolean;
  readonly asNumber?: number;
  /** CIDR texts, empty entries left out. */
  readonly serviceClusterIPs?: readonly string[];
  readonly serviceExternalIPs?: readonly string[];
  readonly serviceLoadBalancerIPs?: readonly string[];
  readonly serviceLoadBalancerAggregation?: 'Enabled' | 'Disabled';
  readonly communities?: readonly { readonly name: string; readonly value: string }[];
  readonly prefixAdvertisements?: readonly {
    readonly cidr: string;
    readonly communities: readonly string[];
  }[];
  readonly listenPort?: number;
  readonly nodeMeshPassword?: SecretKeyRef;
  /** Whole seconds. */
  readonly nodeMeshMaxRestartTimeSec?: number;
  readonly bindMode?: 'None' | 'NodeIP';
  readonly ignoredInterfaces?: readonly string[];
  readonly programClusterRoutes?: ProgramClusterRoutes;
  readonly ipv4NormalRoutePriority?: number;
  readonly ipv6NormalRoutePriority?: number;
}

export interface BgpPeer {
  readonly name: string;
  readonly node?: string;
  readonly nodeSelector?: string;
  /** As written; the expansion parses it (EXP-7). */
  readonly peerIP?: string;
  readonly peerSelector?: string;
  readonly localWorkloadSelector?: string;
  readonly asNumber?: number;
  readonly localASNumber?: number;
  readonly keepOriginalNextHop?: boolean;
  readonly nextHopMode?: 'Auto' | 'Self' | 'Keep';
  readonly password?: SecretKeyRef;
  /** False for any text but `UseNodeIP` (absent counts as `UseNodeIP`). */
  readonly usesNodeIp: boolean;
  readonly maxRestartTimeSec?: number;
  readonly keepaliveTimeSec?: number;
  readonly numAllowedLocalASNumbers?: number;
  readonly ttlSecurity?: number;
  readonly reachableBy?: string;
  readonly filters: readonly string[];
  readonly reversePeering: 'Auto' | 'Manual';
}

export interface BgpFilter {
  readonly name: string;
  readonly importV4: readonly FilterRule[];
  readonly exportV4: readonly FilterRule[];
  readonly importV6: readonly FilterRule[];
  readonly exportV6: readonly FilterRule[];
}

export interface FilterRule {
  readonly action: string;
  readonly cidr?: string;
  readonly matchOperator?: string;
  readonly prefixLength?: { readonly min?: number; readonly max?: number };
  readonly source?: string;
  readonly interface?: string;
  readonly peerType?: string;
  readonly communities?: { readonly values: readonly string[] };
  readonly asPathPrefix?: readonly number[];
  readonly priority?: number;
  readonly operations?: readonly FilterOperation[];
}

export interface FilterOperation {
  readonly addCommunity?: { readonly value: string };
  readonly prependASPath?: { readonly prefix: readonly number[] };
  readonly setPriority?: { readonly value: number };
}

export interface IpPool {
  readonly name: string;
  readonly cidr: string;
  readonly ipipMode: 'Never' | 'Always' | 'CrossSubnet';
  readonly vxlanMode: 'Never' | 'Always' | 'CrossSubnet';
  readonly disableBGPExport: boolean;
}

/** A node, whichever of Calico's or Kubernetes' kinds it came from (§6.5, §6.6). */
export interface CalicoNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `address/length`, canonical; absent when missing or unparsable. */
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
  readonly asNumber?: number;
  /** Dotted quad; absent when not a reflector. */
  readonly routeReflectorClusterID?: string;
  readonly wireguardIpv4Address?: string;
  readonly wireguardIpv6Address?: string;
  /** With host-local pod CIDRs its IPv4 address is the first of its pod CIDR, written nowhere (§6.6). */
  readonly hasWireguardKey?: true;
  /** Canonical CIDRs (§6.8). */
  readonly podCIDRs: readonly string[];
}

export interface BlockAffinity {
  readonly name: string;
  readonly node: string;
  readonly cidr: string;
  /** `confirmed`, ``, `pending`, `pendingDeletion` or anything else, as written. */
  readonly state: string;
  readonly type: string;
  readonly deleted: boolean;
}

export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIP: string;
  readonly clusterIPs: readonly string[];
  readonly ipFamilies: readonly string[];
  readonly externalIPs: readonly string[];
  readonly loadBalancerIP: string;
  readonly externalTrafficPolicy: string;
  readonly ingressIPs: readonly string[];
}

export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  readonly serviceName: string;
  readonly addressType: string;
  readonly endpoints: readonly { readonly nodeName: string; readonly ready: boolean }[];
}

export interface Secret {
  readonly namespace: string;
  readonly name: string;
  /** Decoded octets by key. */
  readonly data: ReadonlyMap<string, Uint8Array>;
}

/** A workload of the own node that is a BGP peer (§6.12). */
export interface EndpointStatus {
  /** Of the file. */
  readonly name: string;
  readonly bgpPeerName: string;
  /** Without prefix length, canonical. */
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
}

/** What Calico says about itself. */
export interface ClusterInformation {
  readonly name: string;
  /** `v3.33.0`, as written. */
  readonly calicoVersion?: string;
}

export interface ConfigMap {
  readonly namespace: string;
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Of templates that are keys of their own; `/` is in no name of Kubernetes. */
export const TEMPLATES_NAMESPACE = 'etcd/templates';
