/** Rules of Calico looked at from the outcome: what passes the policies made, which sessions there are. */
import t from 'tap';
import { diffConfig } from '../../src/config/diff.ts';
import type { Config } from '../../src/config/model.ts';
import { formatPrefix } from '../../src/net/text.ts';
import { Policy, type PolicySession } from '../../src/policy/compile.ts';
import type { RouteSource } from '../../src/policy/model.ts';
import { route } from '../policy/support.ts';
import {
  type Cluster,
  faultTexts,
  labels,
  NODES,
  type Options,
  OWN,
  render,
  rules,
  sessions,
  view,
} from './support.ts';

const K = 2_147_483_647;
const TOR = { name: 'tor', peerIP: '192.0.2.1', asNumber: 65001 };
const POOL = { name: 'pool', cidr: '10.244.0.0/16' };
const CLUSTER = { pools: [POOL], blocks: [{ cidr: '10.244.1.0/26' }] };
const DEFAULT = (fields: object) => ({ configurations: [{ name: 'default', ...fields }] });

interface Given {
  readonly source?: RouteSource;
  readonly localPref?: number;
  readonly interface?: string;
}

/** What the policies of a session make of a route. */
function judge(
  config: Config,
  name: string,
  direction: 'import' | 'export',
  prefix: string,
  given: Given = {},
) {
  const session = config.neighbors.find((one) => one.name === name)!;
  const about: PolicySession = {
    name,
    localAsNumber: session.localAsNumber,
    peerType: session.asNumber === session.localAsNumber ? 'internal' : 'external',
  };
  const list = session[direction].flatMap((policy) => config.policies[policy]!);
  const { source = 'static', localPref = 100, interface: device = '' } = given;
  const facts = { ...route(prefix, { localPref }), source, interface: device };
  return Policy.compile(list, about).evaluate(facts);
}

/** Of several routes those that pass. */
function passing(cluster: Cluster, name: string, routes: Readonly<Record<string, Given>>) {
  const { config } = render(cluster);
  return Object.entries(routes).flatMap(([prefix, given]) =>
    judge(config!, name, 'export', prefix, given).accepted ? [prefix] : [],
  );
}

const KERNEL: Given = { source: 'kernel', localPref: K - 1024, interface: 'cali0' };
const ELEVATED: Given = { ...KERNEL, localPref: K - 512 };
const LEARNED: Given = { source: 'ibgp', localPref: K - 1024, interface: 'eth0' };

t.test(
  'neighbours see blocks, borrowed and elevated addresses, no others (AGGR-2, AGGR-3, AGGR-4, EXPORT-10)',
  async (t) => {
    const seen = passing(CLUSTER, 'Mesh_10_0_0_2', {
      '10.244.1.0/26': {},
      '10.244.1.5/32': KERNEL,
      '10.244.1.6/32': ELEVATED,
      '10.244.1.9/32': LEARNED,
      '10.244.7.9/32': KERNEL,
      '172.16.0.0/16': KERNEL,
      '0.0.0.0/0': KERNEL,
    });
    t.same(seen, ['10.244.1.0/26', '10.244.1.6/32', '10.244.7.9/32']);
  },
);

t.test('a metric of 0 in an own block counts as elevated (AMB-6, PRIO-1)', async (t) => {
  t.same(passing(CLUSTER, 'Mesh_10_0_0_2', { '10.244.1.5/32': { ...KERNEL, localPref: K } }), [
    '10.244.1.5/32',
  ]);
});

t.test(
  'a block on its way out is announced, and so are its addresses; a deleted one is not there (AGGR-5, AGGR-8, AMB-11, AMB-12)',
  async (t) => {
    const leaving = { ...CLUSTER, blocks: [{ cidr: '10.244.1.0/26', state: 'pendingDeletion' }] };
    t.match(view(leaving).blocks, [{ advertise: true, blackhole: true }]);
    t.same(passing(leaving, 'Mesh_10_0_0_2', { '10.244.1.0/26': {}, '10.244.1.5/32': KERNEL }), [
      '10.244.1.0/26',
      '10.244.1.5/32',
    ]);
    t.same(view({ ...CLUSTER, blocks: [{ cidr: '10.244.1.0/26', deleted: true }] }).blocks, []);
  },
);

