import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

t.test('Service (§6.10)', async (t) => {
  const { services, faults } = snapshotOf(`
kind: Service
apiVersion: v1
metadata: { name: web, namespace: shop }
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.10
  clusterIPs: [10.96.0.10, "fd00:96::a"]
  ipFamilies: [IPv4, IPv6]
  externalIPs: [192.0.2.1, nonsense]
  loadBalancerIP: 198.51.100.1
  externalTrafficPolicy: Local
  ports: [{ port: 80 }]
status: { loadBalancer: { ingress: [{ ip: 198.51.100.2 }, { hostname: lb.example.org }] } }
---
{ kind: Service, apiVersion: v1, metadata: { name: dns }, spec: { clusterIP: None } }
`);
  t.strictSame(services.get('shop/web'), {
    namespace: 'shop',
    name: 'web',
    type: 'LoadBalancer',
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10', 'fd00:96::a'],
    ipFamilies: ['IPv4', 'IPv6'],
    externalIPs: ['192.0.2.1'],
    loadBalancerIP: '198.51.100.1',
    externalTrafficPolicy: 'Local',
    ingressIPs: ['198.51.100.2'],
  });
  t.match(services.get('default/dns'), { type: 'ClusterIP', clusterIP: 'None', ingressIPs: [] });
  t.match(faults, [{ object: 'Service/shop/web', path: 'spec.externalIPs[1]', line: 10 }]);
});

t.test('EndpointSlice: unknown readiness is ready, no service label means not ours', async (t) => {
  const { endpointSlices, faults } = snapshotOf(`
kind: EndpointSlice
apiVersion: discovery.k8s.io/v1
metadata: { name: web-x1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints:
  - { nodeName: n1, addresses: [10.88.0.1], conditions: { ready: true } }
  - { nodeName: n2, conditions: { ready: false } }
  - { nodeName: n3, conditions: { ready: null } }
  - { nodeName: n4, conditions: {} }
  - { addresses: [10.88.0.2] }
---
{ kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: { name: own }, endpoints: null }
`);
  t.strictSame(
    [...endpointSlices],
    [
      [
        'shop/web-x1',
        {
          namespace: 'shop',
          name: 'web-x1',
          serviceName: 'web',
          addressType: 'IPv4',
          endpoints: [
            { nodeName: 'n1', ready: true },
            { nodeName: 'n2', ready: false },
            { nodeName: 'n3', ready: true },
            { nodeName: 'n4', ready: true },
            { nodeName: '', ready: true },
          ],
        },
      ],
    ],
  );
  t.strictSame(faults, []);
});

t.test('Secret: octets as they are, and no value in any fault (§6.11)', async (t) => {
  const { secrets, faults } = snapshotOf(`
kind: Secret
apiVersion: v1
metadata: { name: bgp, namespace: kube-system }
data: { mesh: cGFzc3dvcmQK, raw: /wA=, empty: "", broken: "hunter2!" }
stringData: { tor: plain }
`);
  const data = secrets.get('kube-system/bgp')?.data ?? new Map();
  const octets = (text: string) => new TextEncoder().encode(text);
  t.strictSame(
    data,
    new Map([
      ['mesh', octets('password\n')],
      ['raw', Uint8Array.of(255, 0)],
      ['empty', octets('')],
      ['tor', octets('plain')],
    ]),
  );
  t.match(faults, [{ object: 'Secret/kube-system/bgp', path: 'data.broken', line: 5 }]);
  t.notMatch(JSON.stringify(faults), /hunter2/);
});
