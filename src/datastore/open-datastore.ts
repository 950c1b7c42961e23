/** From the settings of a datastore to the datastore they describe. */
import { CatbirdError } from '../net/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Log } from '../telemetry/log.ts';
import type { Datastore } from './datastore.ts';
import { FolderDatastore, readFolder } from './folder.ts';
import { endpointStatusSource, FolderFollower } from './folder-follower.ts';
import { JoinedDatastore, readOnce } from './joined-datastore.ts';
import type { ObjectSource } from './object-source.ts';
import type {
  DatastoreSettings,
  EtcdSettings,
  FolderSettings,
  KubernetesSettings,
} from './settings/settings.ts';
import type { Snapshot } from './snapshot.ts';

export interface DatastorePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** How long a datastore that is asked once may take to answer. */
const PATIENCE_MS = 15_000;

/**
 * Makes the datastore; it does nothing yet.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_SETTINGS for settings that cannot work,
 *   CATBIRD_KUBECONFIG_INVALID or CATBIRD_KUBERNETES_UNKNOWN when there is no way to Kubernetes
 */
export async function openDatastore(
  settings: DatastoreSettings,
  ports: DatastorePorts,
): Promise<Datastore> {
  if (isOneFolder(settings)) return new FolderDatastore(settings.path, ports.clock);
  return new JoinedDatastore(await openSources(settings, ports), ports.clock);
}

/**
 * Reads the datastore once, for `catbird render`.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_UNREADABLE, or what {@link openDatastore} throws
 */
export async function readDatastore(
  settings: DatastoreSettings,
  ports: Omit<DatastorePorts, 'log'>,
  patienceMs = PATIENCE_MS,
): Promise<Snapshot> {
  if (isOneFolder(settings)) return await readFolder(settings.path);
  const reasons: string[] = [];
  const log = collectingReasons(reasons);
  const sources = await openSources(settings, { ...ports, log });
  const snapshot = await readOnce(sources, ports.clock, patienceMs);
  if (snapshot) return snapshot;
  throw new CatbirdError(
    'CATBIRD_DATASTORE_UNREADABLE',
    `the datastore did not answer within ${patienceMs / 1000} s: ${reasons[0] ?? 'it is silent'}`,
  );
}

/** A log that keeps why things are not as they should be. */
function collectingReasons(reasons: string[]): Log {
  const ignore = () => {};
  const collect = (fields: object) => void reasons.push((fields as { reason: string }).reason);
  return { error: collect, warn: collect, info: ignore, debug: ignore, trace: ignore };
}

function isOneFolder(settings: DatastoreSettings): settings is FolderSettings {
  return settings.kind === 'folder' && settings.endpointStatusPrefix === undefined;
}

/** What Calico's objects come from, and the files of this node beside them. */
async function openSources(
  settings: DatastoreSettings,
  ports: DatastorePorts,
): Promise<readonly ObjectSource[]> {
  const prefix = settings.endpointStatusPrefix;
  const beside = prefix === undefined ? [] : [endpointStatusSource(prefix, ports.clock)];
  if (settings.kind !== 'folder') return [...(await openStore(settings, ports)), ...beside];
  return [new FolderFollower(settings.path, ports.clock), ...beside];
}

/** Libraries are loaded by the kind that needs them. */
async function openStore(
  settings: EtcdSettings | KubernetesSettings,
  ports: DatastorePorts,
): Promise<readonly ObjectSource[]> {
  const { openBesideCalico, openKubernetes } = await import('./kubernetes/open-kubernetes.ts');
  if (settings.kind === 'kubernetes') return openKubernetes(settings, ports);
  const { EtcdSource } = await import('./etcd/etcd-source.ts');
  const { connect } = await import('./etcd/grpc-connection.ts');
  const beside = openBesideCalico(settings.kubernetes, ports);
  return [new EtcdSource(settings, { ...ports, connect }), ...beside];
}
