/** What is needed to reach a datastore, as plain data. */

export type DatastoreSettings = FolderSettings | EtcdSettings | KubernetesSettings;

export interface FolderSettings {
  readonly kind: 'folder';
  /** Of a folder, or of one file. */
  readonly path: string;
  /** Parent of an `endpoint-status/` besides the one in the folder; undefined: there is none. */
  readonly endpointStatusPrefix?: string | undefined;
}

/** A PEM, in a file or at hand. */
export type Pem = { readonly file: string } | { readonly text: string };

export interface EtcdSettings {
  readonly kind: 'etcd';
  /** Calico name of the own node, whose address blocks are read. */
  readonly node: string;
  /** URLs; empty when `discoverySrv` says where to ask for them. */
  readonly endpoints: readonly string[];
  readonly discoverySrv: string | undefined;
  readonly ca: Pem | undefined;
  /** Client certificate with its key. */
  readonly client: { readonly cert: Pem; readonly key: Pem } | undefined;
  /** undefined: no authentication by password. */
  readonly user: { readonly name: string; readonly password: string } | undefined;
  /** Comma-separated names, IANA's or OpenSSL's. */
  readonly cipherSuites: string | undefined;
  readonly minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Keys of users' templates, ending in a slash; undefined: none are read. */
  readonly templatesPrefix?: string | undefined;
  /** Parent of `endpoint-status/`; undefined: not read. */
  readonly endpointStatusPrefix?: string | undefined;
  /** Where Secrets and Services are, if they can be reached (calico-datastore.md §1.4). */
  readonly kubernetes: KubernetesSettings;
}

export interface KubernetesSettings {
  readonly kind: 'kubernetes';
  readonly node: string;
  /** Files, in order of precedence; those of the home directory are not among them. */
  readonly kubeconfig: readonly string[];
  readonly kubeconfigInline: string | undefined;
  /** `$HOME/.kube/config`, whether it exists or not; undefined without a home. */
  readonly homeKubeconfig: string | undefined;
  /** `https://HOST:PORT` of the in-cluster service; undefined outside of clusters. */
  readonly inClusterEndpoint: string | undefined;
  /** The following override what a kubeconfig says. */
  readonly apiEndpoint: string | undefined;
  readonly apiToken: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly skipsTlsVerify: boolean;
  readonly currentContext: string | undefined;
  /** Requests per second, and how many may follow at once. */
  readonly clientQps: number;
  readonly clientBurst: number;
  /** Blocks are the pod CIDRs of nodes: BlockAffinity need not be read. */
  readonly usePodCidr: boolean;
  /** `CALICO_API_GROUP`, as written. */
  readonly apiGroup: string | undefined;
  /** Where the Secrets of passwords are. */
  readonly secretsNamespace: string;
  /** Name of the ConfigMap with users' templates, in the same namespace; undefined: none is read. */
  readonly templatesConfigMap?: string | undefined;
  /** Parent of `endpoint-status/`; undefined: not read. */
  readonly endpointStatusPrefix?: string | undefined;
  /** `CALICO_ADVERTISE_CLUSTER_IPS`: Services are read even if no BGPConfiguration asks for them. */
  readonly advertisedClusterIps: string | undefined;
}