t.test(
  'blocks of both families, whoever uses them, with a pool or without (AGGR-6, AGGR-10, AGGR-11, EXPORT-12)',
  async (t) => {
    const blocks = [
      { cidr: '10.244.1.0/26' },
      { cidr: 'fd00:1::/122' },
      { cidr: '10.9.0.0/26', node: 'node-b' },
    ];
    const cluster = {
      nodes: [
        { name: OWN, ipv4Address: '10.0.0.1/24', ipv6Address: 'fd00::1/64' },
        { name: 'b', ipv4Address: '10.0.0.2/24', ipv6Address: 'fd00::2/64' },
      ],
      blocks,
    };
    t.same(
      view(cluster).blocks.map(({ cidr }) => cidr),
      ['10.244.1.0/26', 'fd00:1::/122'],
    );
    t.same(
      passing(cluster, 'Mesh_10_0_0_2', {
        '10.244.1.0/26': {},
        '10.244.1.4/32': KERNEL,
        '10.244.2.0/26': LEARNED,
      }),
      ['10.244.1.0/26'],
    );
    t.same(passing(cluster, 'Mesh_fd00__2', { 'fd00:1::/122': {}, 'fd00:1::5/128': KERNEL }), [
      'fd00:1::/122',
    ]);
  },
);

t.test(
  'blackholes of blocks go to the kernel as their pool says (AGGR-9, FIB-3, FIB-5)',
  async (t) => {
    const program = (pool: object) =>
      view({
        ...CLUSTER,
        ...DEFAULT({ programClusterRoutes: 'EnabledNoEncapOnly' }),
        pools: [{ ...POOL, ...pool }],
      }).pools[0]!.program;
    t.same(
      [program({}), program({ ipipMode: 'Always' }), program({ vxlanMode: 'Always' })],
      [true, false, false],
    );
  },
);

t.test(
  'an accepting filter goes before everything, also before closed pools and aggregation (FILT-2, EXPORT-1, COMM-5)',
  async (t) => {
    const filters = [
      {
        name: 'f',
        exportV4: [
          { action: 'Accept', cidr: '10.244.1.0/24', matchOperator: 'In' },
          { action: 'Reject', cidr: '10.244.1.0/24', matchOperator: 'NotIn' },
        ],
      },
    ];
    const prefixAdvertisements = [{ cidr: '10.244.0.0/16', communities: ['64512:1'] }];
    const cluster = {
      ...CLUSTER,
      ...DEFAULT({ prefixAdvertisements }),
      pools: [{ ...POOL, disableBGPExport: true }],
      peers: [{ ...TOR, filters: ['f'] }],
      filters,
    };
    t.same(
      passing(cluster, 'Global_192_0_2_1', { '10.244.1.5/32': KERNEL, '10.244.2.0/26': LEARNED }),
      ['10.244.1.5/32'],
    );
    const { attributes } = judge(
      render(cluster).config!,
      'Global_192_0_2_1',
      'export',
      '10.244.1.5/32',
      KERNEL,
    );
    t.same([...attributes.communities], []);
    t.same(
      passing(cluster, 'Mesh_10_0_0_2', { '10.244.1.5/32': KERNEL }),
      [],
      'the mesh has no filters',
    );
  },
);

t.test(
  'communities are attached to transit routes too, on every kind of session (COMM-1, COMM-6)',
  async (t) => {
    const prefixAdvertisements = [{ cidr: '10.244.0.0/16', communities: ['64512:1'] }];
    const { config } = render({ ...CLUSTER, ...DEFAULT({ prefixAdvertisements }), peers: [TOR] });
    for (const name of ['Mesh_10_0_0_2', 'Global_192_0_2_1']) {
      const { accepted, attributes } = judge(config!, name, 'export', '10.244.9.0/26', LEARNED);
      t.same([accepted, [...attributes.communities]], [true, [((64512 << 16) >>> 0) + 1]]);
    }
  },
);

