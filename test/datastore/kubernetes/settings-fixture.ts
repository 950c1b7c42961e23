/** Settings of a Kubernetes datastore for tests: nothing said, and what a test says. */
import type { KubernetesSettings } from '../../../src/datastore/settings/settings.ts';

export function settings(said: Partial<KubernetesSettings> = {}): KubernetesSettings {
  return {
    kind: 'kubernetes',
    node: 'n1',
    kubeconfig: [],
    kubeconfigInline: undefined,
    homeKubeconfig: undefined,
    inClusterEndpoint: undefined,
    apiEndpoint: undefined,
    apiToken: undefined,
    caFile: undefined,
    certFile: undefined,
    keyFile: undefined,
    skipsTlsVerify: false,
    currentContext: undefined,
    clientQps: 1000,
    clientBurst: 1000,
    usePodCidr: false,
    apiGroup: undefined,
    secretsNamespace: 'calico-system',
    advertisedClusterIps: undefined,
    ...said,
  };
}
