import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

function configuration(spec: string, name = 'default') {
  const { bgpConfigurations, faults } = snapshotOf(`
apiVersion: projectcalico.org/v3
kind: BGPConfiguration
metadata: { name: ${name} }
spec:
${spec.replace(/^/gm, '  ')}
`);
  return { value: bgpConfigurations.get(name), faults };
}

t.test('every field is read (§6.1)', async (t) => {
  const { value, faults } = configuration(`
logSeverityScreen: debug
nodeToNodeMeshEnabled: false
asNumber: 64700
serviceClusterIPs: [{ cidr: 10.96.0.0/12 }, {}, { cidr: "" }]
serviceExternalIPs: [{ cidr: 192.0.2.7 }]
serviceLoadBalancerIPs: [{ cidr: 2001:db8:0:0::/64 }]
serviceLoadBalancerAggregation: Disabled
communities: [{ name: site-a, value: 64700:10 }, { name: large, value: 100:555:107 }]
prefixAdvertisements: [{ cidr: 10.88.0.0/16, communities: [site-a, 5663:12] }]
listenPort: 1790
nodeMeshPassword: { secretKeyRef: { name: bgp, key: mesh, optional: true } }
nodeMeshMaxRestartTime: 1m30s
bindMode: NodeIP
ignoredInterfaces: ["docker*", "br-*"]
programClusterRoutes: Disabled
ipv4NormalRoutePriority: 512
ipv6NormalRoutePriority: 600
somethingNew: { from: a later version }
`);
  t.strictSame(value, {
    name: 'default',
    logSeverityScreen: 'Debug',
    nodeToNodeMeshEnabled: false,
    asNumber: 64700,
    serviceClusterIPs: ['10.96.0.0/12'],
    serviceExternalIPs: ['192.0.2.7/32'],
    serviceLoadBalancerIPs: ['2001:db8::/64'],
    serviceLoadBalancerAggregation: 'Disabled',
    communities: [
      { name: 'site-a', value: '64700:10' },
      { name: 'large', value: '100:555:107' },
    ],
    prefixAdvertisements: [{ cidr: '10.88.0.0/16', communities: ['site-a', '5663:12'] }],
    listenPort: 1790,
    nodeMeshPassword: { name: 'bgp', key: 'mesh' },
    nodeMeshMaxRestartTimeSec: 90,
    bindMode: 'NodeIP',
    ignoredInterfaces: ['docker*', 'br-*'],
    programClusterRoutes: 'Disabled',
    ipv4NormalRoutePriority: 512,
    ipv6NormalRoutePriority: 600,
  });
  t.strictSame(faults, []);
});

t.test('absent, null, empty and zero are the same', async (t) => {
  const { value, faults } = configuration(`
logSeverityScreen: ""
nodeToNodeMeshEnabled: null
asNumber: 0
listenPort: 0
serviceClusterIPs: null
nodeMeshPassword: {}
nodeMeshMaxRestartTime: ""
bindMode:
`);
  t.strictSame(value, { name: 'default' });
  t.strictSame(faults, []);
  t.strictSame(configuration('').value, { name: 'default' });
});

t.test(
  'an empty list of advertisements is told from none, for it hides the global one',
  async (t) => {
    t.strictSame(configuration('prefixAdvertisements: []', 'node.a').value, {
      name: 'node.a',
      prefixAdvertisements: [],
    });
  },
);

const AS_NUMBERS = [
  ['64512', 64512],
  ['"64512"', 64512],
  ['4294967295', 4294967295],
  ['"1.10"', 65546],
  ['1.10', 65546],
] as const;

t.test('AS numbers as number, text, and dotted even without quotes', async (t) => {
  for (const [text, asNumber] of AS_NUMBERS) {
    t.strictSame(configuration(`asNumber: ${text}`).value, { name: 'default', asNumber }, text);
  }
});

t.test('unknown words and unreadable entries count as absent, with their place (§9)', async (t) => {
  const { value, faults } = configuration(`
bindMode: Loopback
logSeverityScreen: Loud
serviceClusterIPs:
  - cidr: 10.96.0.0/12
  - cidr: 10.96.0.0/33
communities: [{ name: a, value: "70000:1" }]
ignoredInterfaces: ["*", eth0]
asNumber: 64700
`);
  t.strictSame(value, {
    name: 'default',
    serviceClusterIPs: ['10.96.0.0/12'],
    communities: [],
    ignoredInterfaces: ['eth0'],
    asNumber: 64700,
  });
  t.strictSame(
    faults.map(({ object, file, line, column, path }) => ({ object, file, line, column, path })),
    [
      ['spec.logSeverityScreen', 8, 22],
      ['spec.serviceClusterIPs[1].cidr', 11, 13],
      ['spec.communities[0].value', 12, 35],
      ['spec.bindMode', 7, 13],
      ['spec.ignoredInterfaces[0]', 13, 23],
    ].map(([path, line, column]) => {
      return { object: 'BGPConfiguration/default', file: 'test.yaml', line, column, path };
    }),
  );
  t.match(faults[4]?.reason, /"\*" is not an interface name/);
});

const SPOILING = [
  'nodeToNodeMeshEnabled: "no"',
  'listenPort: 65536',
  'listenPort: none',
  'asNumber: 4294967296',
  'asNumber: [1]',
  'nodeMeshMaxRestartTime: 90',
  'nodeMeshMaxRestartTime: soon',
  'nodeMeshPassword: secret',
  'ipv4NormalRoutePriority: 1.5',
];

t.test('at first sight only the faulty field is left out', async (t) => {
  for (const spec of SPOILING) {
    const { value, faults } = configuration(`${spec}\nbindMode: NodeIP`);
    t.strictSame(value, { name: 'default', bindMode: 'NodeIP' }, spec);
    t.match(faults, [{ object: 'BGPConfiguration/default', reason: /the rest of it is used$/ }]);
    t.equal(faults.length, 1, spec);
  }
});

t.test('half a reference to a password is one to nothing, not none', async (t) => {
  const { value } = configuration('nodeMeshPassword: { secretKeyRef: { name: bgp } }');
  t.strictSame(value?.nodeMeshPassword, { name: 'bgp', key: '' });
});

t.test('a name that is never looked up is reported', async (t) => {
  t.match(configuration('', 'nodes').faults, [{ path: 'metadata.name', reason: /ignored/ }]);
  t.strictSame(configuration('', 'node.rack2-n07').faults, []);
});
