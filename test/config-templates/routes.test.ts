import t from 'tap';
import { faultTexts, NODES, rules, view, viewAndFaults } from './support.ts';

const K = 2147483647;
const EXPORT = 'calico-export-ipv4';

t.test(
  'own blocks are originated, single addresses and pending ones are not (AGGR-1)',
  async (t) => {
    const blocks = [
      { cidr: '10.244.1.0/26', state: 'confirmed' },
      { cidr: '10.244.2.0/24', state: '' },
      { cidr: '10.244.3.1/32', state: '' },
      { cidr: '10.244.4.0/26', state: 'pending' },
      { cidr: '10.244.5.0/26', state: 'pendingDeletion' },
      { cidr: '10.244.6.0/26', node: 'node-b' },
      { cidr: '10.244.7.0/26', type: 'virtual' },
      { cidr: '10.244.8.0/26', deleted: true },
      { cidr: 'fd00:244::/122', type: '' },
    ];
    t.same(view({ blocks }).blocks, [
      {
        cidr: '10.244.1.0/26',
        state: 'confirmed',
        advertise: true,
        blackhole: true,
        resource: 'BlockAffinity/block-0',
      },
      {
        cidr: '10.244.2.0/24',
        state: '',
        advertise: true,
        blackhole: true,
        resource: 'BlockAffinity/block-1',
      },
      {
        cidr: '10.244.3.1/32',
        state: '',
        advertise: false,
        blackhole: false,
        resource: 'BlockAffinity/block-2',
      },
      {
        cidr: '10.244.5.0/26',
        state: 'pendingDeletion',
        advertise: true,
        blackhole: true,
        resource: 'BlockAffinity/block-4',
      },
      {
        cidr: 'fd00:244::/122',
        state: 'confirmed',
        advertise: true,
        blackhole: true,
        resource: 'BlockAffinity/block-8',
      },
    ]);
  },
);

t.test(
  'inside own blocks only elevated routes go out, pendingDeletion apart (AGGR-2, AGGR-3, AGGR-5)',
  async (t) => {
    const blocks = [
      { cidr: '10.244.1.0/26' },
      { cidr: '10.244.3.1/32' },
      { cidr: '10.244.5.0/26', state: 'pendingDeletion' },
      { cidr: '10.244.6.0/26', state: 'someday' },
    ];
    const configurations = [{ name: 'default', ipv4NormalRoutePriority: 2000 }];
    const { 'own blocks': own, ...rest } = rules({ blocks, configurations }, EXPORT);
    t.match(own, { match: { prefixes: ['10.244.1.0/26', '10.244.3.1/32'] }, action: 'accept' });
    t.match(rest['elevated in own blocks'], {
      match: { prefixes: ['10.244.1.0/26 ge 27'], localPref: { min: K - 2000 + 1 } },
      action: 'accept',
    });
    t.match(rest['inside own blocks'], {
      match: { prefixes: ['10.244.1.0/26 ge 27'] },
      action: 'reject',
    });
  },
);

t.test('pod CIDRs stand in for blocks where they are used (AGGR-7)', async (t) => {
  const nodes = [{ ...NODES[0]!, podCIDRs: ['10.244.9.0/24', 'fd00:9::/64'] }];
  const blocks = [{ cidr: '10.244.1.0/26' }];
  t.match(view({ nodes, blocks }, { usePodCidr: true }).blocks, [
    { cidr: '10.244.9.0/24', state: 'confirmed' },
    { cidr: 'fd00:9::/64' },
  ]);
});

