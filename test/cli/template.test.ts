import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { runCommandLine } from '../../src/cli/main.ts';
import { makeFolder } from '../datastore/folder-fixture.ts';
import { ApiServer } from '../support/kubernetes/api-server.ts';

const EXAMPLES = new URL('../../docs/examples/templates/', import.meta.url).pathname;

async function template(...words: readonly string[]) {
  return await templateIn({}, ...words);
}

async function templateIn(env: Record<string, string>, ...words: readonly string[]) {
  let out = '';
  let err = '';
  const io = {
    stdout: { write: (text: string) => (out += text) },
    stderr: { write: (text: string) => (err += text) },
    stdin: (async function* () {})(),
    env,
    isTerminal: false,
  };
  return { code: await runCommandLine(['template', ...words], io), out, err };
}

const timers = (seconds: number) =>
  `{% layout 'neighbor' %}{% block timers %}\n    holdTime: ${seconds}{% endblock %}`;

t.test('every example of the documentation does what it says', async (t) => {
  const { code, out } = await template('test', EXAMPLES);
  const cases = readdirSync(EXAMPLES).sort();
  t.equal(out, cases.map((name) => `ok ${name}\n`).join(''));
  t.equal(code, 0);
  const docs = readFileSync(new URL('../../docs/templates.md', import.meta.url), 'utf8');
  for (const name of cases) {
    for (const file of readdirSync(join(EXAMPLES, name, 'templates'))) {
      const text = readFileSync(join(EXAMPLES, name, 'templates', file), 'utf8');
      t.ok(docs.includes(`\`${file}\`\n\n\`\`\`liquid\n${text}\`\`\`\n`), `${name}: ${file}`);
    }
  }
});

t.test(
  'list tells shipped templates with their blocks, and what is wrong with users',
  async (t) => {
    const folder = await makeFolder(t);
    await writeFile(join(folder, 'neighbor.yaml.liquid'), timers(9));
    await writeFile(join(folder, 'policies.mine.yaml.liquid'), '{% if %}');
    await writeFile(join(folder, 'nieghbor.yaml.liquid'), '');
    const { code, out, err } = await template('list', '--templates', folder);
    t.match(out, /^router +shipped +identity listen extra +router.yaml.liquid$/m);
    t.match(out, /^neighbor +override +transport timers .*neighbor.yaml.liquid$/m);
    t.match(out, /^policies.mine +addition/m);
    t.match(err, /policies.mine.yaml.liquid: line 1: .*it adds nothing/);
    t.match(err, /nieghbor.yaml.liquid: line 1: .*did you mean neighbor\?/);
    t.equal(code, 1);
    const json = JSON.parse((await template('list', '-o', 'json')).out);
    t.match(json, [{ name: String, kind: 'shipped', blocks: [] }]);
  },
);

t.test("show prints the user's template, or with --shipped the shipped one", async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'neighbor.yaml.liquid'), timers(9));
  t.equal((await template('show', 'neighbor', '--templates', folder)).out, timers(9));
  const shipped = await template('show', 'neighbor', '--shipped', '--templates', folder);
  t.match(shipped.out, /block transport/);
  t.match(await template('show', 'nothing'), { code: 2, err: /there is no template 'nothing'/ });
});

t.test('diff tells what changes, for one node and for all', async (t) => {
  const folder = await makeFolder(t);
  const nodes = ['a', 'b', 'c'].map(
    (name, i) =>
      `---\nkind: Node\napiVersion: projectcalico.org/v3\nmetadata: { name: ${name} }\nspec: { bgp: { ipv4Address: 10.0.0.${i + 1}/24 } }\n`,
  );
  await writeFile(join(folder, 'nodes.yaml'), nodes.join(''));
  await mkdir(join(folder, 'templates'));
  const put = (text: string) => writeFile(join(folder, 'templates/neighbor.yaml.liquid'), text);
  const datastore = ['--datastore', `folder:${folder}`, '--node', 'a'];
  t.same(await template('diff', ...datastore), { code: 0, out: 'a\n  nothing changes\n', err: '' });
  await put(timers(9));
  const { out } = await template('diff', ...datastore);
  t.equal(
    out,
    'a\n  neighbors Mesh_10_0_0_2\n    + holdTime: 9\n  neighbors Mesh_10_0_0_3\n    + holdTime: 9\n',
  );
  const { out: all } = await template('diff', ...datastore, '--all-nodes');
  t.match(all, /^a\n.*^b\n.*^c\n/ms);
  await put('{% if node.name != "a" %}  - {{ neighbor }}\n{% endif %}');
  t.match(await template('diff', ...datastore, '--all-nodes'), {
    code: 1,
    err: /drops every peer/,
  });
});

