/** Reads a datastore once and prints the configuration the templates make of it. */
import { stringify } from 'yaml';
import { printConfig } from '../config/print.ts';
import { readDatastore } from '../datastore/open-datastore.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import { SystemClock, SystemRandom } from '../runtime/system-clock.ts';
import type { DatastoreOptions } from './options.ts';
import { describeFaults, isSound, openRenderer } from './rendering.ts';
import { readUsersTemplates } from './template-sources.ts';

export interface RenderRequest extends DatastoreOptions {
  readonly format: 'json' | 'yaml';
  readonly showSecrets: boolean;
}

/**
 * The document, undefined when nothing can be made of the datastore, every fault and remark as a
 * sentence, and whether there is nothing to mend.
 *
 * @throws CatbirdError when the datastore cannot be read at all
 */
export async function renderOnce(request: RenderRequest): Promise<{
  readonly document: string | undefined;
  readonly faults: readonly string[];
  readonly isSound: boolean;
}> {
  const { datastore, node, env, format, showSecrets } = request;
  const snapshot = await readDatastoreSnapshot(datastore);
  const templates = await readUsersTemplates({ datastore, env }, snapshot);
  const renderer = openRenderer(node, env);
  renderer.setTemplates(templates.files);
  const result = renderer.render(snapshot);
  const faults = [...templates.faults, ...describeFaults(snapshot, result)];
  if (!result.config) return { document: undefined, faults, isSound: false };
  const printed = printConfig(result.config, { showSecrets });
  const document = format === 'json' ? `${JSON.stringify(printed, null, 2)}\n` : stringify(printed);
  return { document, faults, isSound: templates.faults.length === 0 && isSound(snapshot, result) };
}

/** Reads a datastore once. @throws CatbirdError when it cannot be read at all */
export async function readDatastoreSnapshot(
  settings: DatastoreOptions['datastore'],
): Promise<Snapshot> {
  return await readDatastore(settings, { clock: new SystemClock(), random: new SystemRandom() });
}
