/** From what `--datastore` says to the datastore it names. */
import { CatbirdError } from '../net/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Datastore } from './datastore.ts';
import { FolderDatastore, readFolder } from './folder.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Makes the datastore of `folder:DIR` (or of a single file, `folder:FILE`); it does nothing yet.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_UNSUPPORTED for any other text
 */
export function openDatastore(spec: string, ports: { readonly clock: Clock }): Datastore {
  return new FolderDatastore(folderOf(spec), ports.clock);
}

/**
 * Reads the datastore once, for `catbird render`.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_UNSUPPORTED or CATBIRD_DATASTORE_UNREADABLE
 */
export async function readDatastore(spec: string): Promise<Snapshot> {
  return await readFolder(folderOf(spec));
}

function folderOf(spec: string): string {
  const folder = /^folder:(.+)$/s.exec(spec)?.[1];
  if (folder !== undefined) return folder;
  const isPlanned = spec === 'etcd' || spec === 'kubernetes';
  throw new CatbirdError(
    'CATBIRD_DATASTORE_UNSUPPORTED',
    isPlanned
      ? `The datastore ${spec} is not supported yet; export its resources and use folder:DIR.`
      : `"${spec}" is no datastore; write folder:DIR.`,
  );
}
