/** From the settings of a datastore to the datastore they describe. */
import { CatbirdError } from '../net/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Datastore } from './datastore.ts';
import { FolderDatastore, readFolder } from './folder.ts';
import type { DatastoreSettings } from './settings/settings.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Makes the datastore; it does nothing yet.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_UNSUPPORTED for a kind that is not there yet
 */
export async function openDatastore(
  settings: DatastoreSettings,
  ports: { readonly clock: Clock },
): Promise<Datastore> {
  if (settings.kind === 'folder') return new FolderDatastore(settings.path, ports.clock);
  throw unsupported(settings);
}

/**
 * Reads the datastore once, for `catbird render`.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_UNSUPPORTED or CATBIRD_DATASTORE_UNREADABLE
 */
export async function readDatastore(settings: DatastoreSettings): Promise<Snapshot> {
  if (settings.kind === 'folder') return await readFolder(settings.path);
  throw unsupported(settings);
}

function unsupported({ kind }: DatastoreSettings): CatbirdError {
  return new CatbirdError(
    'CATBIRD_DATASTORE_UNSUPPORTED',
    `The datastore ${kind} is not supported yet; export its resources and use --datastore folder:DIR, or run from a file with --config FILE.`,
  );
}
