/** Chooses the configuration source the options name, and loads only what that one needs. */
import type { Clock } from '../runtime/clock.ts';
import type { ConfigSource } from './config-source.ts';
import type { RunOptions } from './options.ts';

/** @throws CatbirdError when the datastore is of an unknown kind */
export async function openConfigSource(options: RunOptions, clock: Clock): Promise<ConfigSource> {
  const { source, node, env } = options;
  if ('configFile' in source) {
    const { ConfigFileSource } = await import('./config-file.ts');
    return new ConfigFileSource(source.configFile);
  }
  const { DatastoreSource } = await import('./datastore-source.ts');
  const { openDatastore } = await import('../datastore/open-datastore.ts');
  const { openRenderer } = await import('./rendering.ts');
  const datastore = await openDatastore(source.datastore, { clock });
  return new DatastoreSource(datastore, openRenderer(node, env));
}
