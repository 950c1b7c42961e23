import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { CATALOG } from '../../../src/cli/catalog.ts';
import { chooseDatastore } from '../../../src/datastore/settings/choose.ts';
import { resolveEnvironment } from '../../../src/datastore/settings/environment.ts';
import type {
  DatastoreSettings,
  EtcdSettings,
  KubernetesSettings,
} from '../../../src/datastore/settings/settings.ts';
import { VARIABLES } from '../../../src/datastore/settings/variables.ts';

const code = 'CATBIRD_DATASTORE_SETTINGS';

function choose(
  env: Record<string, string>,
  flags: Record<string, string | boolean> = {},
): DatastoreSettings {
  return chooseDatastore(resolveEnvironment(env, flags), 'node-a');
}

function etcd(env: Record<string, string>): EtcdSettings {
  return choose({ ETCD_ENDPOINTS: 'http://e:2379', ...env }) as EtcdSettings;
}

t.test('which datastore the environment means (§1.2)', async (t) => {
  const kindOf = (env: Record<string, string>) => choose(env).kind;
  t.equal(kindOf({}), 'kubernetes');
  t.equal(kindOf({ ETCD_ENDPOINTS: 'http://e:2379' }), 'etcd');
  t.equal(kindOf({ ETCD_ENDPOINTS: '' }), 'kubernetes');
  t.equal(kindOf({ ETCD_ENDPOINTS: 'http://e:2379', DATASTORE_TYPE: 'kubernetes' }), 'kubernetes');
  t.equal(kindOf({ DATASTORE_TYPE: 'etcdv3', ETCD_DISCOVERY_SRV: 'example.net' }), 'etcd');
  t.equal(kindOf({ ETCD_DISCOVERY_SRV: 'example.net' }), 'kubernetes');
  t.throws(() => kindOf({ DATASTORE_TYPE: 'consul' }), { code: 'CATBIRD_DATASTORE_UNSUPPORTED' });
});

t.test('the flag names the datastore, whatever the environment says', async (t) => {
  const env = { DATASTORE_TYPE: 'kubernetes' };
  t.match(choose(env, { datastore: 'folder:/a b' }), { kind: 'folder', path: '/a b' });
  t.match(choose(env, { datastore: 'etcd', 'etcd-endpoints': 'http://e:1' }), { kind: 'etcd' });
  for (const datastore of ['folder', 'folder:', 'consul', '']) {
    t.throws(() => choose({}, { datastore }), { code: 'CATBIRD_DATASTORE_UNSUPPORTED' }, datastore);
  }
});

t.test('CALICO_NAME wins over NAME, a flag over both; empty is absent (§1.1)', async (t) => {
  const endpoints = (env: Record<string, string>, flags = {}) =>
    (choose(env, flags) as EtcdSettings).endpoints;
  const both = { CALICO_ETCD_ENDPOINTS: 'http://a:1', ETCD_ENDPOINTS: 'http://b:1' };
  t.strictSame(endpoints(both), ['http://a:1']);
  t.strictSame(endpoints({ ...both, CALICO_ETCD_ENDPOINTS: '' }), ['http://b:1']);
  t.strictSame(endpoints(both, { 'etcd-endpoints': 'http://c:1, http://d:1,' }), [
    'http://c:1',
    'http://d:1',
  ]);
});

t.test('endpoints and discovery exclude each other, and one is needed (§1.3)', async (t) => {
  const both = { DATASTORE_TYPE: 'etcdv3', ETCD_ENDPOINTS: 'http://e:1', ETCD_DISCOVERY_SRV: 'd' };
  t.throws(() => choose(both), { code, message: /exclude each other/ });
  t.throws(() => choose({ DATASTORE_TYPE: 'etcdv3' }), { code, message: /ETCD_ENDPOINTS/ });
});

t.test('certificates, users and TLS versions of etcd (§1.3)', async (t) => {
  t.match(etcd({}), {
    ca: undefined,
    client: undefined,
    user: undefined,
    minTlsVersion: 'TLSv1.2',
  });
  const files = { ETCD_CA_CERT_FILE: '/ca', ETCD_CERT_FILE: '/crt', ETCD_KEY_FILE: '/key' };
  t.match(etcd(files), {
    ca: { file: '/ca' },
    client: { cert: { file: '/crt' }, key: { file: '/key' } },
  });
  t.throws(() => etcd({ ETCD_CERT_FILE: '/crt' }), { code, message: /both ETCD_CERT_FILE and/ });
  t.equal(etcd({ ETCD_USERNAME: 'u' }).user, undefined, 'used only when both are there');
  t.strictSame(etcd({ ETCD_USERNAME: 'u', ETCD_PASSWORD: 'p' }).user, { name: 'u', password: 'p' });
  t.equal(etcd({ TLS_MIN_VERSION: '1.3' }).minTlsVersion, 'TLSv1.3');
  t.equal(etcd({ TLS_MIN_VERSION: 'VersionTLS12' }).minTlsVersion, 'TLSv1.2');
  t.throws(() => etcd({ TLS_MIN_VERSION: '1.1' }), { code });
});

