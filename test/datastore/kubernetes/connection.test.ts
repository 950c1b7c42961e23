import { join } from 'node:path';
import t from 'tap';
import { findConnection } from '../../../src/datastore/kubernetes/connection.ts';
import { settings } from './settings-fixture.ts';

const CLUSTERS = `
apiVersion: v1
kind: Config
current-context: blue
clusters:
  - name: blue
    cluster: { server: "https://blue:6443/", certificate-authority: pki/ca.crt }
  - name: red
    cluster:
      server: red:6443
      tls-server-name: kubernetes
      certificate-authority-data: ${Buffer.from('red authority').toString('base64')}
      certificate-authority: ignored.crt
contexts:
  - { name: blue, context: { cluster: blue, user: me } }
  - { name: red, context: { cluster: red, user: robot } }
`;
const USERS = `
current-context: red
clusters:
  - { name: blue, cluster: { server: "https://not-this-one" } }
users:
  - { name: me, user: { client-certificate: me.crt, client-key: /keys/me.key } }
  - { name: robot, user: { token: t0ken, tokenFile: token } }
  - { name: plain, user: { username: u, password: p } }
contexts:
  - { name: plain, context: { cluster: blue, user: plain } }
`;

t.test(
  'several kubeconfig files are one: the first to name a thing decides it (§1.4)',
  async (t) => {
    const dir = t.testdir({ a: { config: CLUSTERS }, b: { config: USERS } });
    const kubeconfig = [join(dir, 'a/config'), join(dir, 'missing'), join(dir, 'b/config')];
    t.match(findConnection(settings({ kubeconfig })), {
      server: 'https://blue:6443',
      ca: { file: join(dir, 'a/pki/ca.crt') },
      user: { certificate: { file: join(dir, 'b/me.crt') }, key: { file: '/keys/me.key' } },
    });
    t.match(findConnection(settings({ kubeconfig, currentContext: 'red' })), {
      server: 'https://red:6443',
      serverName: 'kubernetes',
      ca: { text: 'red authority' },
      user: { tokenFile: join(dir, 'b/token') },
    });
    const plain = findConnection(settings({ kubeconfig, currentContext: 'plain' }));
    t.match(plain.user, { username: 'u', password: 'p' });
  },
);

t.test('single values override the kubeconfig (§1.4)', async (t) => {
  const dir = t.testdir({
    config: CLUSTERS + USERS.replace(/current-context.*\n|clusters:\n.*\n|contexts:\n.*\n/g, ''),
  });
  const kubeconfig = [join(dir, 'config')];
  const overridden = findConnection(
    settings({
      kubeconfig,
      currentContext: 'red',
      apiEndpoint: 'https://other:443',
      caFile: '/ca',
      certFile: '/cert',
      keyFile: '/key',
      apiToken: 'mine',
    }),
  );
  t.match(overridden, {
    server: 'https://other:443',
    ca: { file: '/ca' },
    serverName: 'kubernetes',
    user: { certificate: { file: '/cert' }, key: { file: '/key' }, token: 'mine' },
  });
  t.equal(overridden.user.tokenFile, undefined);
  const careless = findConnection(settings({ kubeconfig, skipsTlsVerify: true }));
  t.match(careless, { server: 'https://blue:6443', skipsVerify: true, ca: undefined });
});

t.test('without a kubeconfig: that of the home, then the service account (§1.4)', async (t) => {
  const dir = t.testdir({
    home: CLUSTERS.replace('user: me', 'user: ""'),
    account: { token: 'abc', 'ca.crt': 'pem' },
  });
  const inClusterEndpoint = 'https://10.96.0.1:443';
  const account = join(dir, 'account');
  t.match(findConnection(settings({ inClusterEndpoint }), account), {
    server: inClusterEndpoint,
    ca: { file: join(account, 'ca.crt') },
    user: { tokenFile: join(account, 'token') },
  });
  const homeKubeconfig = join(dir, 'home');
  const home = findConnection(settings({ homeKubeconfig, inClusterEndpoint }), account);
  t.equal(home.server, 'https://blue:6443');
  const absent = settings({ homeKubeconfig: join(dir, 'none'), inClusterEndpoint });
  t.equal(findConnection(absent, account).server, inClusterEndpoint);
  t.throws(() => findConnection(settings({ inClusterEndpoint }), join(dir, 'none')), {
    code: 'CATBIRD_KUBERNETES_UNKNOWN',
    message: /KUBECONFIG/,
  });
});

t.test('what cannot be used is refused with what and where', async (t) => {
  const refusal = (text: string, currentContext?: string) => () =>
    findConnection(settings({ kubeconfigInline: text, currentContext }));
  const invalid = (message: RegExp) => ({ code: 'CATBIRD_KUBECONFIG_INVALID', message });
  const user = (fields: string) =>
    `${CLUSTERS.replace('user: me', 'user: x')}\nusers: [{ name: x, user: { ${fields} } }]`;
  t.throws(refusal('a: ['), invalid(/no YAML/));
  t.throws(refusal('clusters: 5'), invalid(/clusters/));
  t.throws(refusal(CLUSTERS), invalid(/no user "me"/));
  t.throws(refusal(CLUSTERS, 'green'), invalid(/no context "green"/));
  t.throws(refusal(user('auth-provider: { name: gcp }')), invalid(/auth-provider gcp.*exec/));
  t.throws(
    refusal(user('exec: { command: a, apiVersion: client.authentication.k8s.io/v1alpha1 }')),
    invalid(/v1alpha1; known are/),
  );
  t.throws(
    refusal(
      CLUSTERS.replace('certificate-authority: pki/ca.crt', 'proxy-url: "http://p"').replace(
        'user: me',
        'user: ""',
      ),
    ),
    invalid(/proxy-url is not supported/),
  );
  t.throws(() => findConnection(settings({ kubeconfig: ['/none/at/all'] })), invalid(/no file/));
  t.throws(() => findConnection(settings({ apiEndpoint: 'ftp://x' })), {
    code: 'CATBIRD_KUBERNETES_UNKNOWN',
  });
});

t.test('a plugin of a kubeconfig: paths from its folder, names from PATH', async (t) => {
  const dir = t.testdir({
    config: `${CLUSTERS.replace('user: me', 'user: x')}
users:
  - name: x
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: bin/login
        args: [--quiet]
        env: [{ name: REGION, value: north }]
        interactiveMode: IfAvailable
        provideClusterInfo: true
`,
  });
  t.match(findConnection(settings({ kubeconfig: [join(dir, 'config')] })).user.exec, {
    command: join(dir, 'bin/login'),
    args: ['--quiet'],
    env: [{ name: 'REGION', value: 'north' }],
    providesClusterInfo: true,
  });
});