const NODE = {
  kind: 'Node',
  apiVersion: 'v1',
  metadata: { name: 'a', annotations: { 'projectcalico.org/IPv4Address': '10.0.0.1/24' } },
};
const PEER = {
  kind: 'BGPPeer',
  apiVersion: 'projectcalico.org/v3',
  metadata: { name: 'tor' },
  spec: { peerIP: '10.0.0.9', asNumber: 1 },
};
const configMap = (text: string) => ({
  kind: 'ConfigMap',
  apiVersion: 'v1',
  metadata: { name: 'mine', namespace: 'kube-system' },
  data: { 'neighbor.yaml.liquid': text, readme: 'no template' },
});

t.test('templates of a ConfigMap are looked at where they are', async (t) => {
  const server = await ApiServer.start();
  t.teardown(() => server.dispose());
  for (const object of [NODE, PEER]) server.put(object);
  const env = {
    NODENAME: 'a',
    K8S_API_ENDPOINT: server.url,
    K8S_API_TOKEN: 'good-token',
    K8S_CA_FILE: server.authority.caFile,
    CATBIRD_TEMPLATES_CONFIGMAP: 'mine',
  };
  const missing = await templateIn(env, 'list');
  t.match(missing, { code: 1, err: /ConfigMap\/kube-system\/mine: is not there/ });

  server.put(configMap(timers(9)));
  const place = 'ConfigMap/kube-system/mine: neighbor.yaml.liquid';
  t.match(await templateIn(env, 'list'), {
    code: 0,
    out: new RegExp(`^neighbor +override .*${place}`, 'm'),
  });
  t.equal((await templateIn(env, 'show', 'neighbor')).out, timers(9));
  const out = 'a\n  neighbors Global_10_0_0_9\n    + holdTime: 9\n';
  t.match(await templateIn(env, 'diff'), { code: 0, out });

  server.put(configMap('{% layout "neighbor" %}{% block timers %}\n    holdTime: 2{% endblock %}'));
  const faulty = await templateIn(env, 'diff');
  t.equal(faulty.code, 1);
  t.match(faulty.err, new RegExp(`${place}:2.*BGPPeer/tor.*holdTime`));
  t.match(faulty.out, /nothing changes/);
});

t.test('a directory comes before a ConfigMap of the folder', async (t) => {
  const folder = await makeFolder(t);
  const objects = { kind: 'List', apiVersion: 'v1', items: [NODE, PEER, configMap(timers(9))] };
  await writeFile(join(folder, 'all.json'), JSON.stringify(objects));
  const where = ['--datastore', `folder:${folder}`, '--node', 'a', '--templates-configmap', 'mine'];
  t.equal((await template('show', 'neighbor', ...where)).out, timers(9));
  const directory = await makeFolder(t);
  await writeFile(join(directory, 'neighbor.yaml.liquid'), timers(30));
  const both = [...where, '--templates', directory];
  t.equal((await template('show', 'neighbor', ...both)).out, timers(30));
  t.match((await template('diff', ...both)).out, /holdTime: 30/);
});

t.test('test tells what is not as expected', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(
    join(folder, 'datastore.yaml'),
    'kind: Node\napiVersion: projectcalico.org/v3\nmetadata: { name: a }\nspec: { bgp: { ipv4Address: 10.0.0.1/24 } }\n',
  );
  await writeFile(
    join(folder, 'expected.yaml'),
    'router: { asNumber: 64513, clusterId: null }\nblocks: [x]\nfaults: [nothing]\n',
  );
  const { code, out } = await template('test', folder);
  t.match(out, /^not ok /);
  t.match(out, /router asNumber: expected 64513, found 64512/);
  t.match(out, /blocks: expected \["x"\], found \[\]/);
  t.match(out, /no fault says: nothing/);
  t.equal(code, 1);
  t.match(await template('test', join(folder, 'nowhere')), { code: 2, err: /has no case/ });
});

t.test('wrong words are a usage fault', async (t) => {
  t.match(await template(), { code: 2, err: /list\|show\|test\|diff/ });
  t.match(await template('nonsense'), { code: 2 });
  t.match(await template('test'), { code: 2 });
});