t.test(
  'everything that is received is accepted unless a filter says otherwise (IMPORT-1, IMPORT-2, IMPORT-3)',
  async (t) => {
    const filters = [
      { name: 'f', importV4: [{ action: 'Reject', cidr: '0.0.0.0/0', matchOperator: 'Equal' }] },
    ];
    const { config } = render({
      ...CLUSTER,
      peers: [TOR, { ...TOR, name: 'b', peerIP: '192.0.2.2', filters: ['f'] }],
      filters,
    });
    const accepted = (name: string, prefix: string) =>
      judge(config!, name, 'import', prefix, { source: 'ebgp' }).accepted;
    t.same(
      [
        accepted('Global_192_0_2_1', '0.0.0.0/0'),
        accepted('Global_192_0_2_2', '0.0.0.0/0'),
        accepted('Global_192_0_2_2', '172.30.0.0/16'),
      ],
      [true, false, true],
    );
    t.equal(
      judge(config!, 'Global_192_0_2_1', 'import', '10.0.0.0/8', { localPref: K - 512 }).attributes
        .localPref,
      K - 512,
    );
  },
);

t.test(
  'pools are asked in order of their text, services go out whatever pools say (EXPORT-7, EXPORT-11, SVC-12)',
  async (t) => {
    const pools = [
      { name: 'a', cidr: '10.9.0.0/16' },
      { name: 'b', cidr: '10.10.0.0/16' },
    ];
    const cluster = { ...DEFAULT({ serviceExternalIPs: ['203.0.113.0/24'] }), pools };
    t.same(rules(cluster, 'calico-export-ipv4')['pools']?.match?.prefixes, [
      '10.10.0.0/16+',
      '10.9.0.0/16+',
    ]);
    t.same(
      passing(cluster, 'Mesh_10_0_0_2', {
        '203.0.113.0/24': {},
        '203.0.113.9/32': LEARNED,
        '198.51.100.0/24': {},
      }),
      ['203.0.113.0/24', '203.0.113.9/32'],
    );
  },
);

t.test(
  'local routes carry the normal priority as LOCAL_PREF before filters look at it (PRIO-1, PRIO-2, FILT-7)',
  async (t) => {
    const { config } = render({ ...CLUSTER, ...DEFAULT({ ipv4NormalRoutePriority: 2000 }) });
    t.equal(
      judge(config!, 'Mesh_10_0_0_2', 'export', '10.244.1.0/26').attributes.localPref,
      K - 2000,
    );
    t.equal(
      judge(config!, 'Mesh_10_0_0_2', 'export', '10.244.9.0/26', LEARNED).attributes.localPref,
      K - 1024,
    );
  },
);

t.test('metrics in the kernel follow LOCAL_PREF (FIB-2, PRIO-4)', async (t) => {
  t.equal(render(CLUSTER).config?.fib.metric, 'local-pref');
});

t.test(
  'workloads before selector before address (EXP-2), an address knows no cluster id (EXP-4, RR-4)',
  async (t) => {
    const nodes = [
      { ...NODES[0]!, routeReflectorClusterID: '1.0.0.1' },
      { ...NODES[1]!, routeReflectorClusterID: '1.0.0.1', labels: { rr: 'y' } },
    ];
    const bySelector = { name: 'x', peerSelector: 'has(rr)', peerIP: '192.0.2.9', asNumber: 65001 };
    t.match(sessions({ nodes, peers: [bySelector] }), {
      Global_10_0_0_2: { routeReflectorClient: false },
    });
    const byAddress = { name: 'x', peerIP: '10.0.0.2', asNumber: 64512 };
    t.match(sessions({ nodes, peers: [byAddress] }), {
      Global_10_0_0_2: { routeReflectorClient: true },
    });
  },
);

t.test(
  'explicit peers and the mesh stand side by side, one session per address and port (EXP-8, AMB-5, DEDUP-5)',
  async (t) => {
    const peers = [
      TOR,
      { name: 'b', peerIP: '10.0.0.2', asNumber: 64512 },
      { name: 'c', node: OWN, peerIP: '10.0.0.10', asNumber: 64512 },
    ];
    t.same(
      new Set(labels({ peers })),
      new Set(['Global_10_0_0_2', 'Global_192_0_2_1', 'Mesh_10_0_0_10']),
    );
  },
);

