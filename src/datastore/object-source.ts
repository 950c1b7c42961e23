/**
 * Where objects come from, as a port below {@link Datastore}: one store that is read and followed.
 *
 * A datastore may have several: Calico's objects in etcd, and Secrets and Services in Kubernetes.
 */
import type { DatastoreFault, Snapshot } from './snapshot.ts';
import type { Source } from './snapshot-assembler.ts';

/** All a source holds at one time; never a part of it. */
export interface SourceContents {
  readonly sources: readonly Source[];
  /** Of the store as a whole, such as a lost connection. */
  readonly faults: readonly DatastoreFault[];
}

export interface ObjectSource {
  /**
   * Calls `onContents` with the first complete contents before it resolves, then again whenever they
   * changed; bursts may be told one by one. It goes on trying while the store cannot be reached.
   *
   * @throws CatbirdError when trying cannot help, such as a faulty setting
   */
  start(onContents: (contents: SourceContents) => void): Promise<void>;
  /** Nothing is told after the call; a start under way resolves. */
  stop(): Promise<void>;
  /**
   * Told of what all sources gave together, for one that reads only what others refer to.
   *
   * @returns false while what the snapshot refers to is being read: it waits for the contents that come
   */
  onSnapshot?(snapshot: Snapshot): boolean;
  /** Since the store last answered, ms; 0 while all is well. A folder has nobody who answers. */
  contactAgeMs?(): number;
}
