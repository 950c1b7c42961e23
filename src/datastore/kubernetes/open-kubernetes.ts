/** The sources that read from an API server, made of their settings. */
import { CatbirdError } from '../../net/error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ObjectSource } from '../object-source.ts';
import type { KubernetesSettings } from '../settings/settings.ts';
import { KubernetesApi } from './api-client.ts';
import { findConnection } from './connection.ts';
import { DemandedObjects } from './demanded-objects.ts';
import { KubernetesSource } from './kubernetes-source.ts';

interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Everything from Kubernetes.
 *
 * @throws CatbirdError CATBIRD_KUBECONFIG_INVALID or CATBIRD_KUBERNETES_UNKNOWN
 */
export function openKubernetes(settings: KubernetesSettings, ports: Ports): ObjectSource[] {
  const { node, usePodCidr, apiGroup } = settings;
  const { log } = ports;
  const onObstacle = (reason: string) => log.warn({ reason }, 'waiting for the Kubernetes API');
  const withApi = { ...ports, api: new KubernetesApi(findConnection(settings), ports.clock) };
  return [
    new KubernetesSource(withApi, { node, usePodCidr, apiGroup, onObstacle }),
    new DemandedObjects(withApi, { ...settings, isOptional: false }),
  ];
}

/**
 * What only Kubernetes has, for a datastore that is elsewhere: Secrets, Services, EndpointSlices. Without a
 * way to Kubernetes there are none, as in Calico (calico-datastore.md §1.4).
 *
 * @returns one source, or none
 */
export function openBesideCalico(settings: KubernetesSettings, ports: Ports): ObjectSource[] {
  try {
    const api = new KubernetesApi(findConnection(settings), ports.clock);
    return [new DemandedObjects({ ...ports, api }, { ...settings, isOptional: true })];
  } catch (error) {
    if (!(error instanceof CatbirdError)) throw error;
    const message = 'no Kubernetes beside etcd: no passwords, no single services';
    ports.log.info({ reason: error.message }, message);
    return [];
  }
}
