import t from 'tap';
import { labels, NODES, sessions, view } from './support.ts';

t.test(
  'exactly one end dials: the one whose address text sorts higher (MESH-10, §23.1)',
  async (t) => {
    const passive = (node: string) =>
      Object.fromEntries(view({}, { node }).neighbors.map((one) => [one.address, one.passive]));
    t.same(passive('node-a'), { '10.0.0.2': true, '10.0.0.10': true });
    t.same(passive('node-b'), { '10.0.0.1': false, '10.0.0.10': false });
    t.same(passive('node-c'), { '10.0.0.1': false, '10.0.0.2': true });
  },
);

t.test('one session per family and node, named by address (FAM-1, MESH-3, MESH-13)', async (t) => {
  const nodes = NODES.map((node, i) => ({ ...node, ipv6Address: `2001:db8::${i + 1}/64` }));
  const found = view({ nodes }).neighbors;
  t.match(found, [
    { name: 'Mesh_10_0_0_2', families: ['ipv4-unicast'], sourceAddress: '10.0.0.1' },
    { name: 'Mesh_10_0_0_10', families: ['ipv4-unicast'] },
    { name: 'Mesh_2001_db8__2', families: ['ipv6-unicast'], sourceAddress: '2001:db8::1' },
    { name: 'Mesh_2001_db8__3', families: ['ipv6-unicast'] },
  ]);
});

t.test('the mesh is on unless switched off (MESH-1)', async (t) => {
  const off = [{ name: 'default', nodeToNodeMeshEnabled: false }];
  t.same(labels({ configurations: off }), []);
  t.equal(labels({ configurations: [{ name: 'default' }] }).length, 2);
});

t.test(
  'reflectors and ordinary nodes are outside each other’s mesh (MESH-2, MESH-3)',
  async (t) => {
    const nodes = NODES.map((node) =>
      node.name === 'node-b' ? { ...node, routeReflectorClusterID: '1.0.0.1' } : node,
    );
    t.same(labels({ nodes }), ['Mesh_10_0_0_10']);
    t.same(labels({ nodes }, { node: 'node-b' }), []);
  },
);

t.test('a node with our address, or none of the family, is no mesh peer (MESH-3)', async (t) => {
  const nodes = [...NODES, { name: 'node-d', ipv4Address: '10.0.0.1/16' }, { name: 'node-e' }];
  t.same(labels({ nodes }), ['Mesh_10_0_0_2', 'Mesh_10_0_0_10']);
});

t.test('the remote AS is the node’s own, else the cluster’s (MESH-4, MESH-5, AMB-1)', async (t) => {
  const nodes = NODES.map((node) => (node.name === 'node-a' ? { ...node, asNumber: 65001 } : node));
  const { Mesh_10_0_0_2: session } = sessions({ nodes });
  t.match(session, { asNumber: 64512, localAsNumber: 65001 });
  t.match(sessions({ nodes }, { node: 'node-b' })['Mesh_10_0_0_1'], { asNumber: 65001 });
});

t.test('the remote port follows the remote’s configuration (MESH-6)', async (t) => {
  const configurations = [
    { name: 'default', listenPort: 1790 },
    { name: 'node.node-b', listenPort: 1791 },
  ];
  t.match(sessions({ configurations }), {
    Mesh_10_0_0_2: { port: 1791 },
    Mesh_10_0_0_10: { port: 1790 },
  });
});

t.test(
  'mesh password and restart time come from the default object (MESH-8, MESH-9)',
  async (t) => {
    const configurations = [
      {
        name: 'default',
        nodeMeshPassword: { name: 'mesh', key: 'password' },
        nodeMeshMaxRestartTimeSec: 90,
      },
    ];
    const data = new Map([['password', new TextEncoder().encode('s3cret')]]);
    const secrets = [{ namespace: 'kube-system', name: 'mesh', data }];
    t.match(sessions({ configurations, secrets })['Mesh_10_0_0_2'], {
      password: 's3cret',
      waitingFor: null,
      restartTime: 90,
    });
    t.match(sessions({})['Mesh_10_0_0_2'], { password: null, restartTime: 120 });
  },
);

t.test('a session whose secret is missing waits for it (SESS-9, AMB-13)', async (t) => {
  const nodeMeshPassword = { name: 'mesh', key: 'password' };
  const configurations = [{ name: 'default', nodeMeshPassword }];
  const waiting = { password: null, waitingFor: 'key password of Secret kube-system/mesh' };
  t.match(sessions({ configurations })['Mesh_10_0_0_2'], waiting);
  const secrets = [{ namespace: 'kube-system', name: 'mesh', data: new Map() }];
  t.match(sessions({ configurations, secrets })['Mesh_10_0_0_2'], waiting);
  t.match(sessions({ configurations }, { secretsNamespace: 'calico-system' })['Mesh_10_0_0_2'], {
    waitingFor: 'key password of Secret calico-system/mesh',
  });
});

t.test('a node that goes takes only its own session along (MESH-12)', async (t) => {
  const before = sessions({});
  const after = sessions({ nodes: NODES.filter(({ name }) => name !== 'node-b') });
  t.same(Object.keys(after), ['Mesh_10_0_0_10']);
  t.same(after['Mesh_10_0_0_10'], before['Mesh_10_0_0_10']);
});

t.test('filters never apply to the mesh (MESH-11, FILT-13)', async (t) => {
  const filters = [{ name: 'f', exportV4: [{ action: 'Reject' }] }];
  t.same(sessions({ filters })['Mesh_10_0_0_2']?.export, [
    'calico-priority-ipv4',
    'calico-export-ipv4',
  ]);
});
