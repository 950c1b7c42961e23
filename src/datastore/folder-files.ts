/**
 * Finds and reads the resource files of a folder.
 *
 * A folder may be a mounted ConfigMap, where `name.yaml` points through the hidden link `..data` to a
 * hidden directory: links are followed, hidden names are not entered by themselves.
 */
import { type BigIntStats, constants, type Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Larger files are refused: no cluster's resources are this large, a mistaken path may be. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** Of one workload there is little to say. */
const MAX_STATUS_BYTES = 64 * 1024;
const MAX_DEPTH = 16;

/** A folder of this name holds files of Felix's about workloads, whatever they are called (§6.12). */
export const STATUS_FOLDER = 'endpoint-status';

/** Whether a file is about a workload. */
export function isStatusFile(path: string): boolean {
  return basename(dirname(path)) === STATUS_FOLDER;
}

/** Changes whenever the file's content may have changed. */
export type Stamp = string;

export interface Listing {
  /** Path and stamp of each resource file, ordered by path. */
  readonly files: ReadonlyMap<string, Stamp>;
  /** All directories that were entered, to be watched. */
  readonly directories: readonly string[];
  /** Paths that could not be looked at, and why; what was known below them should stay. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/**
 * Lists a folder, or the single file that stands for one.
 *
 * @param mayBeMissing a root that is not there is as good as an empty one
 */
export async function listFiles(root: string, mayBeMissing = false): Promise<Listing> {
  const lister = new Lister();
  await lister.visit(root, 0, !mayBeMissing);
  return lister.listing();
}

/**
 * Reads a file as UTF-8.
 *
 * @returns its text, and whether the file stayed the same while it was read
 * @throws Error saying why it cannot be read
 */
export async function readText(path: string): Promise<{ text: string; isSettled: boolean }> {
  // A named pipe in the folder must not hang the reader, were it to appear after the listing.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = await file.stat({ bigint: true });
    const limit = isStatusFile(path) ? MAX_STATUS_BYTES : MAX_FILE_BYTES;
    if (before.size > limit) {
      throw new Error(`the file has ${before.size} bytes; the limit is ${limit}`);
    }
    const bytes = await file.readFile();
    const after = await file.stat({ bigint: true });
    return { text: decode(bytes), isSettled: stampOf(before) === stampOf(after) };
  } finally {
    await file.close();
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error('the file is not UTF-8 text', { cause });
  }
}

class Lister {
  readonly #files: [string, Stamp][] = [];
  readonly #directories: string[] = [];
  readonly #unreadable = new Map<string, string>();
  /** Device and inode of directories, so that links in a circle end. */
  readonly #visited = new Set<string>();

  listing(): Listing {
    const sorted = this.#files.sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      files: new Map(sorted),
      directories: this.#directories,
      unreadable: this.#unreadable,
    };
  }

  /** @param mustExist that it is missing is told */
  async visit(path: string, depth: number, mustExist = false): Promise<void> {
    try {
      const stats = await stat(path, { bigint: true });
      if (stats.isDirectory()) await this.#enter(path, stats, depth);
      else if (stats.isFile() && (depth === 0 || isStatusFile(path) || isResourceFile(path))) {
        this.#files.push([path, stampOf(stats)]);
      }
    } catch (error) {
      // A name that vanished between listing and looking, or a dangling link, is simply not there.
      if (mustExist || !isMissing(error)) this.#unreadable.set(path, reasonOf(error));
    }
  }

  async #enter(path: string, stats: BigIntStats, depth: number): Promise<void> {
    const identity = `${stats.dev}:${stats.ino}`;
    if (this.#visited.has(identity) || depth > MAX_DEPTH) return;
    this.#visited.add(identity);
    const entries = await readdir(path, { withFileTypes: true });
    this.#directories.push(path);
    const isWanted = basename(path) === STATUS_FOLDER ? mayBeStatus : mayHoldResources;
    const wanted = entries.filter(isWanted).map((entry) => entry.name);
    for (const name of wanted.sort()) await this.visit(join(path, name), depth + 1);
  }
}

function mayBeStatus(entry: Dirent): boolean {
  return entry.isFile() && !entry.name.startsWith('.');
}

function mayHoldResources(entry: Dirent): boolean {
  if (entry.name.startsWith('.')) return false;
  return entry.isDirectory() || entry.isSymbolicLink() || isResourceFile(entry.name);
}

/** Editors' leftovers (`a.yaml~`, `a.yaml.swp`) end differently or are hidden. */
function isResourceFile(path: string): boolean {
  return /\.(ya?ml|json)$/.test(path);
}

function stampOf(stats: BigIntStats): Stamp {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** The reason in words: of `ENOENT: no such file or directory, stat '/x'` the middle. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^E[A-Z]+: ([^,]+)/.exec(message)?.[1] ?? message;
}