t.test(
  'labels decide anew when they change; the cluster id is no label (EXP-10, RR-10)',
  async (t) => {
    const peers = [
      { name: 'x', nodeSelector: 'rack == "1"', peerIP: '192.0.2.1', asNumber: 65001 },
    ];
    const at = (rack: string) => labels({ nodes: [{ ...NODES[0]!, labels: { rack } }], peers });
    t.same([at('1'), at('2')], [['Node_192_0_2_1'], []]);
    const selector = [
      {
        name: 'x',
        nodeSelector: 'has(routeReflectorClusterID)',
        peerIP: '192.0.2.1',
        asNumber: 65001,
      },
    ];
    t.same(
      labels({ nodes: [{ ...NODES[0]!, routeReflectorClusterID: '1.0.0.1' }], peers: selector }),
      [],
    );
  },
);

t.test('a global peer cannot be refined for one node (DEDUP-3)', async (t) => {
  const peers = [TOR, { ...TOR, name: 'a', node: OWN, keepaliveTimeSec: 3 }];
  t.match(sessions({ peers })['Global_192_0_2_1'], { keepaliveTime: null });
  t.notOk(sessions({ peers })['Node_192_0_2_1']);
});

t.test('one address with two ports is two sessions (DEDUP-1)', async (t) => {
  const peers = [
    { ...TOR, peerIP: '192.0.2.1:1179' },
    { ...TOR, name: 'b', peerIP: '192.0.2.1:1180' },
  ];
  t.same(labels({ nodes: NODES.slice(0, 1), peers }), [
    'Global_192_0_2_1_port_1180',
    'Global_192_0_2_1_port_1179',
  ]);
});

t.test('IPIP is of IPv4 alone (FAM-3, FIB-8)', async (t) => {
  const pools = [{ name: 'a', cidr: 'fd00:1::/48', ipipMode: 'Always' as const }];
  t.match(view({ pools }).pools, [{ encapsulation: 'none', program: true }]);
});

t.test(
  'mesh sessions are sourced at the own address, without TTL security, dialled from one end (MESH-7, PASS-1)',
  async (t) => {
    const mesh = sessions({});
    t.match(mesh['Mesh_10_0_0_2'], { sourceAddress: '10.0.0.1', ttlSecurity: null, passive: true });
    const fromB = sessions({}, { node: 'node-b' });
    t.match(fromB['Mesh_10_0_0_1'], { passive: false });
    t.match(fromB['Mesh_10_0_0_10'], { passive: false });
  },
);

t.test(
  'reverse peers are of their node only, and give way to forward ones (REV-4, REV-6)',
  async (t) => {
    const nodes = NODES.map((node, i) => (i === 0 ? { ...node, labels: { rr: 'y' } } : node));
    const peers = [
      { name: 'x', nodeSelector: 'all()', peerSelector: 'has(rr)', keepaliveTimeSec: 7 },
      { name: 'y', node: OWN, peerIP: '10.0.0.2', asNumber: 64512, keepaliveTimeSec: 9 },
    ];
    const off = DEFAULT({ nodeToNodeMeshEnabled: false });
    t.match(sessions({ ...off, nodes, peers }), {
      Node_10_0_0_2: { keepaliveTime: 9 },
      Node_10_0_0_10: { keepaliveTime: 7, kind: 'node' },
    });
    const local = [
      { name: 'z', node: 'node-b', peerIP: '10.0.0.1', asNumber: 64512, localASNumber: 65009 },
    ];
    t.match(sessions({ ...off, peers: local })['Node_10_0_0_2'], {
      asNumber: 64512,
      localAsNumber: 64512,
    });
  },
);

t.test('with reverse peering switched off the other end is not told (REV-5)', async (t) => {
  const peers = [
    {
      name: 'x',
      node: 'node-b',
      peerIP: '10.0.0.1',
      asNumber: 64512,
      reversePeering: 'Manual' as const,
    },
  ];
  t.same(labels({ ...DEFAULT({ nodeToNodeMeshEnabled: false }), peers }), []);
});

