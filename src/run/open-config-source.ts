/** Chooses the configuration source the options name. */
import type { Clock } from '../runtime/clock.ts';
import { ConfigFileSource } from './config-file.ts';
import type { ConfigSource } from './config-source.ts';
import { DatastoreSource } from './datastore-source.ts';
import type { RunOptions } from './options.ts';
import { openRenderer } from './rendering.ts';

/** @throws CatbirdError when the datastore is of an unknown kind */
export function openConfigSource({ source, node, env }: RunOptions, clock: Clock): ConfigSource {
  if ('configFile' in source) return new ConfigFileSource(source.configFile);
  return new DatastoreSource(source.datastore, openRenderer(node, env), clock);
}
