/** Scene 3: a Catbird node reflects between Catbird and BIRD clients and peers with a BIRD ToR. */
import { type Bird, startBird } from '../support/bird.ts';
import type { Cluster } from '../support/cluster.ts';
import { assertKernelRoutes, startNodes } from '../support/cluster-start.ts';
import type { Laboratory } from '../support/laboratory.ts';
import { assertEstablished } from '../support/node-program.ts';
import type { Scene } from './scene.ts';

const REFLECTOR = '172.18.0.10';
const BIRD_CLIENT = '172.18.0.20';
const TOR = '172.18.0.1';
const TOR_AS = 65001;
/** What BIRD_CLIENT announces. */
const BIRD_BLOCK = '10.244.77.0/26';

const CLUSTER: Cluster = {
  asNumber: 64512,
  segmentLength: 16,
  poolCidr: '10.244.0.0/16',
  isMesh: false,
  nodes: [
    {
      name: 'reflector',
      address: REFLECTOR,
      blocks: ['10.244.10.0/26'],
      labels: { 'route-reflector': 'true' },
      clusterId: REFLECTOR,
    },
    { name: 'client1', address: '172.18.0.11', blocks: ['10.244.11.0/26'] },
    { name: 'client2', address: '172.18.0.12', blocks: ['10.244.12.0/26'] },
  ],
  peers: {
    'reflector-to-nodes': {
      nodeSelector: 'has(route-reflector)',
      peerSelector: '!has(route-reflector)',
      filters: ['announce-default'],
    },
    'reflector-to-bird': {
      node: 'reflector',
      peerIP: BIRD_CLIENT,
      asNumber: 64512,
      filters: ['announce-default'],
    },
    'reflector-to-tor': { node: 'reflector', peerIP: TOR, asNumber: TOR_AS },
  },
  filters: {
    'announce-default': {
      exportV4: [{ action: 'Accept', matchOperator: 'Equal', cidr: '0.0.0.0/0' }],
    },
  },
};

export const catbirdReflector: Scene = {
  title: 'Catbird as the route reflector, with a ToR',
  needs: ['bird', 'birdc'],
  async play({ lab, program }) {
    lab.say(
      'One node reflects to two nodes of the cluster and to a plain BIRD, and has an eBGP session to\n' +
        'a top-of-rack router (BIRD, AS 65001) that announces a default route.',
    );
    const outside = `metric ${program.outsideMetric}`;
    const tor = startTor(lab);
    const client = startClient(lab);
    const clients = ['172.18.0.11', '172.18.0.12', BIRD_CLIENT];
    const nodes = startNodes(lab, program, CLUSTER, ({ name }) =>
      name === 'reflector'
        ? [
            ...clients.map((address) => ({ address, asNumber: 64512, isClient: true })),
            { address: TOR, asNumber: TOR_AS },
          ]
        : [{ address: REFLECTOR, asNumber: 64512 }],
    );
    const reflector = nodes.get('reflector')!;

    await lab.expect('the reflector has all four sessions', 30, () =>
      assertEstablished(reflector, [...clients, TOR]),
    );
    reflector.showNeighbors();

    const blocks = [...CLUSTER.nodes.flatMap((node) => node.blocks), BIRD_BLOCK];
    await lab.expect('the ToR learns every block through the reflector', 30, () => {
      for (const block of blocks) tor.assertRoute(block, REFLECTOR);
    });
    tor.show();

    await lab.expect('client1 routes blocks to their nodes, the rest to the ToR', 30, () =>
      assertKernelRoutes(nodes.get('client1')!.namespace, [
        `default via ${TOR} ${outside}`,
        `10.244.10.0/26 via ${REFLECTOR} metric 1024`,
        '10.244.11.0/26 blackhole',
        '10.244.12.0/26 via 172.18.0.12 metric 1024',
        `${BIRD_BLOCK} via ${BIRD_CLIENT} ${outside}`,
      ]),
    );
    lab.show('client1', nodes.get('client1')!.namespace, ['ip', 'route']);

    await lab.expect('the BIRD client knows the same', 30, () => {
      client.assertRoute('10.244.11.0/26', '172.18.0.11');
      client.assertRoute('0.0.0.0/0', TOR);
    });
    client.show();
  },
};

interface OutsideRouter {
  /** @throws Error unless the best route to `prefix` goes through `nextHop` */
  assertRoute(prefix: string, nextHop: string): void;
  show(): void;
}

function startTor(lab: Laboratory): OutsideRouter {
  const namespace = lab.network.addHost('tor', `${TOR}/16`);
  const bird = startBird(lab, 'tor', namespace, {
    asNumber: TOR_AS,
    address: TOR,
    routes: ['0.0.0.0/0 blackhole'],
    sessions: [
      { name: 'rack', address: REFLECTOR, asNumber: 64512, export: 'where source = RTS_STATIC' },
    ],
  });
  return outsideRouter(lab, 'tor', namespace, bird);
}

function startClient(lab: Laboratory): OutsideRouter {
  const namespace = lab.network.addHost('bird-client', `${BIRD_CLIENT}/16`);
  const bird = startBird(lab, 'bird-client', namespace, {
    asNumber: 64512,
    address: BIRD_CLIENT,
    routes: [`${BIRD_BLOCK} blackhole`],
    sessions: [
      {
        name: 'reflector',
        address: REFLECTOR,
        asNumber: 64512,
        export: 'where source = RTS_STATIC',
      },
    ],
  });
  return outsideRouter(lab, 'bird-client', namespace, bird);
}

function outsideRouter(
  lab: Laboratory,
  name: string,
  namespace: string,
  bird: Bird,
): OutsideRouter {
  return {
    assertRoute(prefix, nextHop) {
      const text = lab.run(namespace, bird.client('show', 'route', 'for', prefix, 'primary'));
      const isThere = text.includes(`${prefix} `) && text.includes(`via ${nextHop} `);
      if (!isThere) throw new Error(`${name} has for ${prefix}: ${text}`);
    },
    show: () => lab.show(name, namespace, bird.client('show', 'route', 'primary')),
  };
}
