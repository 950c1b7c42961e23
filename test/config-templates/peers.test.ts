import t from 'tap';
import { parsePeerAddress } from '../../src/config-templates/peer-address.ts';
import { faultTexts, labels, NODES, sessions, view, viewAndFaults } from './support.ts';

const MESH_OFF = { name: 'default', nodeToNodeMeshEnabled: false };
const OFF = { configurations: [MESH_OFF] };
const TOR = { name: 'tor', peerIP: '192.0.2.1', asNumber: 65001 };

t.test('peerIP has three forms (calico-datastore §6.2)', async (t) => {
  t.same(parsePeerAddress('192.0.2.1'), { address: '192.0.2.1', port: undefined });
  t.same(parsePeerAddress('192.0.2.1:1179'), { address: '192.0.2.1', port: 1179 });
  t.same(parsePeerAddress('2001:DB8::1'), { address: '2001:db8::1', port: undefined });
  t.same(parsePeerAddress('[2001:db8::1]:1179'), { address: '2001:db8::1', port: 1179 });
  for (const text of ['', 'tor', '192.0.2.1:0', '192.0.2.1:65536', '[192.0.2.1]:1', '[::1]']) {
    t.equal(parsePeerAddress(text), undefined, text);
  }
});

t.test('a peer without node and nodeSelector is global (EXP-1, EXP-9)', async (t) => {
  t.match(sessions({ ...OFF, peers: [TOR] }), {
    Global_192_0_2_1: { kind: 'global', resource: 'BGPPeer/tor', asNumber: 65001, passive: false },
  });
});

t.test('node and nodeSelector choose the local side; the selector wins (EXP-1)', async (t) => {
  const nodes = [{ ...NODES[0]!, labels: { rack: '1' } }, NODES[1]!];
  const of = (more: object) => labels({ ...OFF, nodes, peers: [{ ...TOR, ...more }] });
  t.same(of({ node: 'node-a' }), ['Node_192_0_2_1']);
  t.same(of({ node: 'node-b' }), []);
  t.same(of({ nodeSelector: "rack == '1'" }), ['Node_192_0_2_1']);
  t.same(of({ nodeSelector: "rack == '2'", node: 'node-a' }), []);
  t.same(of({ nodeSelector: 'all()' }), ['Node_192_0_2_1']);
});

t.test('peerSelector names nodes, each with every family it has (EXP-3, EXP-6)', async (t) => {
  const nodes = [
    { ...NODES[0]!, ipv6Address: 'fd00::1/64' },
    { ...NODES[1]!, ipv6Address: 'fd00::2/64', asNumber: 65002 },
    NODES[2]!,
  ];
  t.match(sessions({ ...OFF, nodes, peers: [{ name: 'all', peerSelector: 'all()' }] }), {
    Global_10_0_0_2: { asNumber: 65002 },
    Global_fd00__2: { asNumber: 65002, families: ['ipv6-unicast'], sourceAddress: 'fd00::1' },
    Global_10_0_0_10: { asNumber: 64512 },
  });
});

t.test('only some fields count for peers that are nodes (EXP-5)', async (t) => {
  const fields = { localASNumber: 65009, numAllowedLocalASNumbers: 2, ttlSecurity: 1 };
  const peers = [{ name: 'all', peerSelector: 'all()', asNumber: 1, ...fields }];
  t.match(sessions({ ...OFF, peers })['Global_10_0_0_2'], {
    asNumber: 64512,
    localAsNumber: 64512,
    allowLocalAs: 0,
    ttlSecurity: 1,
  });
  t.match(sessions({ ...OFF, peers: [{ ...TOR, ...fields }] })['Global_192_0_2_1'], {
    localAsNumber: 65009,
    allowLocalAs: 2,
    ttlSecurity: 1,
  });
});

