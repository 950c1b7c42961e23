/**
 * Every setting Catbird takes from the environment of calico-node (calico-datastore.md §1), its flag, and
 * its key in a file of kind CalicoAPIConfig.
 */

export interface Variable {
  /** In the environment. */
  readonly name: string;
  /** On the command line, without its dashes; absent for what only a file can say. */
  readonly flag?: string;
  /** Below `spec` of a CalicoAPIConfig. */
  readonly fileKey?: string;
  /** One of libcalico's: `CALICO_NAME` is accepted too and wins; a file replaces them all. */
  readonly isLibcalico?: true;
  readonly type?: 'boolean' | 'number';
}

/** About this node and this daemon. */
const OWN: readonly Variable[] = [
  { name: 'NODENAME', flag: 'node' },
  { name: 'CALICO_NODENAME_FILE', flag: 'nodename-file' },
  { name: 'CALICO_K8S_NODE_REF', flag: 'k8s-node-ref' },
  { name: 'CALICO_ROUTER_ID', flag: 'router-id' },
  { name: 'CALICO_NETWORKING_BACKEND', flag: 'networking-backend' },
  { name: 'CALICO_ADVERTISE_CLUSTER_IPS', flag: 'advertise-cluster-ips' },
  { name: 'CALICO_ENDPOINT_STATUS_PATH_PREFIX', flag: 'endpoint-status-path-prefix' },
  { name: 'NAMESPACE', flag: 'namespace' },
  { name: 'BGP_LOGSEVERITYSCREEN', flag: 'log-level' },
  { name: 'CATBIRD_CALICO_CONFIG', flag: 'calico-config' },
  { name: 'CATBIRD_STATE', flag: 'state' },
  { name: 'CATBIRD_BRAKE', flag: 'brake' },
  { name: 'CATBIRD_BRAKE_WAIT', flag: 'brake-wait' },
  { name: 'CATBIRD_TEMPLATES', flag: 'templates' },
  { name: 'CATBIRD_TEMPLATES_ETCD_PREFIX', flag: 'templates-etcd-prefix' },
  { name: 'CATBIRD_TEMPLATES_CONFIGMAP', flag: 'templates-configmap' },
];

const ETCD: readonly Variable[] = [
  libcalico('ETCD_ENDPOINTS', 'etcd-endpoints', 'etcdEndpoints'),
  libcalico('ETCD_DISCOVERY_SRV', 'etcd-discovery-srv', 'etcdDiscoverySrv'),
  libcalico('ETCD_CA_CERT_FILE', 'etcd-ca-cert-file', 'etcdCACertFile'),
  libcalico('ETCD_CERT_FILE', 'etcd-cert-file', 'etcdCertFile'),
  libcalico('ETCD_KEY_FILE', 'etcd-key-file', 'etcdKeyFile'),
  libcalico('ETCD_USERNAME', 'etcd-username', 'etcdUsername'),
  libcalico('ETCD_PASSWORD', 'etcd-password', 'etcdPassword'),
  inline('ETCD_CA_CERT', 'etcdCACert'),
  inline('ETCD_CERT', 'etcdCert'),
  inline('ETCD_KEY', 'etcdKey'),
  { name: 'TLS_CIPHER_SUITES', flag: 'tls-cipher-suites' },
  { name: 'TLS_MIN_VERSION', flag: 'tls-min-version' },
];

const KUBERNETES: readonly Variable[] = [
  libcalico('KUBECONFIG', 'kubeconfig', 'kubeconfig'),
  inline('KUBECONFIG_INLINE', 'kubeconfigInline'),
  libcalico('K8S_API_ENDPOINT', 'k8s-api-endpoint', 'k8sAPIEndpoint'),
  libcalico('K8S_API_TOKEN', 'k8s-api-token', 'k8sAPIToken'),
  libcalico('K8S_CA_FILE', 'k8s-ca-file', 'k8sCAFile'),
  libcalico('K8S_CERT_FILE', 'k8s-cert-file', 'k8sCertFile'),
  libcalico('K8S_KEY_FILE', 'k8s-key-file', 'k8sKeyFile'),
  {
    ...libcalico(
      'K8S_INSECURE_SKIP_TLS_VERIFY',
      'k8s-insecure-skip-tls-verify',
      'k8sInsecureSkipTLSVerify',
    ),
    type: 'boolean',
  },
  libcalico('K8S_CURRENT_CONTEXT', 'k8s-current-context', 'k8sCurrentContext'),
  { ...libcalico('K8S_CLIENT_QPS', 'k8s-client-qps', 'k8sClientQPS'), type: 'number' },
  { ...libcalico('K8S_CLIENT_BURST', 'k8s-client-burst', 'k8sClientBurst'), type: 'number' },
  { ...libcalico('USE_POD_CIDR', 'use-pod-cidr', 'usePodCIDR'), type: 'boolean' },
  libcalico('CALICO_API_GROUP', 'calico-api-group', 'calicoAPIGroup'),
];

export const VARIABLES: readonly Variable[] = [
  ...OWN,
  { name: 'DATASTORE_TYPE', flag: 'datastore', fileKey: 'datastoreType', isLibcalico: true },
  ...ETCD,
  ...KUBERNETES,
];

function libcalico(name: string, flag: string, fileKey: string): Variable {
  return { name, flag, fileKey, isLibcalico: true };
}

/** Said by a file only. */
function inline(name: string, fileKey: string): Variable {
  return { name, fileKey, isLibcalico: true };
}
