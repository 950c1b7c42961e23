/** Connection settings for tests: nothing said, and what a test says. */
import type { ConnectionSettings } from '../../../src/datastore/kubernetes/connection.ts';

export function settings(said: Partial<ConnectionSettings> = {}): ConnectionSettings {
  return {
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
    ...said,
  };
}
