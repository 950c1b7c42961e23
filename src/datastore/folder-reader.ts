/**
 * Reads a folder again and again at the cost of what changed: unchanged files are not opened, unchanged
 * documents of a changed file not parsed.
 *
 * A file that no longer parses keeps what it held before, for it may be half written.
 */
import { basename, relative } from 'node:path';
import { readEndpointStatus } from './endpoint-status.ts';
import {
  isStatusFile,
  type Listing,
  listFiles,
  readText,
  reasonOf,
  type Stamp,
} from './folder-files.ts';
import { type Reading, readObjects } from './read-object.ts';
import type { DatastoreFault } from './snapshot.ts';
import type { Source } from './snapshot-assembler.ts';
import { faultAt } from './source.ts';
import { type Chunk, readDocument, splitDocuments } from './yaml-documents.ts';

/** What one file holds. */
interface FileState {
  readonly stamp: Stamp;
  /** What each document was read as, by its text. */
  readonly readings: ReadonlyMap<string, Reading>;
  readonly sources: readonly Source[];
  /** Of the file as a whole: unreadable, or no YAML. */
  readonly faults: readonly DatastoreFault[];
}

export interface FolderContents {
  /** Ordered by file name, then by place in the file. */
  readonly sources: readonly Source[];
  readonly faults: readonly DatastoreFault[];
  readonly directories: readonly string[];
  /** False when a file was being written while it was read; it should be read again soon. */
  readonly isSettled: boolean;
}

/** A document that could not be parsed. */
type SyntaxFaults = readonly DatastoreFault[];

interface Options {
  readonly breathe?: () => Promise<void>;
  readonly mayBeMissing?: boolean;
}

export class FolderReader {
  readonly #root: string;
  readonly #mayBeMissing: boolean;
  readonly #breathe: () => Promise<void>;
  #files = new Map<string, FileState>();
  /** Files named by a notification: read whatever their stamp, for stamps are as coarse as a clock tick. */
  #distrusted = new Set<string>();

  /**
   * @param options.breathe awaited between documents; may let others run when that took long enough
   * @param options.mayBeMissing a root that is not there is as good as an empty one
   */
  constructor(root: string, { breathe = async () => {}, mayBeMissing = false }: Options = {}) {
    this.#root = root;
    this.#breathe = breathe;
    this.#mayBeMissing = mayBeMissing;
  }

  /** The next {@link read} opens the file even if it looks unchanged. */
  distrust(path: string): void {
    this.#distrusted.add(path);
  }

  /** True when names, sizes or times differ from those of the last {@link read}. */
  async looksChanged(): Promise<boolean> {
    const { files, unreadable } = await listFiles(this.#root, this.#mayBeMissing);
    if (unreadable.size > 0 || files.size !== this.#files.size) return true;
    return [...files].some(([path, stamp]) => this.#files.get(path)?.stamp !== stamp);
  }

  /** Reads what changed. The root not being readable is a fault like any other here. */
  async read(): Promise<FolderContents> {
    const listing = await listFiles(this.#root, this.#mayBeMissing);
    const distrusted = this.#distrusted;
    this.#distrusted = new Set();
    const next = this.#keptFiles(listing);
    let isSettled = true;
    for (const [path, stamp] of listing.files) {
      const known = this.#files.get(path);
      if (known?.stamp === stamp && !distrusted.has(path)) {
        next.set(path, known);
        continue;
      }
      const { state, isSettled: isFileSettled } = await this.#readFile(path, stamp, known);
      next.set(path, state);
      isSettled &&= isFileSettled;
    }
    this.#files = new Map([...next].sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.#contents(listing, isSettled);
  }

  /** What lies below a path that cannot be looked at stays as it is. */
  #keptFiles({ unreadable }: Listing): Map<string, FileState> {
    const isBelow = (path: string) =>
      [...unreadable.keys()].some((lost) => !relative(lost, path).startsWith('..'));
    return new Map([...this.#files].filter(([path]) => isBelow(path)));
  }

  #contents({ directories, unreadable }: Listing, isSettled: boolean): FolderContents {
    const states = [...this.#files.values()];
    const lost = [...unreadable].map(([path, reason]) =>
      fileFault(path, reason, states.length > 0),
    );
    return {
      sources: states.flatMap((state) => state.sources),
      faults: [...lost, ...states.flatMap((state) => state.faults)],
      directories,
      isSettled,
    };
  }

  async #readFile(
    path: string,
    stamp: Stamp,
    known: FileState | undefined,
  ): Promise<{ state: FileState; isSettled: boolean }> {
    const before = known ?? EMPTY_FILE;
    try {
      const { text, isSettled } = await readText(path);
      if (known && known.stamp !== DOUBTED && !(isSettled && hasKept(text, known))) {
        return { state: { ...known, stamp: DOUBTED }, isSettled: false };
      }
      const state = await this.#parse(path, text, { ...before, stamp }, known);
      return { state, isSettled: true };
    } catch (error) {
      const faults = [fileFault(path, reasonOf(error), known !== undefined)];
      return { state: { ...before, stamp, faults }, isSettled: true };
    }
  }

  async #parse(
    path: string,
    text: string,
    before: FileState,
    known: FileState | undefined,
  ): Promise<FileState> {
    const readings = new Map<string, Reading>();
    const sources: Source[] = [];
    const faults: DatastoreFault[] = [];
    const chunks = isStatusFile(path) ? [{ text, lineOffset: 0 }] : splitDocuments(text);
    for (const chunk of chunks) {
      await this.#breathe();
      const reading = before.readings.get(chunk.text) ?? readChunk(chunk, path);
      if ('objects' in reading) {
        readings.set(chunk.text, reading);
        sources.push({ file: path, lineOffset: chunk.lineOffset, reading });
      } else faults.push(...inFile(reading, path, chunk));
    }
    if (faults.length === 0) return { stamp: before.stamp, readings, sources, faults };
    if (known) return { ...before, faults: faults.map(sayingItStays) };
    return { stamp: before.stamp, readings, sources, faults };
  }
}

const STAYS = 'what was read from it before stays in use';
/** Stamp of a file that looked half written; what is found at the next read is believed. */
const DOUBTED: Stamp = 'doubted';
const EMPTY_FILE: FileState = { stamp: '', readings: new Map(), sources: [], faults: [] };
const NOTHING: Reading = { objects: [], faults: [] };

/** A file that held objects and is empty may be about to be written: many writers truncate first. */
function hasKept(text: string, { sources }: FileState): boolean {
  return text.trim() !== '' || sources.every(({ reading }) => reading.objects.length === 0);
}

function readChunk(chunk: Chunk, path: string): Reading | SyntaxFaults {
  const document = readDocument(chunk.text);
  if (document === undefined) return NOTHING;
  if (!('locate' in document)) return document;
  return isStatusFile(path) ? readEndpointStatus(document, basename(path)) : readObjects(document);
}

function inFile(faults: SyntaxFaults, file: string, { lineOffset }: Chunk): DatastoreFault[] {
  return faults.map((fault) => ({ ...fault, file, line: (fault.line ?? 1) + lineOffset }));
}

function sayingItStays(fault: DatastoreFault): DatastoreFault {
  return { ...fault, reason: `${fault.reason}; ${STAYS}` };
}

function fileFault(file: string, reason: string, wasRead: boolean): DatastoreFault {
  const fault = { ...faultAt(undefined, { reason }), file };
  return wasRead ? sayingItStays(fault) : fault;
}
