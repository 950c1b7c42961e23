import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

const CALICO = `
kind: Node
apiVersion: projectcalico.org/v3
metadata: { name: n1, labels: { rack: 2, rr: true, global-peer: yes, empty: , version: 1.10 } }
spec:
  bgp:
    ipv4Address: 10.20.2.7/24
    ipv6Address: "fd20:2:0::7/64"
    asNumber: "1.10"
    routeReflectorClusterID: 1.0.0.1
  wireguard: { interfaceIPv4Address: 10.88.0.1, interfaceIPv6Address: "fd00::1" }
  orchRefs: [{ nodeName: n1, orchestrator: k8s }]
`;

t.test("Calico's node (§6.5): labels are text whatever YAML made of them", async (t) => {
  const { nodes, faults } = snapshotOf(CALICO);
  t.strictSame(nodes.get('n1'), {
    name: 'n1',
    labels: { rack: '2', rr: 'true', 'global-peer': 'yes', empty: '', version: '1.10' },
    ipv4Address: '10.20.2.7/24',
    ipv6Address: 'fd20:2::7/64',
    asNumber: 65546,
    routeReflectorClusterID: '1.0.0.1',
    wireguardIpv4Address: '10.88.0.1',
    wireguardIpv6Address: 'fd00::1',
    podCIDRs: [],
  });
  t.strictSame(faults, []);
});

t.test('a node without spec.bgp is known but has no addresses', async (t) => {
  const node = snapshotOf('{kind: Node, apiVersion: projectcalico.org/v3, metadata: {name: n1}}');
  t.strictSame(node.nodes.get('n1'), { name: 'n1', labels: {}, podCIDRs: [] });
});

t.test(
  'an address that does not parse is absent for its family, a bare one is a host',
  async (t) => {
    const { nodes, faults } = snapshotOf(`
kind: Node
apiVersion: projectcalico.org/v3
metadata: { name: n1 }
spec: { bgp: { ipv4Address: 10.0.0.300/24, ipv6Address: "fd00::1" } }
---
kind: Node
apiVersion: projectcalico.org/v3
metadata: { name: n2 }
spec: { bgp: { ipv4Address: "fd00::2/64", ipv6Address: "", routeReflectorClusterID: "" } }
`);
    t.strictSame(nodes.get('n1'), {
      name: 'n1',
      labels: {},
      ipv6Address: 'fd00::1/128',
      podCIDRs: [],
    });
    t.strictSame(nodes.get('n2'), { name: 'n2', labels: {}, podCIDRs: [] });
    t.match(faults, [
      { object: 'Node/n1', path: 'spec.bgp.ipv4Address', line: 5, column: 29 },
      { object: 'Node/n2', path: 'spec.bgp.ipv4Address', line: 10, column: 29 },
    ]);
  },
);

const KUBERNETES = `
kind: Node
apiVersion: v1
metadata:
  name: n1
  labels: { rack: '3', kubernetes.io/os: linux }
  annotations:
    projectcalico.org/IPv4Address: 10.20.2.7/24
    projectcalico.org/IPv6Address: fd20:2::7/64
    projectcalico.org/ASNumber: 64702
    projectcalico.org/RouteReflectorClusterID: 1.0.0.2
    projectcalico.org/IPv4WireguardInterfaceAddr: 10.88.0.1
    projectcalico.org/IPv6WireguardInterfaceAddr: fd00::1/128
    projectcalico.org/WireguardPublicKey: jlkVyQYooZYzI2wFfNhSZez5eWh44yfq1wKVjLvSXgY=
    projectcalico.org/labels: '{"rack":"2","zone":"a"}'
    example.org/other: x
spec: { podCIDR: 10.88.1.0/24, podCIDRs: [10.88.1.0/24, "fd00:88:0::/64"] }
status: { conditions: [] }
`;

t.test("Kubernetes' node carries Calico's fields in annotations (§6.6)", async (t) => {
  const { nodes, faults } = snapshotOf(KUBERNETES);
  t.strictSame(nodes.get('n1'), {
    name: 'n1',
    labels: { rack: '3', zone: 'a', 'kubernetes.io/os': 'linux' },
    ipv4Address: '10.20.2.7/24',
    ipv6Address: 'fd20:2::7/64',
    asNumber: 64702,
    routeReflectorClusterID: '1.0.0.2',
    wireguardIpv4Address: '10.88.0.1',
    wireguardIpv6Address: 'fd00::1',
    hasWireguardKey: true,
    podCIDRs: ['10.88.1.0/24', 'fd00:88::/64'],
  });
  t.strictSame(faults, []);
});

t.test('each malformed annotation is absent by itself (§6.6)', async (t) => {
  const { nodes, faults } = snapshotOf(`
kind: Node
apiVersion: v1
metadata:
  name: n1
  annotations:
    projectcalico.org/IPv4Address: 10.20.2.7/24
    projectcalico.org/IPv6Address: 10.20.2.7/24
    projectcalico.org/ASNumber: many
    projectcalico.org/RouteReflectorClusterID: 1.0.0.0/8
    projectcalico.org/IPv4WireguardInterfaceAddr: wg0
    projectcalico.org/labels: rack
`);
  t.strictSame(nodes.get('n1'), {
    name: 'n1',
    labels: {},
    ipv4Address: '10.20.2.7/24',
    podCIDRs: [],
  });
  t.equal(faults.length, 5);
  const asNumber = faults.find((fault) => /ASNumber/.test(fault.path));
  t.match(asNumber, { path: 'metadata.annotations["projectcalico.org/ASNumber"]', line: 9 });
});

t.test('a node known from both sides is one node', async (t) => {
  const { nodes, faults } = snapshotOf(`${KUBERNETES}---${CALICO}`);
  t.strictSame(faults, []);
  t.match(nodes.get('n1'), {
    asNumber: 65546,
    routeReflectorClusterID: '1.0.0.1',
    labels: { rack: '3', rr: 'true', 'kubernetes.io/os': 'linux' },
    podCIDRs: ['10.88.1.0/24', 'fd00:88::/64'],
  });
});

t.test('a label that is no text spoils the node', async (t) => {
  const { nodes, faults } = snapshotOf(
    '{kind: Node, apiVersion: v1, metadata: {name: n1, labels: {a: [b]}}}',
  );
  t.equal(nodes.size, 0);
  t.match(faults, [{ path: 'metadata.labels.a', reason: /a label is text/ }]);
});