t.test(
  'a reflector passes on what its export chain lets through, and has blocks like any node (RR-1, RR-7, RR-8)',
  async (t) => {
    const nodes = [{ ...NODES[0]!, routeReflectorClusterID: '1.0.0.1' }, NODES[1]!];
    const cluster = {
      ...CLUSTER,
      ...DEFAULT({
        serviceClusterIPs: ['10.96.0.0/12'],
        serviceLoadBalancerIPs: ['198.51.100.0/24'],
      }),
      nodes,
      peers: [{ name: 'x', nodeSelector: 'all()', peerSelector: 'all()' }],
    };
    t.equal(view(cluster).router.clusterId, '1.0.0.1');
    t.equal(view(cluster).blocks.length, 1);
    const routes = {
      '10.244.9.0/26': LEARNED,
      '198.51.100.7/32': LEARNED,
      '172.31.0.0/16': LEARNED,
    };
    t.same(passing(cluster, 'Node_10_0_0_2', routes), ['10.244.9.0/26', '198.51.100.7/32']);
  },
);

t.test(
  'mesh to reflectors: peers come beside the mesh, then only the mesh goes (RR-9, RECONF-10)',
  async (t) => {
    const nodes = [
      ...NODES,
      {
        name: 'rr',
        ipv4Address: '10.0.0.9/24',
        labels: { rr: 'y' },
        routeReflectorClusterID: '1.0.0.1',
      },
    ];
    const peers = [{ name: 'x', nodeSelector: 'all()', peerSelector: 'has(rr)' }];
    t.same(labels({ nodes, peers }), ['Mesh_10_0_0_2', 'Mesh_10_0_0_10', 'Node_10_0_0_9']);
    const [before, after] = [{}, DEFAULT({ nodeToNodeMeshEnabled: false })].map(
      (more) => render({ nodes, peers, ...more }).config!,
    );
    const { neighbors } = diffConfig(before!, after!);
    t.same(
      neighbors.removed.map(({ name }) => name),
      ['Mesh_10_0_0_2', 'Mesh_10_0_0_10'],
    );
    t.same([neighbors.restarted, neighbors.changed, neighbors.added], [[], [], []]);
  },
);

t.test(
  'a peer that takes over from the mesh keeps its session, whoever is to dial (RECONF-13)',
  async (t) => {
    const nodes = NODES.slice(0, 2);
    const off = DEFAULT({ nodeToNodeMeshEnabled: false });
    const takeOver = (peerIP: string, node: string) => {
      const peers = [{ name: 'b', node, peerIP, asNumber: 64512 }];
      const [before, after] = [{}, off].map(
        (more) => render({ nodes, peers, ...more }, { node }).config!,
      );
      const { neighbors } = diffConfig(before!, after!);
      t.same([neighbors.added, neighbors.removed], [[], []]);
      return neighbors;
    };
    t.match(takeOver('10.0.0.1', 'node-b').changed, [
      { before: { name: 'Mesh_10_0_0_1' }, after: { name: 'Node_10_0_0_1' }, impact: 'none' },
    ]);
    t.match(takeOver('10.0.0.2', 'node-a').changed, [
      { after: { name: 'Node_10_0_0_2', passive: false }, impact: 'none' },
    ]);
  },
);

t.test(
  'next hop self and keep are the peers’ choice, whatever the kind of session (NH-3, NH-4, NH-8)',
  async (t) => {
    const peers = [
      { ...TOR, nextHopMode: 'Keep' as const },
      { name: 'w', nodeSelector: 'all()', peerSelector: 'all()', nextHopMode: 'Self' as const },
    ];
    t.match(sessions({ ...DEFAULT({ nodeToNodeMeshEnabled: false }), peers }), {
      Global_192_0_2_1: { nextHop: 'keep' },
      Node_10_0_0_2: { nextHop: 'self' },
    });
  },
);

t.test('how pools are programmed changes routes, no session (RECONF-6)', async (t) => {
  const at = (mode: string) =>
    render({ ...CLUSTER, ...DEFAULT({ programClusterRoutes: mode }) }).config!;
  const diff = diffConfig(at('Enabled'), at('Disabled'));
  t.same(diff.pools.changed, ['10.244.0.0/16']);
  t.same([diff.neighbors.restarted, diff.neighbors.added, diff.neighbors.removed], [[], [], []]);
});

