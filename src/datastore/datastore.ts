/** Where the cluster's resources come from, as a port: a folder, etcd or Kubernetes. */
import type { Snapshot } from './snapshot.ts';

export interface Datastore {
  /**
   * Delivers complete snapshots only (START-2): one at start, another after each change or burst of
   * changes. Faulty objects are reported inside the snapshot; the last good version of each stays in it.
   */
  start(onSnapshot: (snapshot: Snapshot) => void): Promise<void>;
  stop(): Promise<void>;
  /** Since a store last answered, ms: of several the longest; 0 while all is well. */
  contactAgeMs?(): number;
}