t.test(
  'the chain begins with the priority and ends with a reject (EXPORT-0, EXPORT-10, PRIO-1)',
  async (t) => {
    const configurations = [{ name: 'default', ipv6NormalRoutePriority: 7 }];
    const nodes = [{ ...NODES[0]!, ipv6Address: 'fd00::1/64' }];
    t.match(rules({ configurations, nodes }, 'calico-priority-ipv4'), {
      'normal priority': { set: { localPref: K - 1024 }, action: 'next' },
    });
    t.match(rules({ configurations, nodes }, 'calico-priority-ipv6'), {
      'normal priority': { set: { localPref: K - 7 }, action: 'next' },
    });
    t.match(Object.values(rules({}, EXPORT)).at(-1), { action: 'reject' });
    t.same(Object.keys(Object.values(rules({}, EXPORT)).at(-1)!), ['name', 'action']);
    t.same(view({ configurations, nodes }).router.normalPriority, {
      'ipv4-unicast': 1024,
      'ipv6-unicast': 7,
    });
  },
);

t.test('rules stand in the order of the export chain (EXPORT-2 to EXPORT-10)', async (t) => {
  const cluster = {
    nodes: [{ ...NODES[0]!, routeReflectorClusterID: '1.0.0.1' }],
    configurations: [
      {
        name: 'default',
        serviceExternalIPs: ['203.0.113.0/24'],
        prefixAdvertisements: [{ cidr: '10.244.0.0/16', communities: ['1:2'] }],
      },
    ],
    blocks: [{ cidr: '10.244.1.0/26' }],
    pools: [{ name: 'a' }, { name: 'b', cidr: '10.245.0.0/16', disableBGPExport: true }],
  };
  t.same(Object.keys(rules(cluster, EXPORT)), [
    'pools with disableBGPExport',
    'routes over tunnels',
    'eBPF dataplane',
    'communities of 10.244.0.0/16',
    'own blocks',
    'elevated in own blocks',
    'inside own blocks',
    'own service routes',
    'service ranges',
    'pools',
    'other agents',
    'nothing else',
  ]);
});

t.test(
  'pools: closed ones reject, others accept, whatever their encapsulation (EXPORT-2, EXPORT-9)',
  async (t) => {
    const pools = [
      { name: 'c', cidr: '10.3.0.0/16', vxlanMode: 'Always' as const },
      { name: 'b', cidr: '10.2.0.0/16', disableBGPExport: true },
      { name: 'a', cidr: '10.1.0.0/16', ipipMode: 'Always' as const },
      { name: 'six', cidr: 'fd00::/48' },
    ];
    const found = rules({ pools }, EXPORT);
    t.match(found['pools with disableBGPExport'], {
      match: { prefixes: ['10.2.0.0/16+'] },
      action: 'reject',
    });
    t.match(found['pools'], { match: { prefixes: ['10.1.0.0/16+', '10.3.0.0/16+'] } });
    t.equal(found['pools']!.match!.prefixes!.length, 2);
  },
);

t.test(
  'tunl0 counts as a tunnel of Felix’s while the BGP side leaves IPIP alone (EXPORT-3, EXPORT-4)',
  async (t) => {
    const tunnels = (programClusterRoutes?: 'Enabled' | 'Disabled' | 'EnabledNoEncapOnly') => {
      const mode = programClusterRoutes === undefined ? {} : { programClusterRoutes };
      const found = rules({ configurations: [{ name: 'default', ...mode }] }, EXPORT);
      return found['routes over tunnels']?.match;
    };
    const without = { peerType: 'internal', interfaces: ['*.cali', '*.calico'] };
    t.same(tunnels(), without);
    t.same(tunnels('Enabled'), without);
    t.same(tunnels('Disabled')?.interfaces, ['*.cali', '*.calico', 'tunl0']);
    t.same(tunnels('EnabledNoEncapOnly')?.interfaces, ['*.cali', '*.calico', 'tunl0']);
    t.match(rules({}, EXPORT)['eBPF dataplane'], {
      match: { interfaces: ['bpf*.cali'] },
      action: 'reject',
    });
  },
);

