/**
 * `catbird run --datastore kubernetes` in a namespace beside BIRD: what objects say becomes sessions and
 * routes; an API server that wants another token, dies, and comes back with a compacted history costs
 * neither.
 *
 * The API server is in this process, on a unix socket; a relay makes it a port inside the namespace.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startBird } from '../../lab/support/bird.ts';
import { catbird, showNeighbors, startCatbird } from '../../lab/support/catbird.ts';
import { assertKernelRoutes } from '../../lab/support/cluster-start.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import type { ApiObject } from '../support/kubernetes/api-resources.ts';
import { ApiServer } from '../support/kubernetes/api-server.ts';

const NODE = 'kube-master';
const [OWN, TOR] = ['172.18.0.3', '172.18.0.1'];
const OUTSIDE = `10.99.0.0/24 via ${TOR} metric 2147483547`;

const object = (kind: string, name: string, spec: unknown, rest: object = {}): ApiObject => ({
  kind,
  apiVersion: 'projectcalico.org/v3',
  metadata: { name, ...rest },
  spec,
});

const affinity = (name: string, cidr: string) =>
  object('BlockAffinity', name, { node: NODE, cidr, state: 'confirmed', deleted: 'false' });

const CLUSTER: readonly ApiObject[] = [
  object('BGPConfiguration', 'default', { asNumber: 64512, nodeToNodeMeshEnabled: false }),
  object('IPPool', 'pods', { cidr: '10.244.0.0/16' }),
  affinity('a', '10.244.1.0/26'),
  {
    ...object('Node', NODE, {}, { annotations: { 'projectcalico.org/IPv4Address': `${OWN}/16` } }),
    apiVersion: 'v1',
  },
];

/** From a port of the namespace's loopback to the socket; nothing kept when that does not answer. */
function relay(socketPath: string): string[] {
  const script = `
    const { connect, createServer } = require('node:net');
    createServer((from) => {
      const to = connect(${JSON.stringify(socketPath)});
      for (const [a, b] of [[from, to], [to, from]]) {
        a.on('error', () => b.destroy());
        a.on('close', () => b.destroy());
        a.pipe(b);
      }
    }).listen(6443, '127.0.0.1');`;
  return [process.execPath, '-e', script];
}

function kubeconfig(caFile: string, tokenFile: string): string {
  return `
current-context: lab
clusters: [{ name: c, cluster: { server: "https://127.0.0.1:6443", certificate-authority: ${caFile} } }]
users: [{ name: u, user: { tokenFile: ${tokenFile} } }]
contexts: [{ name: lab, context: { cluster: c, user: u } }]
`;
}

const obstacle = obstacleTo(['bird', 'birdc', 'openssl'], catbird) ?? false;

t.test(
  'objects of an API server are in force, its troubles are not',
  { skip: obstacle },
  async (t) => {
    const lab = new Laboratory({ ...SILENT, holds: (claim) => void t.pass(claim) });
    t.teardown(() => lab.dispose());
    const server = await ApiServer.start({ socketPath: lab.path('api.sock'), chunkBytes: 1000 });
    t.teardown(() => server.dispose());
    for (const each of CLUSTER) server.put(each);

    const tor = lab.network.addHost('tor', `${TOR}/16`);
    const node = lab.network.addHost('node', `${OWN}/16`);
    const bird = startBird(lab, 'bird', tor, {
      asNumber: 64600,
      address: TOR,
      routes: ['10.99.0.0/24 blackhole'],
      sessions: [{ name: 'node', address: OWN, asNumber: 64512 }],
    });
    lab.start('relay', node, relay(lab.path('api.sock')));
    const [config, token] = [lab.path('kubeconfig'), lab.path('token')];
    writeFileSync(token, 'good-token');
    writeFileSync(config, kubeconfig(server.authority.caFile, token));
    const source = ['--datastore', 'kubernetes', '--node', NODE, '--kubeconfig', config];
    const { socket } = startCatbird(lab, 'catbird', node, source);

    const torHas = (count: number) => () => {
      const imported = bird.imported('node');
      if (imported !== count) throw new Error(`the ToR has ${imported} routes of the node`);
    };
    const kernelHas =
      (...routes: string[]) =>
      () =>
        assertKernelRoutes(node, routes);
    const session = () => showNeighbors(socket).map(({ state, since }) => `${state} ${since}`);

    try {
      await lab.expect('without a BGPPeer: the own block, no session', 20, () => {
        kernelHas('10.244.1.0/26 blackhole')();
        if (session().length > 0) throw new Error('there is a session');
      });

      server.put(object('BGPPeer', 'tor', { peerIP: TOR, asNumber: 64600 }));
      await lab.expect('a new BGPPeer is a session', 20, torHas(1));
      const both = ['10.244.1.0/26 blackhole', OUTSIDE];
      await lab.expect('whose routes are in the kernel', 10, kernelHas(...both));
      const [before] = session();
      t.match(before, /^Established/);

      server.put(affinity('b', '10.244.2.0/26'));
      await lab.expect('a new block is announced', 10, torHas(2));

      server.tokens.set('new-token', 'rotated');
      writeFileSync(token, 'new-token');
      server.tokens.delete('good-token');
      server.closeWatches();
      await lab.expect('after a change of tokens it is another user', 10, () => {
        if (server.requests.at(-1)?.user !== 'rotated') throw new Error('not asked as such');
      });
      server.delete(affinity('b', '10.244.2.0/26'));
      await lab.expect('who sees a block go', 10, torHas(1));

      await server.kill();
      server.put(affinity('c', '10.244.3.0/26'));
      server.store.compact();
      await delay(1500);
      kernelHas(...both)();
      torHas(1)();
      t.strictSame(session(), [before], 'while the server is away nothing happens');
      await server.listen();
      await lab.expect('what changed meanwhile is in force when it is back', 20, torHas(2));
      await lab.expect('in the kernel, too', 10, kernelHas('10.244.3.0/26 blackhole', ...both));
      t.strictSame(session(), [before], 'and the session was never touched');
    } catch (error) {
      t.fail((error as Error).message, { logs: lab.logs() });
    }
  },
);