t.test(
  'peers that cannot be read are left out and reported, others go on (EXP-7, AMB-3)',
  async (t) => {
    const peers = [
      { name: 'bad-ip', peerIP: 'tor', asNumber: 1 },
      { name: 'bad-gateway', peerIP: '192.0.2.2', asNumber: 1, reachableBy: 'fd00::9' },
      { name: 'no-as', peerIP: '192.0.2.3' },
      TOR,
    ];
    const { view, faults } = viewAndFaults({ ...OFF, peers });
    t.match(view?.neighbors, [{ name: 'Global_192_0_2_1' }]);
    t.equal(view?.neighbors.length, 1);
    t.match(faultTexts(faults), [
      /^BGPPeer\/bad-gateway spec.reachableBy: /,
      /^BGPPeer\/bad-ip spec.peerIP: /,
      /^BGPPeer\/no-as spec.asNumber: /,
    ]);
  },
);

t.test('a given port is used, and shown in the label (PORT-2, EXP-9)', async (t) => {
  const peers = [{ ...TOR, peerIP: '192.0.2.1:1179' }];
  t.match(sessions({ ...OFF, peers }), { Global_192_0_2_1_port_1179: { port: 1179 } });
});

t.test('only peers that are nodes follow listenPort (PORT-1, PORT-3)', async (t) => {
  const configurations = [{ ...MESH_OFF, listenPort: 1790 }];
  const own = { name: 'b', peerIP: '10.0.0.2', asNumber: 64512 };
  t.same(labels({ configurations, peers: [TOR, own] }), [
    'Global_10_0_0_2_port_1790',
    'Global_192_0_2_1',
  ]);
  const foreign = { ...own, asNumber: 65001 };
  t.same(labels({ configurations, peers: [foreign] }), ['Global_10_0_0_2']);
});

t.test('a peer that names a node makes that node peer back (REV-1, REV-2, REV-3)', async (t) => {
  const nodes = [NODES[0]!, { ...NODES[1]!, labels: { rr: 'yes' } }, NODES[2]!];
  const peers = [{ name: 'rr', nodeSelector: '!has(rr)', peerSelector: 'has(rr)' }];
  t.same(labels({ ...OFF, nodes, peers }), ['Node_10_0_0_2']);
  t.same(labels({ ...OFF, nodes, peers }, { node: 'node-b' }), ['Node_10_0_0_1', 'Node_10_0_0_10']);
  const manual = [{ ...peers[0]!, reversePeering: 'Manual' as const }];
  t.same(labels({ ...OFF, nodes, peers: manual }, { node: 'node-b' }), []);
});

t.test('a plain address designates a node with that AS and port (REV-2, AMB-14)', async (t) => {
  const back = (more: object, configurations = [{ ...MESH_OFF, listenPort: 1790 }]) =>
    labels({
      configurations,
      peers: [{ name: 'b', node: 'node-b', peerIP: '10.0.0.1', asNumber: 64512, ...more }],
    });
  t.same(back({}), ['Node_10_0_0_2_port_1790']);
  t.same(back({ peerIP: '10.0.0.1:1790' }), ['Node_10_0_0_2_port_1790']);
  t.same(back({ peerIP: '10.0.0.1:1791' }), []);
  t.same(back({ asNumber: 65001 }), []);
});

t.test(
  'a global peer comes before a node’s own, and that before a reverse one (DEDUP-2)',
  async (t) => {
    const peers = [
      { ...TOR, name: 'a-node', node: 'node-a', ttlSecurity: 1 },
      { ...TOR, name: 'z-global' },
    ];
    t.match(sessions({ ...OFF, peers }), { Global_192_0_2_1: { resource: 'BGPPeer/z-global' } });
    const both = [
      { name: 'a-reverse', node: 'node-b', peerIP: '10.0.0.1', asNumber: 64512 },
      { name: 'b-forward', node: 'node-a', peerIP: '10.0.0.2', asNumber: 64512 },
    ];
    t.match(sessions({ ...OFF, peers: both }), {
      Node_10_0_0_2: { resource: 'BGPPeer/b-forward' },
    });
  },
);

