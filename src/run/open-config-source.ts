/** Chooses the configuration source the options name, and loads only what that one needs. */
import { resolve } from 'node:path';
import type { DatastorePorts } from '../datastore/open-datastore.ts';
import type { DatastoreSettings } from '../datastore/settings/settings.ts';
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
  const { GuardedSource } = await import('./guarded-source.ts');
  const { readGuardOptions } = await import('./guard-options.ts');
  const { StateFile } = await import('./state-file.ts');
  const guard = readGuardOptions(env);
  const { stateDirectory } = guard;
  const origin = `${originOf(source.datastore)}, node ${node}`;
  // Here already, because settings that cannot work are told at once.
  let first: ConfigSource | undefined = await openDatastoreSource(options, source.datastore, ports);
  return new GuardedSource({
    open: async () => {
      const opened = first ?? (await openDatastoreSource(options, source.datastore, ports));
      first = undefined;
      return opened;
    },
    state: stateDirectory === undefined ? undefined : new StateFile(stateDirectory, origin),
    options: guard,
    clock: ports.clock,
    log: ports.log,
  });
}

async function openDatastoreSource(
  { node, env }: RunOptions,
  settings: DatastoreSettings,
  ports: DatastorePorts,
): Promise<ConfigSource> {
  const { DatastoreSource } = await import('./datastore-source.ts');
  const { openDatastore } = await import('../datastore/open-datastore.ts');
  const { templatesConfigMap } = await import('./config-map-templates.ts');
  const { openRenderer } = await import('./rendering.ts');
  const { openTemplates } = await import('./template-sources.ts');
  const { clock } = ports;
  return new DatastoreSource({
    datastore: await openDatastore(settings, ports),
    renderer: openRenderer(node, env),
    templates: openTemplates(settings, env['CATBIRD_TEMPLATES'], clock),
    configMap: templatesConfigMap(env),
    clock,
  });
}

/** Names a datastore, without anything that is secret. */
function originOf(settings: DatastoreSettings): string {
  if (settings.kind === 'folder') return `folder:${resolve(settings.path)}`;
  if (settings.kind === 'kubernetes') {
    const { apiEndpoint, kubeconfig, inClusterEndpoint } = settings;
    return `kubernetes ${apiEndpoint ?? (kubeconfig.join(',') || inClusterEndpoint || '')}`;
  }
  return `etcd ${[...settings.endpoints].sort().join(',')}`;
}