t.test('pool mode and programClusterRoutes decide who programs (FIB-5)', async (t) => {
  const modes = ['Enabled', 'Disabled', 'EnabledIPIPOnly', 'EnabledNoEncapOnly'] as const;
  const pools = [
    { name: 'a', cidr: '10.1.0.0/16', vxlanMode: 'CrossSubnet' as const },
    { name: 'b', cidr: '10.2.0.0/16', ipipMode: 'Always' as const },
    { name: 'c', cidr: '10.3.0.0/16', ipipMode: 'CrossSubnet' as const },
    { name: 'd', cidr: '10.4.0.0/16' },
  ];
  const table = modes.map((programClusterRoutes) => {
    const configurations = [{ name: 'default', programClusterRoutes }];
    return view({ pools, configurations }).pools.map(({ program }) => program);
  });
  t.same(table, [
    [false, true, true, true],
    [false, false, false, false],
    [false, true, true, false],
    [false, false, false, true],
  ]);
  t.same(
    view({ pools }).pools.map(({ encapsulation }) => encapsulation),
    ['vxlan', 'ipip-always', 'ipip-cross-subnet', 'none'],
  );
});

t.test('without an own IPv4 address no decision is made for IPv4 pools (FIB-6)', async (t) => {
  const nodes = [{ name: 'node-a', ipv6Address: 'fd00::1/64' }];
  const pools = [{ name: 'a', cidr: '10.1.0.0/16', vxlanMode: 'Always' as const }];
  t.match(view({ nodes, pools }).pools, [{ program: true }]);
});

t.test('of two pools with one CIDR the lowest name counts (calico-datastore §6.4)', async (t) => {
  const pools = [{ name: 'b' }, { name: 'a', disableBGPExport: true }];
  t.match(view({ pools }).pools, [{ export: false }]);
  t.equal(view({ pools }).pools.length, 1);
});

t.test(
  'kernel metrics follow LOCAL_PREF, WireGuard peers are Felix’s (PRIO-4, FIB-4)',
  async (t) => {
    const nodes = NODES.map((node, i) =>
      i < 2 ? { ...node, wireguardIpv4Address: `10.9.0.${i}` } : node,
    );
    t.match(view({ nodes }).fib, {
      metric: 'local-pref',
      localSubnets: ['10.0.0.1/24'],
      rejectNextHops: ['10.0.0.2'],
    });
    t.same(view({ nodes: nodes.slice(1) }, { node: 'node-c' }).fib.rejectNextHops, []);
  },
);

t.test('with host-local pod CIDRs a WireGuard key says as much as an address (§6.6)', async (t) => {
  const nodes = NODES.map((node, i) => ({
    ...node,
    podCIDRs: [`10.9.${i}.0/24`],
    ...(i < 2 && { hasWireguardKey: true as const }),
  }));
  t.same(view({ nodes }, { usePodCidr: true }).fib.rejectNextHops, ['10.0.0.2']);
  t.same(view({ nodes }).fib.rejectNextHops, []);
});

const RANGES = {
  name: 'default',
  serviceClusterIPs: ['10.96.0.0/12'],
  serviceExternalIPs: ['203.0.113.0/24', '203.0.114.7/32'],
  serviceLoadBalancerIPs: ['198.51.100.0/24', '198.51.101.7/32'],
};
const WHOLE = ['10.96.0.0/12', '203.0.113.0/24', '198.51.100.0/24'];

t.test(
  'ranges but single addresses are originated and kept from the kernel (SVC-2, FIB-1)',
  async (t) => {
    const { originate, fib } = view({ configurations: [RANGES] });
    t.same(
      originate,
      WHOLE.map((cidr) => ({
        cidr,
        kind: 'service-range',
        via: null,
        resource: 'BGPConfiguration/default',
      })),
    );
    t.same(fib.rejectPrefixes, WHOLE);
    const off = { ...RANGES, serviceLoadBalancerAggregation: 'Disabled' as const };
    t.same(view({ configurations: [off] }).fib.rejectPrefixes, WHOLE.slice(0, 2));
  },
);

t.test('the environment replaces the cluster ranges (calico-datastore §1.1)', async (t) => {
  const { fib } = view({ configurations: [RANGES] }, { clusterIpRange: '10.100.0.0/16' });
  t.same(fib.rejectPrefixes, ['10.100.0.0/16', ...WHOLE.slice(1)]);
});

