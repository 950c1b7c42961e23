/**
 * The last good configuration on disk, for a start without the datastore.
 *
 * A line of JSON about the rest, then the configuration as `catbird render -o json` prints it. It is replaced
 * as a whole (write, fsync, rename, fsync of the directory), readable by its owner alone, and used only when its
 * checksum fits. Passwords are not in it: such a session waits for the datastore (SESS-9).
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { checkConfig } from '../config/check.ts';
import type { ConfigIssue } from '../config/issues.ts';
import type { Config, NeighborConfig, SessionConfig } from '../config/model.ts';
import { formatPath } from '../config/parse.ts';
import { printConfig, printNeighbor } from '../config/print.ts';
import { STRIDE } from '../config/steps.ts';
import { replaceFile } from './replace-file.ts';

const FORMAT = 1;
/** Far more than any cluster needs. */
const LARGEST_BYTES = 256 * 1024 * 1024;

interface Header {
  readonly format: number;
  /** Which datastore, and which node of it: nothing is used for another. */
  readonly origin: string;
  /** ISO 8601. */
  readonly savedAt: string;
  /** SHA-256 of what follows the line, hexadecimal. */
  readonly checksum: string;
}

export interface StoredConfig {
  readonly config: Config;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

/** See the head of the file. */
export class StateFile {
  readonly #directory: string;
  readonly #origin: string;
  /** As they stand in the file. */
  readonly #sessions = new WeakMap<NeighborConfig, string>();
  #saved: string | undefined;
  #next: { readonly config: Config; readonly savedAt: number } | undefined;
  #saving: Promise<void> | undefined;

  /** @param origin names datastore and node; each has a file of its own */
  constructor(directory: string, origin: string) {
    this.#directory = directory;
    this.#origin = origin;
  }

  get path(): string {
    return join(this.#directory, `last-good-${checksumOf(this.#origin).slice(0, 16)}.json`);
  }

  /**
   * What is stored for this node and datastore; undefined when nothing is.
   *
   * @throws Error with a few words when something is there that cannot be used
   */
  async load(): Promise<StoredConfig | undefined> {
    const text = await this.#read();
    if (text === undefined) return undefined;
    const end = text.indexOf('\n');
    const header = parseHeader(text.slice(0, end));
    const body = text.slice(end + 1);
    if (header.checksum !== checksumOf(body)) throw new Error('its checksum does not fit');
    if (header.origin !== this.#origin) throw new Error(`it is of ${header.origin}`);
    const outcome = checkConfig(JSON.parse(body));
    if (!('config' in outcome)) throw new Error(outcome.issues.map(textOfIssue).join('; '));
    return { config: outcome.config, savedAt: Date.parse(header.savedAt) };
  }

  /**
   * Stores a configuration, unless the same is stored; the newest of several counts.
   *
   * @throws Error when it cannot be written
   */
  async save(config: Config, savedAt: number): Promise<void> {
    this.#next = { config, savedAt };
    this.#saving ??= this.#saveAll().finally(() => {
      this.#saving = undefined;
    });
    await this.#saving;
  }

  async #saveAll(): Promise<void> {
    for (let next = this.#next; next; next = this.#next) {
      this.#next = undefined;
      await this.#write(next.config, new Date(next.savedAt).toISOString());
    }
  }

  async #write(config: Config, savedAt: string): Promise<void> {
    const body = await this.#textOf(config);
    const checksum = checksumOf(body);
    if (checksum === this.#saved) return;
    const header: Header = { format: FORMAT, origin: this.#origin, savedAt, checksum };
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await replaceFile(this.path, `${JSON.stringify(header)}\n${body}`);
    this.#saved = checksum;
  }

  /** In slices, and at the cost of what is new: thousands of sessions stay as they are. */
  async #textOf({ neighbors, neighborRanges, ...others }: Config): Promise<string> {
    const ranges = neighborRanges.map(withoutSecret);
    const printed = printConfig({ ...others, neighbors: [], neighborRanges: ranges });
    const texts: string[] = [];
    let made = 0;
    for (const neighbor of neighbors) {
      const known = this.#sessions.get(neighbor);
      const text = known ?? JSON.stringify(printNeighbor(withoutSecret(neighbor)));
      texts.push(text);
      if (known !== undefined) continue;
      this.#sessions.set(neighbor, text);
      if (++made % STRIDE === 0) await turn();
    }
    const rest = JSON.stringify({ ...printed, neighbors: undefined });
    return `${rest.slice(0, -1)},"neighbors":[${texts.join(',')}]}`;
  }

  async #read(): Promise<string | undefined> {
    try {
      const bytes = await readFile(this.path);
      if (bytes.length > LARGEST_BYTES) throw new Error('it is too large');
      return bytes.toString('utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

function parseHeader(line: string): Header {
  let header: Partial<Header> | null;
  try {
    header = JSON.parse(line) as Partial<Header> | null;
  } catch {
    throw new Error('it is not a stored configuration');
  }
  if (header?.format !== FORMAT) throw new Error('it is of another version of Catbird');
  return header as Header;
}

function textOfIssue({ path, reason }: ConfigIssue): string {
  return `${formatPath(path)}: ${reason}`;
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function withoutSecret<T extends SessionConfig>(session: T): T {
  if (session.password === undefined || session.passwordFile !== undefined) return session;
  const waitingFor = 'its password, which only the datastore has';
  return { ...session, password: undefined, waitingFor };
}
