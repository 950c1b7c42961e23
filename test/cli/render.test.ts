import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runCommandLine } from '../../src/cli/main.ts';

const NODE = `kind: Node
apiVersion: projectcalico.org/v3
metadata: { name: n1 }
`;

async function render(t: Test, text: string, words: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-render-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'all.yaml');
  await writeFile(path, text);
  let out = '';
  let err = '';
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    stdin: (async function* () {})(),
    env: {},
    isTerminal: false,
  };
  const argv = ['render', '--datastore', `folder:${path}`, '--node', 'n1', '-o', 'json', ...words];
  return { code: await runCommandLine(argv, io), out, err: err.replaceAll(folder, '') };
}

t.test('a node that can be configured is printed as JSON, exit code 0', async (t) => {
  const { code, out, err } = await render(t, `${NODE}spec: { bgp: { ipv4Address: 10.0.0.1/24 } }`);
  t.match(JSON.parse(out), { router: { routerId: '10.0.0.1' }, neighbors: [] });
  t.same([code, err], [0, '']);
});

t.test('a remark is told, but is nothing to mend: exit code 0 (AMB-4)', async (t) => {
  const { code, out, err } = await render(t, `${NODE}spec: { bgp: { ipv6Address: "fd00::1/64" } }`);
  t.match(JSON.parse(out), { router: { routerId: String } });
  t.match(err, /^catbird: \/all.yaml:1: Node\/n1: spec.bgp.ipv4Address: .* the hash of its name/);
  t.equal(code, 0);
});

t.test('what cannot be used is told with its file and line, the rest is printed', async (t) => {
  const peer = `kind: BGPPeer
apiVersion: projectcalico.org/v3
metadata: { name: tor }
spec: { peerIP: nonsense, asNumber: 1 }
`;
  const { code, out, err } = await render(
    t,
    `${peer}---\n${NODE}spec: { bgp: { ipv4Address: 10.0.0.1/24 } }`,
  );
  t.match(JSON.parse(out), { neighbors: [] });
  t.equal(
    err,
    'catbird: /all.yaml:1: BGPPeer/tor: spec.peerIP: "nonsense" is no address, nor one with a port\n',
  );
  t.equal(code, 1);
});

t.test('wrong words on the command line are one line, exit code 2', async (t) => {
  const { code, out, err } = await render(t, NODE, ['--datastore', '--node']);
  t.same([code, out], [2, '']);
  t.match(err, /^catbird: [^\n]+\n$/);
});
