/** Which places users' templates come from, and how several become one. */
import { join } from 'node:path';
import type {
  TemplateFile,
  TemplateFiles,
  TemplateSource,
} from '../config-templates/template-source.ts';
import type { DatastoreSettings } from '../datastore/settings/settings.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import type { Clock } from '../runtime/clock.ts';
import {
  configMapTemplates,
  missingConfigMap,
  templatesConfigMap,
} from './config-map-templates.ts';
import type { DatastoreOptions } from './options.ts';
import { readTemplates, TemplateDirectory } from './template-directory.ts';

interface Place {
  readonly path: string;
  readonly isOptional: boolean;
}

/** `templates/` of a datastore that is a folder, then the directory that is named: later ones count. */
function placesOf(settings: DatastoreSettings, directory: string | undefined): Place[] {
  const beside = settings.kind === 'folder' ? [join(settings.path, 'templates')] : [];
  return [
    ...beside.map((path) => ({ path, isOptional: true })),
    ...(directory === undefined ? [] : [{ path: directory, isOptional: false }]),
  ];
}

/** Follows all of them; undefined where there is nothing to follow. */
export function openTemplates(
  settings: DatastoreSettings,
  directory: string | undefined,
  clock: Clock,
): TemplateSource | undefined {
  const sources = placesOf(settings, directory).map(
    ({ path, isOptional }) => new TemplateDirectory(path, clock, { isOptional }),
  );
  return sources.length === 0 ? undefined : new JoinedTemplates(sources);
}

/** Reads all of them once. @throws CatbirdError CATBIRD_TEMPLATES_UNREADABLE */
export async function readAllTemplates(
  settings: DatastoreSettings,
  directory: string | undefined,
): Promise<TemplateFiles> {
  const places = placesOf(settings, directory);
  const read = places.map(({ path, isOptional }) => readTemplates(path, isOptional));
  return joinFiles(await Promise.all(read));
}

/**
 * All of them with those that are objects of the datastore.
 *
 * @throws CatbirdError CATBIRD_TEMPLATES_UNREADABLE
 */
export async function readUsersTemplates(
  { datastore, env }: Pick<DatastoreOptions, 'datastore' | 'env'>,
  snapshot: Snapshot,
): Promise<TemplateFiles> {
  const configMap = templatesConfigMap(env);
  const files = configMapTemplates(snapshot, configMap);
  const faults = missingConfigMap(snapshot, configMap);
  const own = await readAllTemplates(datastore, env['CATBIRD_TEMPLATES']);
  return joinFiles([{ files, faults }, own]);
}

/** Of files with one name the last counts. */
function joinFiles(all: readonly TemplateFiles[]): TemplateFiles {
  const files = new Map<string, TemplateFile>();
  for (const file of all.flatMap((one) => one.files)) files.set(file.name, file);
  return { files: [...files.values()], faults: all.flatMap(({ faults }) => faults) };
}

class JoinedTemplates implements TemplateSource {
  readonly #sources: readonly TemplateSource[];
  readonly #latest: TemplateFiles[] = [];
  #isStarted = false;

  constructor(sources: readonly TemplateSource[]) {
    this.#sources = sources;
  }

  async start(onFiles: (files: TemplateFiles) => void): Promise<void> {
    for (const [i, source] of this.#sources.entries()) {
      await source.start((files) => {
        this.#latest[i] = files;
        if (this.#isStarted) onFiles(joinFiles(this.#latest));
      });
    }
    this.#isStarted = true;
    onFiles(joinFiles(this.#latest));
  }

  async stop(): Promise<void> {
    for (const source of this.#sources) await source.stop();
  }
}