t.test(
  'ignored interfaces: the node’s list before the cluster’s, pods and IPVS always, no session changes (LEARN-5, LEARN-6, RECONF-7)',
  async (t) => {
    const ignored = (...configurations: { name: string; ignoredInterfaces?: string[] }[]) =>
      view({ configurations }).fib.ignoredInterfaces;
    t.same(ignored(), ['cali*', 'kube-ipvs*'], 'docker0 and tunnels count');
    const cluster = { name: 'default', ignoredInterfaces: ['docker*'] };
    t.same(ignored(cluster), ['docker*', 'cali*', 'kube-ipvs*']);
    t.same(ignored(cluster, { name: `node.${OWN}`, ignoredInterfaces: ['eth9'] }), [
      'eth9',
      'cali*',
      'kube-ipvs*',
    ]);
    const diff = diffConfig(render({}).config!, render({ configurations: [cluster] }).config!);
    t.match(diff.fib, [{ key: 'ignoredInterfaces', impact: 'soft' }]);
    t.same([diff.neighbors.restarted, diff.neighbors.changed], [[], []]);
  },
);

t.test('the log’s level is no business of sessions (LOG-2, LOG-4, RECONF-8)', async (t) => {
  const at = (logSeverityScreen: 'Debug' | 'Error') =>
    render(DEFAULT({ logSeverityScreen })).config!;
  t.same([at('Debug').log.level, at('Error').log.level], ['debug', 'error']);
  const diff = diffConfig(at('Debug'), at('Error'));
  t.match(diff.log, [{ key: 'level', impact: 'none' }]);
  t.same([diff.neighbors.restarted, diff.neighbors.changed, diff.router], [[], [], []]);
});

t.test(
  'the listener is there without peers too, and moving it restarts no session (LISTEN-3, AMB-18, RECONF-9)',
  async (t) => {
    t.match(view({ nodes: NODES.slice(0, 1) }).router.listen, { port: 179 });
    const diff = diffConfig(
      render({}).config!,
      render({ configurations: [{ name: `node.${OWN}`, listenPort: 1179 }] }).config!,
    );
    t.equal(diff.rebindsListener, true);
    t.same(diff.neighbors.restarted, []);
  },
);

t.test('sessions have no BFD, whatever their kind (SESS-17)', async (t) => {
  t.ok(render({ peers: [TOR] }).config?.neighbors.every(({ bfd }) => bfd === undefined));
});

const SERVICE = { name: 'web', externalTrafficPolicy: 'Local', externalIPs: ['203.0.113.5'] };
const READY = [{ name: 's', endpoints: [{ nodeName: OWN, ready: true }] }];
const RANGES = DEFAULT({
  serviceClusterIPs: ['10.96.0.0/12'],
  serviceExternalIPs: ['203.0.113.0/24'],
  serviceLoadBalancerIPs: ['198.51.100.7/32'],
});
const routesOf = (cluster: Cluster, options: Options = {}) =>
  view({ ...RANGES, ...cluster }, options).originate.map(({ cidr }) => cidr);

t.test(
  'ranges are of BGPConfiguration default alone, each in its family, without any service (SVC-1, SVC-13, SVC-14)',
  async (t) => {
    t.same(routesOf({}), ['10.96.0.0/12', '203.0.113.0/24']);
    const configurations = [{ name: `node.${OWN}`, serviceExternalIPs: ['203.0.113.0/24'] }];
    t.same(view({ configurations }).originate, []);
    const both = render({
      ...DEFAULT({ serviceExternalIPs: ['203.0.113.0/24', 'fd00:9::/64'] }),
      nodes: [{ name: OWN, ipv4Address: '10.0.0.1/24', ipv6Address: 'fd00::1/64' }],
    }).config!;
    const prefixes = (name: string) =>
      both.policies[name]!.find((rule) => rule.name === 'own service routes')?.match.prefixes?.map(
        ({ prefix }) => formatPrefix(prefix),
      );
    t.same(
      [prefixes('calico-export-ipv4'), prefixes('calico-export-ipv6')],
      [['203.0.113.0/24'], ['fd00:9::/64']],
    );
  },
);

