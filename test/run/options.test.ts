import t from 'tap';
import { parseRunOptions } from '../../src/run/options.ts';

const SOURCE = ['--config', 'catbird.yaml'];

function levelOf(words: readonly string[], severity?: string): string | undefined {
  const env = severity === undefined ? {} : { BGP_LOGSEVERITYSCREEN: severity };
  return parseRunOptions([...SOURCE, ...words], env, false).logLevel;
}

t.test(
  'the log severity of the environment is one of ours, or does not count (LOG-3)',
  async (t) => {
    const severities = [
      'Trace',
      'Debug',
      'INFO',
      'Warning',
      'error',
      'Fatal',
      'none',
      '',
      undefined,
    ];
    t.same(
      severities.map((severity) => levelOf([], severity)),
      ['trace', 'debug', 'info', 'warn', 'error', 'error', undefined, undefined, undefined],
    );
  },
);

t.test('the flag wins over the environment, and must name a level', async (t) => {
  t.equal(levelOf(['--log-level', 'silent'], 'Debug'), 'silent');
  t.throws(() => levelOf(['--log-level', 'loud']), {
    code: 'CATBIRD_USAGE',
    message: /takes error, warn, info, debug, trace, silent, not 'loud'/,
  });
});

const nodeOf = (words: readonly string[], env: Record<string, string>) =>
  parseRunOptions([...words], env, false).node;

t.test('the name of the node, from the flag down to the host (§1.1)', async (t) => {
  const file = `${t.testdir({ nodename: ' From-File\n' })}/nodename`;
  const env = { NODENAME: ' Named ', CALICO_NODENAME_FILE: file, HOSTNAME: ' Host ' };
  t.equal(nodeOf(['--node', 'flag'], env), 'flag');
  t.equal(nodeOf([], env), 'Named');
  t.equal(nodeOf([], { ...env, NODENAME: ' ' }), 'From-File');
  t.equal(nodeOf([], { CALICO_NODENAME_FILE: `${file}.missing`, HOSTNAME: ' Host ' }), 'host');
});

t.test('without --config and --datastore the environment decides (§1.2)', async (t) => {
  const sourceOf = (words: readonly string[], env: Record<string, string>) =>
    parseRunOptions([...words], env, false).source;
  t.match(sourceOf([], {}), { datastore: { kind: 'kubernetes' } });
  t.match(sourceOf([], { ETCD_ENDPOINTS: 'http://e:1' }), { datastore: { kind: 'etcd' } });
  t.match(sourceOf(SOURCE, { ETCD_ENDPOINTS: 'http://e:1' }), { configFile: 'catbird.yaml' });
  t.throws(() => sourceOf([...SOURCE, '--datastore', 'etcd'], {}), { code: 'CATBIRD_USAGE' });
});

t.test('where Calico routes without BGP nothing runs (§1.1, FAM-4)', async (t) => {
  const isOff = (words: readonly string[], backend: string) =>
    parseRunOptions([...words], { CALICO_NETWORKING_BACKEND: backend }, false).isOff;
  t.strictSame(
    ['none', 'vxlan', 'bird', 'other', ''].map((backend) => isOff([], backend)),
    [true, true, false, false, false],
  );
  t.equal(isOff(['--networking-backend', 'none'], 'bird'), true);
  t.equal(isOff(SOURCE, 'none'), false, 'a file of our own is not Calico');
});

t.test('flags and prefixed variables are where the templates look for them', async (t) => {
  const { env } = parseRunOptions(
    ['--router-id', 'hash', '--use-pod-cidr'],
    { CALICO_ROUTER_ID: '10.0.0.1', CALICO_K8S_NODE_REF: 'k8s-a' },
    false,
  );
  t.match(env, { CALICO_ROUTER_ID: 'hash', USE_POD_CIDR: 'true', CALICO_K8S_NODE_REF: 'k8s-a' });
});

const webOf = (...words: string[]) => parseRunOptions([...SOURCE, ...words], {}, false).web;

t.test('HTTP is opened only when asked for, at an address that is one', async (t) => {
  t.equal(webOf(), undefined);
  t.match(webOf('--http', '127.0.0.1:9179'), { host: '127.0.0.1', port: 9179 });
  t.match(webOf('--http', '[::1]:0'), { host: '::1', port: 0 });
  t.match(webOf('--http', ':9179'), { host: undefined, port: 9179 });
  for (const text of [
    '9179',
    'node:9179',
    '127.0.0.1',
    '127.0.0.1:70000',
    '[127.0.0.1',
    '::1:9179',
  ]) {
    t.throws(() => webOf('--http', text), { code: 'CATBIRD_USAGE' }, text);
  }
});

t.test('readiness is that of Calico, or what the flags say (OBS-2)', async (t) => {
  const { readiness } = webOf('--http', ':1')!;
  t.same(readiness, { policy: 'calico', neighbors: ['Global_*', 'Node_*', 'Mesh_*'] });
  const chosen = webOf('--http', ':1', '--ready', '2', '--ready-neighbors', 'tor-*, rr-*')!;
  t.same(chosen.readiness, { policy: 2, neighbors: ['tor-*', 'rr-*'] });
  t.throws(() => webOf('--http', ':1', '--ready', 'most'), { code: 'CATBIRD_USAGE' });
  t.throws(() => webOf('--ready', 'all'), { message: '--ready goes with --http' });
});