t.test(
  'within a class the lowest name wins, and the conflict is told (DEDUP-4, AMB-2)',
  async (t) => {
    const peers = [
      { ...TOR, name: 'b' },
      { ...TOR, name: 'a', asNumber: 65002 },
    ];
    const { view, faults } = viewAndFaults({ ...OFF, peers });
    t.match(view?.neighbors, [{ resource: 'BGPPeer/a', asNumber: 65002 }]);
    t.match(faultTexts(faults), [/^BGPPeer\/b : has sessions that BGPPeer\/a has too/]);
  },
);

t.test(
  'one address on two ports is two sessions, 0 and 179 are one (DEDUP-1, PORT-4)',
  async (t) => {
    const peers = [
      { ...TOR, name: 'a' },
      { ...TOR, name: 'b', peerIP: '192.0.2.1:1179' },
      { ...TOR, name: 'c', peerIP: '192.0.2.1:179' },
    ];
    t.same(labels({ ...OFF, peers }), ['Global_192_0_2_1', 'Global_192_0_2_1_port_1179']);
  },
);

t.test('for one end, global comes before mesh and mesh before other peers (DEDUP-5)', async (t) => {
  const peer = { name: 'b', peerIP: '10.0.0.2', asNumber: 64512 };
  t.same(labels({ peers: [peer] }), ['Global_10_0_0_2', 'Mesh_10_0_0_10']);
  t.same(labels({ peers: [{ ...peer, node: 'node-a' }] }), ['Mesh_10_0_0_2', 'Mesh_10_0_0_10']);
});

t.test(
  'of explicit peers only a global one at a node’s address may be passive (PASS-2, PASS-3)',
  async (t) => {
    const passive = (peer: object) =>
      view({ ...OFF, peers: [{ name: 'p', asNumber: 64512, ...peer }] }).neighbors[0]?.passive;
    t.equal(passive({ peerIP: '10.0.0.2' }), true);
    t.equal(passive({ peerIP: '192.0.2.1' }), false);
    t.equal(passive({ peerIP: '10.0.0.2', node: 'node-a' }), false);
    t.equal(passive({ peerSelector: 'all()' }), false);
  },
);

t.test(
  'a reflector’s internal peers are clients unless they share its cluster (RR-2, RR-3, RR-4)',
  async (t) => {
    const reflector = (id: string) => ({ routeReflectorClusterID: id });
    const nodes = [
      { ...NODES[0]!, ...reflector('1.0.0.1') },
      { ...NODES[1]!, ...reflector('1.0.0.1') },
      { ...NODES[2]!, ...reflector('1.0.0.2') },
      { name: 'node-d', ipv4Address: '10.0.0.4/24' },
    ];
    const clients = (peer: object) =>
      Object.fromEntries(
        view({ nodes, peers: [{ name: 'p', ...peer }] }).neighbors.map((one) => [
          one.address,
          one.routeReflectorClient,
        ]),
      );
    t.same(clients({ peerSelector: 'all()' }), {
      '10.0.0.2': false,
      '10.0.0.10': true,
      '10.0.0.4': true,
    });
    t.same(clients({ peerIP: '10.0.0.2', asNumber: 64512 }), { '10.0.0.2': true });
    t.same(clients({ peerIP: '192.0.2.1', asNumber: 65001 }), { '192.0.2.1': false });
  },
);

