/** Objects of a large cluster, of the size they have in real ones: a Node names its images, most of its 12 KiB. */
import type { ApiObject } from '../../test/support/kubernetes/api-resources.ts';

export const OWN_NODE = 'node-00000';
const IMAGES = 50;

export function nodeName(index: number): string {
  return `node-${String(index).padStart(5, '0')}`;
}

/** Dual-stack, with what kubelet and Calico write into it. */
export function kubernetesNode(index: number, annotations: Record<string, string> = {}): ApiObject {
  const [second, third] = [index >> 8, index & 255];
  const images = Array.from({ length: IMAGES }, (_, i) => ({
    names: [
      `registry.example.org/team-${i}/service@sha256:${String(i).padStart(64, 'f')}`,
      `registry.example.org/team-${i}/service:v1.${i}.${index % 7}`,
    ],
    sizeBytes: 100_000_000 + i,
  }));
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
    type,
    status: 'False',
    lastHeartbeatTime: '2026-01-09T08:00:00Z',
    reason: `KubeletHasNo${type}`,
    message: `kubelet has nothing to say about ${type}`,
  }));
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: {
      name: nodeName(index),
      labels: { 'kubernetes.io/hostname': nodeName(index), rack: `r${index % 40}` },
      annotations: {
        'projectcalico.org/IPv4Address': `10.1.${second}.${third}/16`,
        'projectcalico.org/IPv6Address': `fd00::${(index + 1).toString(16)}/64`,
        'node.alpha.kubernetes.io/ttl': '0',
        ...annotations,
      },
    },
    spec: { podCIDRs: [`10.${64 + second}.${third}.0/24`] },
    status: { capacity: { cpu: '64', memory: '263000000Ki', pods: '110' }, conditions, images },
  };
}

export function service(index: number): ApiObject {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name: `service-${index}`, namespace: `team-${index % 50}` },
    spec: {
      type: 'ClusterIP',
      clusterIP: `10.96.${index >> 8}.${index & 255}`,
      clusterIPs: [`10.96.${index >> 8}.${index & 255}`],
      ipFamilies: ['IPv4'],
      externalTrafficPolicy: 'Cluster',
      selector: { app: `service-${index}` },
      ports: [{ name: 'https', port: 443, targetPort: 8443, protocol: 'TCP' }],
    },
  };
}

/** Of ten pods on ten nodes. */
export function endpointSlice(index: number): ApiObject {
  const endpoints = Array.from({ length: 10 }, (_, i) => ({
    addresses: [`10.64.${(index + i) & 255}.${i}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: nodeName((index + i) % 5000),
    targetRef: { kind: 'Pod', namespace: `team-${index % 50}`, name: `service-${index}-${i}` },
  }));
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: `service-${index}-abcde`,
      namespace: `team-${index % 50}`,
      labels: { 'kubernetes.io/service-name': `service-${index}` },
    },
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: 'https', port: 8443, protocol: 'TCP' }],
  };
}

/** What Calico says of a node where its datastore is not Kubernetes. */
function calicoNode(index: number): ApiObject {
  const [second, third] = [index >> 8, index & 255];
  const bgp = {
    ipv4Address: `10.1.${second}.${third}/16`,
    ipv6Address: `fd00::${(index + 1).toString(16)}/64`,
  };
  const node = calico('Node', nodeName(index), { bgp });
  return { ...node, metadata: { ...node.metadata, labels: { rack: `r${index % 40}` } } };
}

/** Calico's part of {@link largeCluster}. */
export function* calicoCluster(count: number): Generator<ApiObject> {
  yield* COMMON;
  for (let i = 0; i < count; i++) yield calicoNode(i);
}

/** An address block of the own node. */
export function ownBlock(index: number): ApiObject {
  const cidr = `10.64.${index}.0/26`;
  const spec = { node: OWN_NODE, cidr, state: 'confirmed', deleted: 'false' };
  return calico('BlockAffinity', `block-${index}`, spec);
}

/** All kinds, `count` of each; the own node is a worker of two reflectors. */
export function* largeCluster(count: number): Generator<ApiObject> {
  yield* COMMON;
  for (let i = 0; i < count; i++) {
    yield kubernetesNode(i);
    yield service(i);
    yield endpointSlice(i);
  }
}

export function calico(kind: string, name: string, spec: unknown): ApiObject {
  return { kind, apiVersion: 'projectcalico.org/v3', metadata: { name }, spec };
}

const COMMON: readonly ApiObject[] = [
  calico('BGPConfiguration', 'default', {
    nodeToNodeMeshEnabled: false,
    serviceClusterIPs: [{ cidr: '10.96.0.0/12' }],
  }),
  calico('BGPPeer', 'reflectors', { nodeSelector: 'all()', peerSelector: "rack == 'r7'" }),
  calico('IPPool', 'pods', { cidr: '10.64.0.0/10' }),
];
