/**
 * Users' templates from a directory, followed while it changes.
 *
 * The directory may be a mounted ConfigMap. A notification is only a hint; every few seconds names and
 * times are looked at anyway. What was read once stays when the directory cannot be read any more.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  TEMPLATE_SUFFIX,
  type TemplateFile,
  type TemplateFiles,
  type TemplateSource,
} from '../config-templates/template-source.ts';
import { readText, reasonOf } from '../datastore/folder-files.ts';
import { FolderWatcher } from '../datastore/folder-watcher.ts';
import { CatbirdError } from '../net/error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** Quiet that must follow a notification. */
const SETTLE_MS = 60;
const LOOK_MS = 3_000;
/** There are a dozen templates to override; more files than this are some other directory. */
const MAX_FILES = 500;

export class TemplateDirectory implements TemplateSource {
  readonly #path: string;
  readonly #isOptional: boolean;
  readonly #clock: Clock;
  readonly #watcher = new FolderWatcher(() => this.#lookIn(SETTLE_MS));
  #onFiles: (files: TemplateFiles) => void = () => {};
  #latest: TemplateFiles = { files: [], faults: [] };
  #look: Timer | undefined;
  #isStopped = false;

  /** @param options.isOptional a directory that is not there is as good as an empty one */
  constructor(path: string, clock: Clock, options: { readonly isOptional: boolean }) {
    this.#path = path;
    this.#clock = clock;
    this.#isOptional = options.isOptional;
  }

  /** @throws CatbirdError CATBIRD_TEMPLATES_UNREADABLE when there is no such directory */
  async start(onFiles: (files: TemplateFiles) => void): Promise<void> {
    this.#onFiles = onFiles;
    this.#latest = await readTemplates(this.#path, this.#isOptional);
    if (this.#isStopped) return;
    onFiles(this.#latest);
    this.#watcher.watch([this.#path]);
    this.#lookIn(LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#onFiles = () => {};
    this.#watcher.close();
    this.#look?.cancel();
  }

  #lookIn(delayMs: number): void {
    if (this.#isStopped) return;
    this.#look?.cancel();
    this.#look = this.#clock.setTimer(delayMs, () => void this.#lookAround());
  }

  async #lookAround(): Promise<void> {
    const files = await this.#readAgain();
    if (JSON.stringify(files) !== JSON.stringify(this.#latest)) {
      this.#latest = files;
      this.#onFiles(files);
    }
    if (!this.#isStopped) this.#watcher.watch([this.#path]);
    this.#lookIn(LOOK_MS);
  }

  async #readAgain(): Promise<TemplateFiles> {
    try {
      return await readTemplates(this.#path, this.#isOptional, this.#latest.files);
    } catch (error) {
      const reason = `${(error as Error).message} What was read before stays in force.`;
      return { files: this.#latest.files, faults: [reason] };
    }
  }
}

/**
 * Reads the templates of a directory once.
 *
 * @param before what stands in for files that are there and cannot be read
 * @throws CatbirdError CATBIRD_TEMPLATES_UNREADABLE
 */
export async function readTemplates(
  path: string,
  isOptional: boolean,
  before: readonly TemplateFile[] = [],
): Promise<TemplateFiles> {
  const names = await listTemplates(path, isOptional);
  const files: TemplateFile[] = [];
  const faults: string[] = [];
  for (const name of names) {
    const place = join(path, name);
    try {
      if (!(await stat(place)).isFile()) continue;
      const { text } = await readText(place);
      files.push({ name: basename(name, TEMPLATE_SUFFIX), text, place });
    } catch (error) {
      const known = before.find((file) => file.place === place);
      if (known) files.push(known);
      faults.push(
        `${place}: ${reasonOf(error)}${known ? '; the version before stays in force' : ''}`,
      );
    }
  }
  return { files, faults };
}

async function listTemplates(path: string, isOptional: boolean): Promise<string[]> {
  try {
    const names = (await readdir(path)).filter((name) => name.endsWith(TEMPLATE_SUFFIX)).sort();
    if (names.length <= MAX_FILES) return names;
    throw new Error(`it has ${names.length} templates; the limit is ${MAX_FILES}`);
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (isOptional && ['ENOENT', 'ENOTDIR'].includes(code)) return [];
    throw new CatbirdError(
      'CATBIRD_TEMPLATES_UNREADABLE',
      `The templates in ${path} cannot be read: ${reasonOf(cause)}. ` +
        'Create the directory, or name another with --templates DIR.',
      { cause },
    );
  }
}
