/** Chooses the configuration source the options name, and loads only what that one needs. */
import type { DatastorePorts } from '../datastore/open-datastore.ts';
import type { ConfigSource } from './config-source.ts';
import type { RunOptions } from './options.ts';

/** @throws CatbirdError when the settings of the datastore cannot work */
export async function openConfigSource(
  options: RunOptions,
  ports: DatastorePorts,
): Promise<ConfigSource> {
  const { source, node, env } = options;
  if ('configFile' in source) {
    const { ConfigFileSource } = await import('./config-file.ts');
    return new ConfigFileSource(source.configFile);
  }
  const { DatastoreSource } = await import('./datastore-source.ts');
  const { openDatastore } = await import('../datastore/open-datastore.ts');
  const { templatesConfigMap } = await import('./config-map-templates.ts');
  const { openRenderer } = await import('./rendering.ts');
  const { openTemplates } = await import('./template-sources.ts');
  const { clock } = ports;
  return new DatastoreSource({
    datastore: await openDatastore(source.datastore, ports),
    renderer: openRenderer(node, env),
    templates: openTemplates(source.datastore, env['CATBIRD_TEMPLATES'], clock),
    configMap: templatesConfigMap(env),
    clock,
  });
}
