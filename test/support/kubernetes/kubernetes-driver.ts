/** Writes Calico's objects into a test API server as Calico writes them, and opens datastores on it. */
import type { Datastore } from '../../../src/datastore/datastore.ts';
import { openDatastore } from '../../../src/datastore/open-datastore.ts';
import type { KubernetesSettings } from '../../../src/datastore/settings/settings.ts';
import { SystemClock, SystemRandom } from '../../../src/runtime/system-clock.ts';
import { type Log, silentLog } from '../../../src/telemetry/log.ts';
import type { ApiObject } from './api-resources.ts';
import type { ApiServer } from './api-server.ts';

/** Everything a test may say to differ from the usual. */
export type Said = Partial<KubernetesSettings>;

/** Settings that lead to the server as the user `calico-node` on node `kube-master`. */
export function settingsFor(server: ApiServer, said: Said = {}): KubernetesSettings {
  return {
    kind: 'kubernetes',
    node: 'kube-master',
    kubeconfig: [],
    kubeconfigInline: undefined,
    homeKubeconfig: undefined,
    inClusterEndpoint: undefined,
    apiEndpoint: server.url,
    apiToken: 'good-token',
    caFile: server.authority.caFile,
    certFile: undefined,
    keyFile: undefined,
    skipsTlsVerify: false,
    currentContext: undefined,
    clientQps: 1000,
    clientBurst: 1000,
    usePodCidr: false,
    apiGroup: undefined,
    secretsNamespace: 'kube-system',
    advertisedClusterIps: undefined,
    ...said,
  };
}

/** A datastore on the server, with the system's clock. */
export async function openOn(
  server: ApiServer,
  said: Said = {},
  log: Log = silentLog,
): Promise<Datastore> {
  const ports = { clock: new SystemClock(), random: new SystemRandom(), log };
  return await openDatastore(settingsFor(server, said), ports);
}

/**
 * An object as Calico keeps it in Kubernetes: a Calico Node is what annotations say on the Kubernetes
 * Node (calico-datastore.md §6.6); in the legacy layout `deleted` of an affinity is text (§3.1).
 */
export function asStored(object: ApiObject, layout: string): ApiObject {
  const isCalico = /projectcalico/.test(object.apiVersion);
  if (object.kind === 'Node' && isCalico) return asKubernetesNode(object);
  const spec = object['spec'] as Record<string, unknown> | undefined;
  if (object.kind !== 'BlockAffinity' || layout === 'projectcalico.org/v3' || !spec) return object;
  return { ...object, spec: { ...spec, deleted: String(spec['deleted'] ?? false) } };
}

function asKubernetesNode(object: ApiObject): ApiObject {
  const { bgp = {}, wireguard = {} } = (object['spec'] ?? {}) as {
    bgp?: Record<string, unknown>;
    wireguard?: Record<string, unknown>;
  };
  const said: Record<string, unknown> = {
    IPv4Address: bgp['ipv4Address'],
    IPv6Address: bgp['ipv6Address'],
    ASNumber: bgp['asNumber'],
    RouteReflectorClusterID: bgp['routeReflectorClusterID'],
    IPv4IPIPTunnelAddr: bgp['ipv4IPIPTunnelAddr'],
    IPv4WireguardInterfaceAddr: wireguard['interfaceIPv4Address'],
    IPv6WireguardInterfaceAddr: wireguard['interfaceIPv6Address'],
  };
  const annotations = Object.entries(said).flatMap(([name, value]) =>
    value === undefined ? [] : [[`projectcalico.org/${name}`, String(value)]],
  );
  const { podCIDRs } = (object['status'] ?? {}) as { podCIDRs?: unknown };
  return {
    kind: 'Node',
    apiVersion: 'v1',
    metadata: { ...object.metadata, annotations: Object.fromEntries(annotations) },
    spec: podCIDRs === undefined ? {} : { podCIDRs },
  };
}
