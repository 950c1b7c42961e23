/** Workloads of the own node that are BGP peers, as Felix tells of them. */
import t from 'tap';
import { faultTexts, labels, NODES, render, sessions, view, viewAndFaults } from './support.ts';

const OFF = { configurations: [{ name: 'default', nodeToNodeMeshEnabled: false }] };
const DUAL_STACK = [{ ...NODES[0]!, ipv6Address: 'fd00::1/64' }, NODES[1]!];
const PEER = { name: 'tenants', localWorkloadSelector: "role == 'router'", asNumber: 65401 };
const WORKLOAD = {
  name: 'k8s tenant/router eth0',
  bgpPeerName: 'tenants',
  ipv4Address: '10.244.1.7',
  ipv6Address: 'fd00:244::7',
};
const CLUSTER = { ...OFF, nodes: DUAL_STACK, peers: [PEER], workloads: [WORKLOAD] };

t.test(
  'a workload has a session per family, called after its address (LWP-1, EXP-9)',
  async (t) => {
    t.match(sessions(CLUSTER), {
      Local_Workload_10_244_1_7: {
        kind: 'workload',
        resource: 'BGPPeer/tenants',
        address: '10.244.1.7',
        port: 179,
        asNumber: 65401,
        families: ['ipv4-unicast'],
        peerNode: null,
      },
      Local_Workload_fd00_244__7: { address: 'fd00:244::7', families: ['ipv6-unicast'] },
    });
    t.equal(render(CLUSTER).config?.neighbors.length, 2, 'the schema takes them');
  },
);

t.test('only those of the BGPPeer that was chosen, only on its nodes (LWP-1, EXP-1)', async (t) => {
  const of = (more: object, bgpPeerName = 'tenants') => {
    const peers = [{ ...PEER, ...more }];
    return labels({ ...CLUSTER, peers, workloads: [{ ...WORKLOAD, bgpPeerName }] }).length;
  };
  t.equal(of({}, 'others'), 0, 'of a BGPPeer that is not there');
  t.equal(of({ localWorkloadSelector: undefined, peerIP: '192.0.2.1' }), 1, 'of another sort: TOR');
  t.equal(of({ node: 'node-a' }), 2);
  t.equal(of({ node: 'node-b' }), 0);
  t.equal(of({ nodeSelector: 'all()' }), 2);
});

t.test('a family the node has no address of makes no session (FAM-2, LWP-1)', async (t) => {
  t.same(labels({ ...CLUSTER, nodes: NODES }), ['Local_Workload_10_244_1_7']);
});

t.test('the workload dials, from anywhere (PASS-4, LWP-2)', async (t) => {
  for (const session of view(CLUSTER).neighbors) {
    t.match(session, { passive: true, sourceAddress: null, ttlSecurity: null });
  }
});

t.test('AS numbers and filters count, nothing else does (LWP-2, EXP-5)', async (t) => {
  const fields = {
    localASNumber: 65009,
    filters: ['only-own'],
    keepaliveTimeSec: 7,
    maxRestartTimeSec: 9,
    ttlSecurity: 1,
    numAllowedLocalASNumbers: 3,
    nextHopMode: 'Self' as const,
    keepOriginalNextHop: true,
    reachableBy: '10.0.0.254',
    password: { name: 'missing', key: 'password' },
  };
  const filters = [{ name: 'only-own', importV4: [{ action: 'Accept', cidr: '10.9.0.0/16' }] }];
  const cluster = { ...CLUSTER, filters, peers: [{ ...PEER, ...fields }] };
  const { neighbors, originate } = view(cluster);
  t.match(neighbors[0], {
    localAsNumber: 65009,
    import: ['filter-only-own-import-ipv4'],
    password: null,
    waitingFor: null,
    restartTime: 120,
    keepaliveTime: null,
    ttlSecurity: null,
    allowLocalAs: 0,
    nextHop: 'auto',
    passive: true,
  });
  t.same(originate, [], 'no gateway leads to what is on this node');
});

t.test('without filters all is taken and the usual is told (LWP-3)', async (t) => {
  t.match(sessions(CLUSTER)['Local_Workload_10_244_1_7'], {
    import: [],
    export: ['calico-priority-ipv4', 'calico-export-ipv4'],
  });
});

t.test('an internal workload is a client of a reflector (LWP-4)', async (t) => {
  const nodes = [{ ...DUAL_STACK[0]!, routeReflectorClusterID: '1.0.0.1' }];
  const isClient = (more: object) => {
    const cluster = { ...CLUSTER, nodes, peers: [{ ...PEER, ...more }] };
    return sessions(cluster)['Local_Workload_10_244_1_7']?.routeReflectorClient;
  };
  t.equal(isClient({ asNumber: 64512 }), true);
  t.equal(isClient({ asNumber: 65009, localASNumber: 65009 }), true);
  t.equal(isClient({}), false, 'an external one is none');
  const ordinary = { ...CLUSTER, peers: [{ ...PEER, asNumber: 64512 }] };
  t.equal(sessions(ordinary)['Local_Workload_10_244_1_7']?.routeReflectorClient, false);
});

t.test('when the workload goes, its sessions go (LWP-5)', async (t) => {
  t.same(labels({ ...CLUSTER, workloads: [] }), []);
});

t.test('its name is none that readiness counts (LWP-5, OBS-2)', async (t) => {
  for (const name of labels(CLUSTER)) t.notMatch(name, /^(Global|Node|Mesh)_/);
});

t.test('one address is one session: global, workload, mesh, node (DEDUP-5)', async (t) => {
  const workloads = [{ ...WORKLOAD, ipv4Address: '10.0.0.2', ipv6Address: '10.0.0.1' }];
  const byAddress = { name: 'a', peerIP: '10.0.0.2', asNumber: 64512 };
  const of = (...peers: object[]) => labels({ peers: [PEER, ...peers] as never, workloads });
  t.ok(of().includes('Local_Workload_10_0_0_2'));
  t.notOk(of().includes('Mesh_10_0_0_2'));
  t.notOk(of().includes('Local_Workload_10_0_0_1'), 'nobody peers with himself (EXP-6)');
  t.ok(of({ ...byAddress, node: 'node-a' }).includes('Local_Workload_10_0_0_2'));
  t.ok(of(byAddress).includes('Global_10_0_0_2'));
});

t.test('without an AS number there is no session, and a fault that says so (AMB-3)', async (t) => {
  const { asNumber: _, ...peer } = PEER;
  const { view: seen, faults } = viewAndFaults({ ...CLUSTER, peers: [peer] });
  t.same(seen?.neighbors, []);
  t.match(faultTexts(faults), [/^BGPPeer\/tenants spec.asNumber: .*local workload/]);
});