t.test('connection to Kubernetes (§1.4)', async (t) => {
  const env = {
    KUBECONFIG: '/a:/b',
    HOME: '/home/me',
    K8S_API_ENDPOINT: 'https://k:6443',
    K8S_CLIENT_QPS: '2.5',
    K8S_INSECURE_SKIP_TLS_VERIFY: 'T',
    USE_POD_CIDR: 'true',
    KUBERNETES_SERVICE_HOST: 'fd00::1',
    KUBERNETES_SERVICE_PORT: '443',
    NAMESPACE: 'calico-system',
  };
  t.match(choose(env), {
    kind: 'kubernetes',
    node: 'node-a',
    kubeconfig: ['/a', '/b'],
    homeKubeconfig: '/home/me/.kube/config',
    inClusterEndpoint: 'https://[fd00::1]:443',
    apiEndpoint: 'https://k:6443',
    skipsTlsVerify: true,
    usePodCidr: true,
    clientQps: 2.5,
    clientBurst: 100,
    secretsNamespace: 'calico-system',
  });
  t.match(choose({}), { clientQps: 5, clientBurst: 100, secretsNamespace: 'kube-system' });
  t.throws(() => choose({ USE_POD_CIDR: 'maybe' }), { code, message: /USE_POD_CIDR is true or/ });
  t.throws(() => choose({ K8S_CLIENT_QPS: 'fast' }), { code });
});

t.test('in etcd mode Kubernetes is known as well, for Secrets and Services (§1.4)', async (t) => {
  const { kubernetes } = etcd({ KUBECONFIG: '/a' });
  t.match(kubernetes satisfies KubernetesSettings, { kubeconfig: ['/a'] });
});

const FILE = `apiVersion: projectcalico.org/v3
kind: CalicoAPIConfig
metadata:
spec:
  datastoreType: etcdv3
  etcdEndpoints: https://e1:2379,https://e2:2379
`;

function withFile(t: Test, text: string, env: Record<string, string> = {}, flags = {}) {
  const folder = t.testdir({ 'calico.yaml': text });
  return choose(env, { ...flags, 'calico-config': `${folder}/calico.yaml` });
}

t.test('a CalicoAPIConfig stands in for the environment (§1.2)', async (t) => {
  const env = { ETCD_ENDPOINTS: 'http://env:1', ETCD_USERNAME: 'u', ETCD_PASSWORD: 'p' };
  const settings = withFile(t, `${FILE}  etcdKey: K\n  etcdCert: C\n  usePodCIDR: true\n`, env);
  t.match(settings, {
    kind: 'etcd',
    endpoints: ['https://e1:2379', 'https://e2:2379'],
    user: undefined,
    client: { cert: { text: 'C' }, key: { text: 'K' } },
    kubernetes: { usePodCidr: true },
  });
  t.match(withFile(t, FILE, {}, { 'etcd-endpoints': 'http://f:1' }), { endpoints: ['http://f:1'] });
  const json = `{"apiVersion":"projectcalico.org/v3","kind":"CalicoAPIConfig","spec":{"datastoreType":"kubernetes","k8sClientQPS":7.5}}`;
  t.match(withFile(t, json), { kind: 'kubernetes', clientQps: 7.5 });
});

t.test('a CalicoAPIConfig is read strictly, and told with its lines (§1.2)', async (t) => {
  const refused = (text: string, message: RegExp) =>
    t.throws(() => withFile(t, text), { code, message });
  refused(`${FILE}  etcdEndpoint: x\n`, /line 7: spec\.etcdEndpoint: is no known key/);
  refused(`${FILE}  usePodCIDR: perhaps\n`, /line 7: spec\.usePodCIDR: must be true or false/);
  refused(FILE.replace('CalicoAPIConfig', 'Secret'), /line 2: kind: must be CalicoAPIConfig/);
  refused('', /it is empty/);
  refused('a: [', /line 1/);
  refused(`${FILE}  etcdKey: K\n  etcdCert: C\n  etcdCACertFile: /ca\n`, /inline or as files/);
  refused(`${FILE}  etcdCACert: A\n`, /need both etcdCert and etcdKey/);
  t.throws(() => choose({ CATBIRD_CALICO_CONFIG: '/nowhere' }), { code, message: /\/nowhere/ });
});

t.test('every variable and flag is in the help and in the documentation', async (t) => {
  const docs = readFileSync(new URL('../../../docs/datastore.md', import.meta.url), 'utf8');
  const help = CATALOG.filter(({ name }) => name === 'run' || name === 'render');
  for (const { name, flag, fileKey } of VARIABLES) {
    if (flag !== undefined) {
      t.ok(docs.includes(`\`${name}\``), name);
      t.ok(docs.includes(`\`--${flag}\``), flag);
      for (const entry of help.slice(0, flag === 'log-level' ? 1 : 2)) {
        t.ok(entry.help.includes(`--${flag} `) || entry.help.includes(`--${flag}\n`), flag);
      }
    }
    if (fileKey !== undefined) t.ok(docs.includes(`\`${fileKey}\``), fileKey);
  }
});