t.test(
  'an excluded node originates nothing, its kernel stays clear all the same (SVC-3)',
  async (t) => {
    const label = 'node.kubernetes.io/exclude-from-external-load-balancers';
    const nodes = (value: string) => [{ ...NODES[0]!, labels: { [label]: value } }];
    const excluded = view({ nodes: nodes('true'), configurations: [RANGES] });
    t.same(excluded.originate, []);
    t.same(excluded.fib.rejectPrefixes, WHOLE);
    t.equal(view({ nodes: nodes('yes'), configurations: [RANGES] }).originate.length, 3);
  },
);

t.test('a faulty range of the environment is reported as such', async (t) => {
  const { view: made, faults } = viewAndFaults({}, { clusterIpRange: 'x' });
  t.same(made?.originate, []);
  t.match(faultTexts(faults), [/^environment CALICO_ADVERTISE_CLUSTER_IPS: "x" is no CIDR/]);
});

t.test('services inside a range leave the export policy as it is (EXPORT-7)', async (t) => {
  const service = { name: 'web', externalTrafficPolicy: 'Local', externalIPs: ['192.0.2.1'] };
  const cluster = {
    configurations: [
      {
        name: 'default',
        serviceClusterIPs: ['10.96.0.0/12'],
        serviceExternalIPs: ['192.0.2.1/32', '192.0.2.0/24'],
      },
    ],
    services: [service],
    slices: [{ name: 'web-1', endpoints: [{ nodeName: 'node-a', ready: true }] }],
  };
  const { 'own service routes': rule } = rules(cluster, EXPORT);
  t.same(rule?.match, { prefixes: ['10.96.0.0/12+', '192.0.2.0/24+'] });
  t.match(view(cluster).originate, [{}, {}, { cidr: '10.96.0.10/32' }, { cidr: '192.0.2.1/32' }]);
});

t.test('a range that does not parse is skipped alone (SVC-15)', async (t) => {
  const configurations = [{ name: 'default', serviceExternalIPs: ['nope', '203.0.113.0/24'] }];
  const { view, faults } = viewAndFaults({ configurations });
  t.same(view?.fib.rejectPrefixes, ['203.0.113.0/24']);
  t.match(faultTexts(faults), [/^BGPConfiguration\/default spec.serviceExternalIPs\[0\]: /]);
});

t.test(
  'own service routes go out; a reflector passes others’ on, cluster IPs apart (EXPORT-7, EXPORT-8)',
  async (t) => {
    const nodes = [{ ...NODES[0]!, routeReflectorClusterID: '1.0.0.1' }];
    const found = rules({ nodes, configurations: [RANGES] }, EXPORT);
    t.match(found['own service routes'], {
      match: { prefixes: WHOLE.map((cidr) => `${cidr}+`) },
      action: 'accept',
    });
    t.same(found['service ranges']?.match?.prefixes, [
      '198.51.100.0/24+',
      '198.51.101.7/32+',
      '203.0.113.0/24+',
      '203.0.114.7/32+',
    ]);
    t.equal(rules({ configurations: [RANGES] }, EXPORT)['service ranges'], undefined);
  },
);

function hostRoutes(service: object, endpoints: object[] = [], defaults: object = {}): string[] {
  const slices = [
    { name: 'web-1', endpoints: endpoints as { nodeName: string; ready: boolean }[] },
  ];
  const configurations = [{ ...RANGES, ...defaults }];
  return view({ services: [{ name: 'web', ...service }], slices, configurations })
    .originate.filter(({ kind }) => kind === 'service')
    .map(({ cidr }) => cidr);
}

const HERE = { nodeName: 'node-a', ready: true };
const LOCAL = { type: 'NodePort', externalTrafficPolicy: 'Local', externalIPs: ['203.0.113.5'] };

