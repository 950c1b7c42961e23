/** Which datastore the command line and the environment mean (calico-datastore.md §1.2–1.4). */
import { join } from 'node:path';
import { CatbirdError } from '../../net/error.ts';
import { type Environment, isSet, settingsError } from './environment.ts';
import type { DatastoreSettings, EtcdSettings, KubernetesSettings, Pem } from './settings.ts';

const DEFAULT_QPS = 5;
const DEFAULT_BURST = 100;
const DEFAULT_NAMESPACE = 'kube-system';
const DEFAULT_STATUS_PREFIX = '/var/run/calico';

/**
 * Reads the settings out of an environment that {@link resolveEnvironment} made.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_UNSUPPORTED for an unknown kind of datastore,
 *   CATBIRD_DATASTORE_SETTINGS when settings are missing or contradict each other
 */
export function chooseDatastore(env: Environment, node: string): DatastoreSettings {
  const type = env['DATASTORE_TYPE'] ?? (env['ETCD_ENDPOINTS'] ? 'etcdv3' : 'kubernetes');
  const path = /^folder:(.+)$/s.exec(type)?.[1];
  const prefix = env['CALICO_ENDPOINT_STATUS_PATH_PREFIX'];
  if (path !== undefined) {
    return { kind: 'folder', path, ...(prefix && { endpointStatusPrefix: prefix }) };
  }
  const endpointStatusPrefix = prefix || DEFAULT_STATUS_PREFIX;
  if (type === 'etcd' || type === 'etcdv3') {
    return { ...etcdSettings(env, node), endpointStatusPrefix };
  }
  if (type === 'kubernetes') return { ...kubernetesSettings(env, node), endpointStatusPrefix };
  throw new CatbirdError(
    'CATBIRD_DATASTORE_UNSUPPORTED',
    `"${type}" is no datastore; write folder:DIR, etcd or kubernetes.`,
  );
}

function etcdSettings(env: Environment, node: string): EtcdSettings {
  const endpoints = listOf(env['ETCD_ENDPOINTS'], ',');
  const discoverySrv = env['ETCD_DISCOVERY_SRV'];
  if (endpoints.length > 0 && discoverySrv) {
    throw settingsError('ETCD_ENDPOINTS and ETCD_DISCOVERY_SRV exclude each other; give one');
  }
  if (endpoints.length === 0 && !discoverySrv) {
    throw settingsError('say where etcd is: ETCD_ENDPOINTS or --etcd-endpoints https://HOST:2379');
  }
  const { ca, client } = certificates(env);
  const name = env['ETCD_USERNAME'];
  const password = env['ETCD_PASSWORD'];
  return {
    kind: 'etcd',
    node,
    endpoints,
    discoverySrv,
    ca,
    client,
    user: name && password ? { name, password } : undefined,
    cipherSuites: env['TLS_CIPHER_SUITES'],
    minTlsVersion: minTlsVersion(env['TLS_MIN_VERSION']),
    templatesPrefix: templatesPrefix(env['CATBIRD_TEMPLATES_ETCD_PREFIX']),
    kubernetes: kubernetesSettings(env, node),
  };
}

function certificates(env: Environment): Pick<EtcdSettings, 'ca' | 'client'> {
  const isInline = Boolean(env['ETCD_CERT'] || env['ETCD_KEY'] || env['ETCD_CA_CERT']);
  const isFile = Boolean(env['ETCD_CERT_FILE'] || env['ETCD_KEY_FILE'] || env['ETCD_CA_CERT_FILE']);
  if (isInline && isFile) {
    throw settingsError('certificates of etcd are given inline or as files, not both');
  }
  const pem = (name: string): Pem | undefined => {
    const [text, file] = [env[name], env[`${name}_FILE`]];
    if (text) return { text };
    return file ? { file } : undefined;
  };
  const [cert, key] = [pem('ETCD_CERT'), pem('ETCD_KEY')];
  if (isInline && !(cert && key)) {
    throw settingsError('inline certificates of etcd need both etcdCert and etcdKey');
  }
  if (Boolean(cert) !== Boolean(key)) {
    throw settingsError('a client certificate needs both ETCD_CERT_FILE and ETCD_KEY_FILE');
  }
  return { ca: pem('ETCD_CA_CERT'), client: cert && key && { cert, key } };
}

/** With one slash at its end. */
function templatesPrefix(text: string | undefined): string | undefined {
  return text && `${text.replace(/\/+$/, '')}/`;
}

function minTlsVersion(text: string | undefined): EtcdSettings['minTlsVersion'] {
  const version = /^(?:(?:Version)?TLSv?)?1\.?([23])$/i.exec(text ?? '1.2')?.[1];
  if (version === undefined) throw settingsError(`TLS_MIN_VERSION is 1.2 or 1.3, not '${text}'`);
  return version === '3' ? 'TLSv1.3' : 'TLSv1.2';
}

function kubernetesSettings(env: Environment, node: string): KubernetesSettings {
  const home = env['HOME'];
  return {
    kind: 'kubernetes',
    node,
    kubeconfig: listOf(env['KUBECONFIG'], ':'),
    kubeconfigInline: env['KUBECONFIG_INLINE'],
    homeKubeconfig: home ? join(home, '.kube', 'config') : undefined,
    inClusterEndpoint: inClusterEndpoint(env),
    apiEndpoint: env['K8S_API_ENDPOINT'],
    apiToken: env['K8S_API_TOKEN'],
    caFile: env['K8S_CA_FILE'],
    certFile: env['K8S_CERT_FILE'],
    keyFile: env['K8S_KEY_FILE'],
    skipsTlsVerify: isSet(env, 'K8S_INSECURE_SKIP_TLS_VERIFY'),
    currentContext: env['K8S_CURRENT_CONTEXT'],
    clientQps: positive(env, 'K8S_CLIENT_QPS', DEFAULT_QPS),
    clientBurst: positive(env, 'K8S_CLIENT_BURST', DEFAULT_BURST),
    usePodCidr: isSet(env, 'USE_POD_CIDR'),
    apiGroup: env['CALICO_API_GROUP'],
    secretsNamespace: env['NAMESPACE'] || DEFAULT_NAMESPACE,
    templatesConfigMap: env['CATBIRD_TEMPLATES_CONFIGMAP'],
    advertisedClusterIps: env['CALICO_ADVERTISE_CLUSTER_IPS'],
  };
}

function inClusterEndpoint(env: Environment): string | undefined {
  const [host, port] = [env['KUBERNETES_SERVICE_HOST'], env['KUBERNETES_SERVICE_PORT']];
  if (!host || !port) return undefined;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Zero and absence mean the default. */
function positive(env: Environment, name: string, otherwise: number): number {
  const value = Number(env[name] ?? 0);
  if (!(value >= 0)) throw settingsError(`${name} is a number, not '${env[name]}'`);
  return value || otherwise;
}

function listOf(text: string | undefined, separator: string): string[] {
  return (text ?? '')
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
