/** Reads a configuration that is to be planned, from a file or a datastore, as a document the daemon can check. */
import { readFile } from 'node:fs/promises';
import { formatFault, parseConfig } from '../config/parse.ts';
import type { PlainObject } from '../config/plain-object.ts';
import { printConfig } from '../config/print.ts';
import { reasonOf } from '../datastore/folder-files.ts';
import type { Environment, Flags } from '../datastore/settings/environment.ts';
import { readDatastoreOptions } from './options.ts';
import { renderOnce } from './render-once.ts';

export interface Planned {
  /** With secrets; undefined when it cannot be used. */
  readonly document: PlainObject | undefined;
  readonly faults: readonly string[];
}

/** @throws CatbirdError when settings contradict each other, or the datastore cannot be read */
export async function readPlanned(flags: Flags, env: Environment): Promise<Planned> {
  const path = flags['config'];
  if (typeof path === 'string') return await readFileOf(path);
  const options = readDatastoreOptions(flags, env);
  const { document, faults } = await renderOnce({ ...options, format: 'json', showSecrets: true });
  return { document: document === undefined ? undefined : JSON.parse(document), faults };
}

async function readFileOf(path: string): Promise<Planned> {
  try {
    const outcome = parseConfig(await readFile(path, 'utf8'), path);
    if (!('config' in outcome))
      return { document: undefined, faults: outcome.faults.map(formatFault) };
    return { document: printConfig(outcome.config, { showSecrets: true }), faults: [] };
  } catch (error) {
    return { document: undefined, faults: [`${path}: ${reasonOf(error)}`] };
  }
}