t.test('a route stays until its last user is gone (SVC-7, SVC-10)', async (t) => {
  const two = [SERVICE, { ...SERVICE, name: 'api' }];
  const slices = [...READY, { ...READY[0]!, name: 's2', serviceName: 'api' }];
  const host = (cluster: Cluster) =>
    routesOf(cluster).filter((cidr) => cidr === '203.0.113.5/32').length;
  t.same(
    [
      host({ services: two, slices }),
      host({ services: two.slice(0, 1), slices }),
      host({ services: [], slices }),
    ],
    [1, 1, 0],
  );
  t.equal(host({ services: [{ ...SERVICE, type: 'ExternalName' }], slices }), 0);
  t.equal(host({ services: [{ ...SERVICE, externalIPs: [] }], slices }), 0);
});

t.test(
  'endpoints that are not ready, elsewhere or gone withdraw a Local service (SVC-8, SVC-9, AMB-9)',
  async (t) => {
    const host = (endpoints: readonly { nodeName: string; ready: boolean }[]) =>
      routesOf({ services: [SERVICE], slices: [{ name: 's', endpoints }] }).includes(
        '203.0.113.5/32',
      );
    t.same(
      [
        host([{ nodeName: OWN, ready: true }]),
        host([{ nodeName: OWN, ready: false }]),
        host([{ nodeName: 'node-b', ready: true }]),
        host([]),
      ],
      [true, false, false, false],
    );
    t.notOk(routesOf({ services: [SERVICE], slices: [] }).includes('203.0.113.5/32'));
  },
);

t.test('service routes are announced, never installed (SVC-11, AMB-10, FIB-1)', async (t) => {
  const { config } = render({
    ...RANGES,
    services: [
      {
        ...SERVICE,
        type: 'LoadBalancer',
        externalTrafficPolicy: 'Cluster',
        externalIPs: [],
        ingressIPs: ['198.51.100.7'],
      },
    ],
  });
  const single = config!.originate.find(({ cidr }) => formatPrefix(cidr) === '198.51.100.7/32');
  t.match(single, { kind: 'service', via: undefined });
  t.same(config!.fib.rejectPrefixes.map(formatPrefix), ['10.96.0.0/12', '203.0.113.0/24']);
});

t.test(
  'who programs cluster routes follows the version of Calico, and the log says why (FIB-5)',
  async (t) => {
    const mode = (calicoVersion?: string, more = {}) =>
      render({ ...more, ...(calicoVersion === undefined ? {} : { calicoVersion }) }).notes[0];
    t.match(mode(), /is Enabled: .*tells no version/);
    t.match(mode('v3.32.4'), /is Enabled: .*v3.32.4/);
    t.match(mode('v3.33.0-0.dev-12-gabc'), /is EnabledNoEncapOnly: .*v3.33.0/);
    t.match(mode('4.0.1'), /is EnabledNoEncapOnly/);
    t.match(mode('master'), /is Enabled: .*does not tell a version: "master"/);
    t.match(
      mode('v3.33.0', DEFAULT({ programClusterRoutes: 'Disabled' })),
      /is Disabled: BGPConfiguration\/default/,
    );
    const tunnels = rules({ calicoVersion: 'v3.33.1' }, 'calico-export-ipv4')[
      'routes over tunnels'
    ];
    t.same(tunnels?.match?.interfaces, ['*.cali', '*.calico', 'tunl0'], 'EXPORT-3 follows');
  },
);

t.test('a peer at a link-local address makes no session, and is told (SESS-15)', async (t) => {
  const nodes = [{ name: OWN, ipv4Address: '10.0.0.1/24', ipv6Address: 'fd00::1/64' }];
  const { config, faults } = render({
    nodes,
    peers: [TOR, { ...TOR, name: 'll', peerIP: 'fe80::1' }],
  });
  t.same(
    config?.neighbors.map(({ name }) => name),
    ['Global_192_0_2_1'],
  );
  t.match(faultTexts(faults), [/^BGPPeer\/ll .*/]);
});
