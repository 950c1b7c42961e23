/** Scene 2: five nodes in a full mesh; one leaves, a block is added. */
import { type Cluster, meshSessions, nodeOf } from '../support/cluster.ts';
import {
  assertKernelRoutes,
  expectedRoutes,
  type LiveNode,
  startNodes,
} from '../support/cluster-start.ts';
import { assertEstablished } from '../support/node-program.ts';
import type { Scene } from './scene.ts';

const LEAVER = 'node5';
const NEW_BLOCK = '10.245.9.64/26';

const CLUSTER: Cluster = {
  asNumber: 64512,
  segmentLength: 24,
  poolCidr: '10.245.0.0/16',
  isMesh: true,
  nodes: [1, 2, 3, 4, 5].map((i) => ({
    name: `node${i}`,
    address: `192.0.2.${i + 8}`, // .9 sorts behind .10 as text: both ends must agree on who dials
    blocks: [`10.245.${i}.0/26`],
  })),
  peers: {},
  filters: {},
};

const WITHOUT_LEAVER: Cluster = {
  ...CLUSTER,
  nodes: CLUSTER.nodes.filter(({ name }) => name !== LEAVER),
};

const WITH_NEW_BLOCK: Cluster = {
  ...WITHOUT_LEAVER,
  nodes: WITHOUT_LEAVER.nodes.map((node) =>
    node.name === 'node2' ? { ...node, blocks: [...node.blocks, NEW_BLOCK] } : node,
  ),
};

export const fullMesh: Scene = {
  title: 'a full mesh of five nodes',
  needs: [],
  async play({ lab, program }) {
    lab.say('Five nodes with a /26 block each in the node-to-node mesh: ten sessions.');
    const nodes = startNodes(lab, program, CLUSTER, ({ name }) => meshSessions(CLUSTER, name));
    const follow = (cluster: Cluster) => {
      for (const { name } of cluster.nodes) {
        nodes.get(name)!.follow(cluster, meshSessions(cluster, name));
      }
    };
    const node1 = nodes.get('node1')!;
    await lab.expect('every node has a session to every other', 30, () =>
      assertMesh(nodes.values(), CLUSTER),
    );
    node1.showNeighbors();
    await lab.expect('every kernel has all blocks', 30, () => assertRoutes(nodes, CLUSTER));
    lab.show('node1', node1.namespace, ['ip', 'route', 'show', 'proto', 'bird']);

    lab.say(`${LEAVER} leaves: its Node is removed from the datastore and its daemon stopped.`);
    follow(WITHOUT_LEAVER);
    await nodes.get(LEAVER)!.daemon.stop();
    await lab.expect('its routes go everywhere, the others stay', 30, () =>
      assertRoutes(nodes, WITHOUT_LEAVER),
    );
    lab.show('node1', node1.namespace, ['ip', 'route', 'show', 'proto', 'bird']);

    lab.say(`node2 gets one more block, ${NEW_BLOCK}.`);
    follow(WITH_NEW_BLOCK);
    await lab.expect('it appears on every node', 30, () => assertRoutes(nodes, WITH_NEW_BLOCK));
    lab.show('node1', node1.namespace, ['ip', 'route', 'show', 'proto', 'bird']);
  },
};

function assertMesh(nodes: Iterable<LiveNode>, cluster: Cluster): void {
  for (const node of nodes) {
    const addresses = meshSessions(cluster, node.name).map(({ address }) => address);
    assertEstablished(node, addresses);
  }
}

function assertRoutes(nodes: ReadonlyMap<string, LiveNode>, cluster: Cluster): void {
  for (const { name } of cluster.nodes) {
    const wanted = expectedRoutes(cluster, nodeOf(cluster, name));
    assertKernelRoutes(nodes.get(name)!.namespace, wanted);
  }
}
