/** What rendering depends on besides the snapshot: the environment of calico-node, and who we are. */
export interface ViewOptions {
  /** Calico name of the own node. */
  readonly node: string;
  /** `CALICO_ROUTER_ID`: absent, `hash`, or a dotted quad (ID-1). */
  readonly routerId?: string | undefined;
  /** `USE_POD_CIDR`: blocks are the node's pod CIDRs (AGGR-7). */
  readonly usePodCidr?: boolean | undefined;
  /** `CALICO_ADVERTISE_CLUSTER_IPS`: one CIDR in place of `serviceClusterIPs`. */
  readonly clusterIpRange?: string | undefined;
  /** `CALICO_K8S_NODE_REF`: Kubernetes name of the node, where it has another one. */
  readonly kubernetesNode?: string | undefined;
  /** `NAMESPACE`: where password secrets are; `kube-system` when absent. */
  readonly secretsNamespace?: string | undefined;
  /** Whether labels satisfy a selector (calico-datastore §7); a faulty selector matches nothing. */
  readonly matchesSelector: (selector: string, labels: Readonly<Record<string, string>>) => boolean;
}

/** Something in the snapshot, or in what a template made of it, that could not be used. */
export interface RenderFault {
  /** `BGPPeer/rack2-tor`; `router` for a section of its own. */
  readonly object: string;
  /** Template that failed, undefined when the datastore is at fault. */
  readonly template: string | undefined;
  /** Place in the template, from 1, where known. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Field of the object, or key of the configuration. */
  readonly path: string;
  readonly reason: string;
  /** Nothing is wrong, only worth knowing: a choice among several, a default that may surprise. */
  readonly isRemark?: true;
}

/** Takes note of a fault of the datastore: the object, the field, and why it cannot be used. */
export type Report = (object: string, path: string, reason: string) => void;
