/** Chooses the configuration source the options name. */
import type { Clock } from '../runtime/clock.ts';
import { ConfigFileSource } from './config-file.ts';
import type { ConfigSource } from './config-source.ts';
import { DatastoreSource } from './datastore-source.ts';
import type { RunOptions } from './options.ts';

/** @throws CatbirdError when the datastore is of an unknown kind */
export function openConfigSource(options: RunOptions, clock: Clock): ConfigSource {
  if ('configFile' in options.source) return new ConfigFileSource(options.source.configFile);
  return new DatastoreSource(options.source.datastore, options, clock);
}
