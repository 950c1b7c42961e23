/** Scene 1: three nodes, no mesh, one GoBGP route reflector that is no node of the cluster. */
import { type Cluster, nodeOf } from '../support/cluster.ts';
import { assertKernelRoutes, expectedRoutes, startNodes } from '../support/cluster-start.ts';
import { startGobgp } from '../support/gobgp.ts';
import { assertEstablished } from '../support/node-program.ts';
import type { Scene } from './scene.ts';

const REFLECTOR = '172.18.0.100';

const CLUSTER: Cluster = {
  asNumber: 64512,
  segmentLength: 16,
  poolCidr: '10.244.0.0/16',
  isMesh: false,
  nodes: [
    { name: 'control-plane', address: '172.18.0.2', blocks: ['10.244.175.0/24'] },
    { name: 'worker', address: '172.18.0.3', blocks: ['10.244.190.0/24'] },
    { name: 'worker2', address: '172.18.0.4', blocks: ['10.244.236.0/24'] },
  ],
  peers: { reflector: { peerIP: REFLECTOR, asNumber: 64512 } },
  filters: {},
};

export const reflectorOffCluster: Scene = {
  title: 'a route reflector outside the cluster',
  needs: ['gobgpd', 'gobgp', 'ping'],
  async play({ lab, program }) {
    lab.say(
      `Three nodes, a /24 block each, mesh disabled; one BGPPeer names GoBGP at ${REFLECTOR},\n` +
        'which takes them as dynamic neighbours and reflects.',
    );
    const outside = lab.network.addHost('reflector', `${REFLECTOR}/16`);
    const reflector = { asNumber: 64512, address: REFLECTOR, clients: '172.18.0.0/16' };
    const gobgp = startGobgp(lab, 'gobgp', outside, reflector);
    const session = { address: REFLECTOR, asNumber: 64512 };
    const nodes = startNodes(lab, program, CLUSTER, () => [session]);

    await lab.expect('every node has its one session to the reflector', 30, () => {
      for (const node of nodes.values()) assertEstablished(node, [REFLECTOR]);
    });
    const worker = nodes.get('worker')!;
    worker.showNeighbors();

    await lab.expect('GoBGP holds each block with its node as next hop', 30, () => {
      const rib = gobgp.rib();
      for (const { address, blocks } of CLUSTER.nodes) {
        const nextHops = rib.get(blocks[0]!)?.join();
        if (nextHops !== address) throw new Error(`${blocks[0]} has next hop ${nextHops}`);
      }
      if (rib.size !== CLUSTER.nodes.length) throw new Error(`it holds ${rib.size} prefixes`);
    });
    lab.show('reflector', outside, ['gobgp', 'global', 'rib']);

    await lab.expect("every kernel routes others' blocks and blackholes its own", 30, () => {
      for (const node of nodes.values()) {
        assertKernelRoutes(node.namespace, expectedRoutes(CLUSTER, nodeOf(CLUSTER, node.name)));
      }
    });
    lab.show('worker', worker.namespace, ['ip', 'route']);

    const pod = lab.network.addPod(worker.namespace, 'pod-a', '10.244.190.7');
    const far = nodes.get('worker2')!;
    lab.network.addPod(far.namespace, 'pod-b', '10.244.236.9');
    await lab.expect('a pod on worker reaches a pod on worker2', 10, () => {
      lab.run(pod, ['ping', '-n', '-c', '1', '-W', '1', '10.244.236.9']);
    });
    lab.show('pod-a', pod, ['ping', '-n', '-c', '2', '-i', '0.2', '-W', '1', '10.244.236.9']);
  },
};