t.test(
  'a Local service is announced where it has a ready endpoint (SVC-4, SVC-5, SVC-9)',
  async (t) => {
    t.same(hostRoutes(LOCAL, [HERE]), ['10.96.0.10/32', '203.0.113.5/32']);
    t.same(hostRoutes(LOCAL, [{ ...HERE, ready: false }]), []);
    t.same(hostRoutes(LOCAL, [{ ...HERE, nodeName: 'node-b' }]), []);
    t.same(hostRoutes(LOCAL), []);
    t.same(hostRoutes({ ...LOCAL, ipFamilies: ['IPv6'] }, [HERE]), []);
  },
);

t.test(
  'other services are covered by their ranges, unless aggregation is off (SVC-4, SVC-6)',
  async (t) => {
    const service = { type: 'LoadBalancer', ingressIPs: ['198.51.100.9', '192.0.2.1'] };
    t.same(hostRoutes(service, [HERE]), []);
    const off = { serviceLoadBalancerAggregation: 'Disabled' };
    t.same(hostRoutes(service, [{ ...HERE, nodeName: 'node-b' }], off), [
      '10.96.0.10/32',
      '198.51.100.9/32',
    ]);
    t.same(hostRoutes(service, [], off), []);
  },
);

t.test('an address of its own is announced by every node (SVC-4 step 4)', async (t) => {
  const policy = { type: 'LoadBalancer', externalTrafficPolicy: 'Cluster' };
  t.same(hostRoutes({ ...policy, ingressIPs: ['198.51.101.7'] }), [
    '10.96.0.10/32',
    '198.51.101.7/32',
  ]);
  t.same(hostRoutes({ ...policy, externalIPs: ['203.0.114.7'] }), [
    '10.96.0.10/32',
    '203.0.114.7/32',
  ]);
  t.same(hostRoutes({ ...policy, type: 'NodePort', ingressIPs: ['198.51.101.7'] }), []);
});

t.test('services that cannot be announced (SVC-4 steps 2 and 3)', async (t) => {
  t.same(hostRoutes({ ...LOCAL, type: 'ExternalName' }, [HERE]), []);
  t.same(hostRoutes({ ...LOCAL, clusterIP: 'None' }, [HERE]), []);
  t.same(hostRoutes({ ...LOCAL, clusterIP: '' }, [HERE]), []);
});

const COMMUNITIES = {
  name: 'default',
  communities: [
    { name: 'std', value: '100:200' },
    { name: 'std', value: '1:1' },
    { name: 'large', value: '1:2:3' },
  ],
  prefixAdvertisements: [
    { cidr: '10.244.0.0/16', communities: ['std', '300:400', '100:200', 'large', 'unknown'] },
    { cidr: 'fd00:244::/48', communities: ['large'] },
    { cidr: '10.245.0.0/16', communities: ['unknown'] },
  ],
};

t.test(
  'advertised communities, by value or by name of the same object (COMM-1, COMM-2, COMM-4)',
  async (t) => {
    const found = rules({ configurations: [COMMUNITIES] }, EXPORT);
    t.match(found['communities of 10.244.0.0/16'], {
      match: { prefixes: ['10.244.0.0/16+'] },
      set: { addCommunities: ['100:200', '300:400'], addLargeCommunities: ['1:2:3'] },
      action: 'next',
    });
    t.equal(found['communities of 10.245.0.0/16'], undefined);
    t.equal(found['communities of fd00:244::/48'], undefined);
  },
);

t.test('a per-node list replaces the global one in both families (COMM-3, AMB-19)', async (t) => {
  const perNode = {
    name: 'node.node-a',
    prefixAdvertisements: [{ cidr: '10.246.0.0/16', communities: ['1:2', 'std'] }],
  };
  const nodes = [{ ...NODES[0]!, ipv6Address: 'fd00::1/64' }];
  const cluster = { nodes, configurations: [COMMUNITIES, perNode] };
  const names = (policy: string) =>
    Object.keys(rules(cluster, policy)).filter((name) => name.startsWith('communities'));
  t.same(names(EXPORT), ['communities of 10.246.0.0/16']);
  t.same(names('calico-export-ipv6'), []);
  const found = rules(cluster, EXPORT)['communities of 10.246.0.0/16'];
  t.same(found?.set?.addCommunities, ['1:2']);
});
