/** A static configuration file as a configuration source, followed by stat (works for renames and symlinks). */
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/model.ts';
import { formatFault, parseConfig } from '../config/parse.ts';
import { CatbirdError } from '../net/error.ts';
import type { ConfigDelivery, ConfigSource } from './config-source.ts';
import { passwordFilesOf, withPasswordFiles } from './password-files.ts';

const STAT_INTERVAL_MS = 1000;

/** Reads the file once. A file that cannot be read is a fault like any other. */
export async function readConfigFile(path: string): Promise<ConfigDelivery> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return {
      config: undefined,
      faults: [`${path}: ${readFailure(error as NodeJS.ErrnoException)}`],
    };
  }
  const outcome = parseConfig(text, path);
  return 'config' in outcome
    ? { config: await withPasswordFiles(outcome.config), faults: [] }
    : { config: undefined, faults: outcome.faults.map(formatFault) };
}

function readFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EACCES') return 'this file may not be read';
  if (error.code === 'EISDIR') return 'this is a directory, not a configuration file';
  return error.message;
}

/** Follows one file and the password files it names; a faulty version is delivered as faults only. */
export class ConfigFileSource implements ConfigSource {
  readonly #path: string;
  readonly #passwordFiles = new Set<string>();
  readonly #changed = () => this.reload();
  #reading: Promise<void> = Promise.resolve();
  #onDelivery: ((delivery: ConfigDelivery) => void) | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws CatbirdError CATBIRD_CONFIG_INVALID when the first version has faults */
  async start(onDelivery: (delivery: ConfigDelivery) => void): Promise<void> {
    const first = await readConfigFile(this.#path);
    if (!first.config) throw new CatbirdError('CATBIRD_CONFIG_INVALID', first.faults.join('\n'));
    this.#onDelivery = onDelivery;
    onDelivery(first);
    watchFile(this.#path, { interval: STAT_INTERVAL_MS }, this.#changed);
    this.#follow(first.config);
  }

  /** One by one, so that what is delivered last was read last. */
  reload(): void {
    this.#reading = this.#reading.then(() => this.#read()); // readConfigFile never rejects
  }

  async stop(): Promise<void> {
    this.#onDelivery = undefined;
    for (const path of [this.#path, ...this.#passwordFiles]) unwatchFile(path, this.#changed);
  }

  async #read(): Promise<void> {
    const delivery = await readConfigFile(this.#path);
    if (!this.#onDelivery) return;
    this.#onDelivery(delivery);
    if (delivery.config) this.#follow(delivery.config);
  }

  #follow(config: Config): void {
    const named = passwordFilesOf(config);
    for (const path of this.#passwordFiles) {
      if (!named.has(path)) unwatchFile(path, this.#changed);
    }
    for (const path of named) {
      if (this.#passwordFiles.has(path)) continue;
      watchFile(path, { interval: STAT_INTERVAL_MS }, this.#changed);
    }
    this.#passwordFiles.clear();
    for (const path of named) this.#passwordFiles.add(path);
  }
}
