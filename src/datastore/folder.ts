/** A datastore that is a folder of YAML and JSON files. */
import { resolve } from 'node:path';
import type { Clock } from '../runtime/clock.ts';
import type { Datastore } from './datastore.ts';
import { assertReadable, FolderFollower } from './folder-follower.ts';
import { FolderReader } from './folder-reader.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotAssembler } from './snapshot-assembler.ts';

/** Reads a folder, or one file, once. @throws CatbirdError CATBIRD_DATASTORE_UNREADABLE */
export async function readFolder(path: string): Promise<Snapshot> {
  const contents = await new FolderReader(resolve(path)).read();
  assertReadable(path, contents);
  return new SnapshotAssembler().assemble(contents.sources, contents.faults)!;
}

/** Follows a folder, or one file. */
export class FolderDatastore implements Datastore {
  readonly #follower: FolderFollower;
  readonly #assembler = new SnapshotAssembler();

  constructor(path: string, clock: Clock) {
    this.#follower = new FolderFollower(path, clock);
  }

  /**
   * Delivers the first snapshot before it resolves.
   *
   * @throws CatbirdError CATBIRD_DATASTORE_UNREADABLE when there is no such folder; once running, a
   *   folder that vanishes is a fault in the snapshot instead
   */
  async start(onSnapshot: (snapshot: Snapshot) => void): Promise<void> {
    await this.#follower.start(({ sources, faults }) => {
      const snapshot = this.#assembler.assemble(sources, faults);
      if (snapshot) onSnapshot(snapshot);
    });
  }

  /** Nothing is delivered after the call, even by a read under way, for whose end it waits. */
  async stop(): Promise<void> {
    await this.#follower.stop();
  }
}