t.test('clustered reflectors and their workers (§23.5)', async (t) => {
  const rr = { labels: { rr: '' }, routeReflectorClusterID: '1.0.0.1' };
  const nodes = [
    { name: 'r1', ipv4Address: '10.0.1.1/16', ...rr },
    { name: 'r2', ipv4Address: '10.0.1.2/16', ...rr },
    ...NODES,
  ];
  const peers = [{ name: 'rr', nodeSelector: 'all()', peerSelector: 'has(rr)' }];
  t.match(sessions({ nodes, peers }, { node: 'r1' }), {
    Node_10_0_1_2: { routeReflectorClient: false, passive: false },
    Node_10_0_0_1: { routeReflectorClient: true, passive: false },
    Node_10_0_0_2: { routeReflectorClient: true },
    Node_10_0_0_10: { routeReflectorClient: true },
  });
  t.same(labels({ nodes, peers }), [
    'Mesh_10_0_0_2',
    'Mesh_10_0_0_10',
    'Node_10_0_1_1',
    'Node_10_0_1_2',
  ]);
});

t.test(
  'next hop: nextHopMode, else keepOriginalNextHop on external sessions (NH-3 to NH-5)',
  async (t) => {
    const nextHop = (peer: object) =>
      view({ ...OFF, peers: [{ ...TOR, ...peer }] }).neighbors[0]?.nextHop;
    t.equal(nextHop({}), 'auto');
    t.equal(nextHop({ nextHopMode: 'Self' }), 'self');
    t.equal(nextHop({ nextHopMode: 'Keep' }), 'keep');
    t.equal(nextHop({ keepOriginalNextHop: true }), 'keep');
    t.equal(nextHop({ keepOriginalNextHop: true, asNumber: 64512 }), 'auto');
    t.equal(nextHop({ keepOriginalNextHop: true, nextHopMode: 'Auto' }), 'auto');
  },
);

t.test('localASNumber decides internal or external (ID-5)', async (t) => {
  const peers = [{ ...TOR, localASNumber: 65001, keepOriginalNextHop: true }];
  t.match(sessions({ ...OFF, peers }), {
    Global_192_0_2_1: { localAsNumber: 65001, nextHop: 'auto' },
  });
});

t.test('session parameters of a peer (SESS-1, SESS-3, SESS-7, SESS-8)', async (t) => {
  const fields = { maxRestartTimeSec: 60, keepaliveTimeSec: 20, ttlSecurity: 2, usesNodeIp: false };
  t.match(sessions({ ...OFF, peers: [{ ...TOR, ...fields }] })['Global_192_0_2_1'], {
    restartTime: 60,
    keepaliveTime: 20,
    ttlSecurity: 2,
    sourceAddress: null,
  });
  t.match(sessions({ ...OFF, peers: [{ ...TOR, ttlSecurity: 0 }] })['Global_192_0_2_1'], {
    restartTime: 120,
    keepaliveTime: null,
    ttlSecurity: null,
    sourceAddress: '10.0.0.1',
  });
});

t.test('reachableBy becomes a host route through the gateway (LEARN-7)', async (t) => {
  const peers = [{ ...TOR, reachableBy: '10.0.0.254' }];
  t.same(view({ ...OFF, peers }).originate, [
    { cidr: '192.0.2.1/32', kind: 'reachable-by', via: '10.0.0.254', resource: 'BGPPeer/tor' },
  ]);
  t.same(view({ ...OFF, peers: [{ ...peers[0]!, node: 'node-b' }] }).originate, []);
});

t.test('conflicts of two BGPPeers are told once, as a remark (DEDUP-4)', async (t) => {
  const both = (name: string) => ({ name, peerSelector: 'all()' });
  const { faults } = viewAndFaults({ ...OFF, peers: [both('a'), both('b')] });
  t.match(faults, [{ object: 'BGPPeer/b', isRemark: true }]);
  t.equal(faults.length, 1);
});

t.test('values beyond the protocol become the most it can say', async (t) => {
  const tor = { ...TOR, maxRestartTimeSec: 7200, numAllowedLocalASNumbers: 1000 };
  const mesh = { name: 'default', nodeMeshMaxRestartTimeSec: 7200 };
  t.match(sessions({ configurations: [mesh], peers: [tor] }), {
    Global_192_0_2_1: { restartTime: 4095, allowLocalAs: 255 },
    Mesh_10_0_0_2: { restartTime: 4095 },
  });
});
