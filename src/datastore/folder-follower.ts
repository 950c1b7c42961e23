/**
 * Follows a folder of files while it changes: YAML and JSON of resources, and `endpoint-status/`.
 *
 * A notification, or a regular look where none come, starts a short wait for quiet; then everything
 * that changed is read at once, so that a burst, an editor's save or a ConfigMap swap is one snapshot.
 */
import { dirname, join, resolve } from 'node:path';
import { CatbirdError } from '../net/error.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { STATUS_FOLDER } from './folder-files.ts';
import { type FolderContents, FolderReader } from './folder-reader.ts';
import { FolderWatcher } from './folder-watcher.ts';
import type { ObjectSource, SourceContents } from './object-source.ts';

/** Quiet that must follow a change before it is read. */
const SETTLE_MS = 30;
/** A folder that is never quiet is read this long after its first change. */
const MAX_SETTLE_MS = 400;
/** Between two looks at names and times, for what was not notified. */
const LOOK_MS = 3_000;
/** Longest stretch of parsing before others get their turn. */
const BUSY_MS = 15;

/**
 * Where Felix writes of the workloads that BGP peers are (calico-datastore.md §6.12); that there is no such
 * folder is no fault.
 *
 * @param prefix the folder's parent
 */
export function endpointStatusSource(prefix: string, clock: Clock): ObjectSource {
  return new FolderFollower(join(prefix, STATUS_FOLDER), clock, { mayBeMissing: true });
}

/** Follows a folder, or one file. */
export class FolderFollower implements ObjectSource {
  readonly #path: string;
  readonly #mayBeMissing: boolean;
  readonly #clock: Clock;
  readonly #reader: FolderReader;
  readonly #watcher: FolderWatcher;
  #tell: (contents: SourceContents) => void = () => {};
  #state: 'new' | 'running' | 'stopped' = 'new';
  #settling: { readonly since: number; timer: Timer } | undefined;
  #look: Timer | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isReadQueued = false;
  #busySince = 0;
  /** When the first read began whose contents are not told yet. */
  #untoldSince: number | undefined;

  constructor(path: string, clock: Clock, { mayBeMissing = false } = {}) {
    this.#path = resolve(path);
    this.#mayBeMissing = mayBeMissing;
    this.#clock = clock;
    const breathe = () => this.#breathe();
    this.#reader = new FolderReader(this.#path, { mayBeMissing, breathe });
    this.#watcher = new FolderWatcher((changed) => {
      this.#reader.distrust(changed);
      this.#settle();
    });
  }

  /**
   * Tells the first contents before it resolves.
   *
   * @throws CatbirdError CATBIRD_DATASTORE_UNREADABLE when there is no such folder; once running, a
   *   folder that vanishes is a fault in the contents instead
   */
  async start(onContents: (contents: SourceContents) => void): Promise<void> {
    this.#tell = onContents;
    this.#busySince = this.#clock.now();
    const contents = await this.#reader.read();
    if (!this.#mayBeMissing) assertReadable(this.#path, contents);
    if (this.#state === 'stopped') return;
    this.#state = 'running';
    this.#take(contents);
    this.#scheduleLook();
  }

  /** Nothing is told after the call, even by a read under way, for whose end it waits. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#watcher.close();
    this.#settling?.timer.cancel();
    this.#look?.cancel();
    await this.#reading;
  }

  /** Waits for quiet, then reads. */
  #settle(): void {
    if (this.#state !== 'running') return;
    const now = this.#clock.now();
    const since = this.#settling?.since ?? now;
    this.#settling?.timer.cancel();
    const delayMs = Math.max(0, Math.min(SETTLE_MS, since + MAX_SETTLE_MS - now));
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#settling = undefined;
      this.#queueRead();
    });
    this.#settling = { since, timer };
  }

  /** One read at a time; changes during one are read after it, together. */
  #queueRead(): void {
    if (this.#isReadQueued) return;
    this.#isReadQueued = true;
    this.#reading = this.#reading.then(() => this.#read());
  }

  async #read(): Promise<void> {
    this.#isReadQueued = false;
    if (this.#state !== 'running') return;
    this.#busySince = this.#clock.now();
    this.#untoldSince ??= this.#busySince;
    const contents = await this.#reader.read();
    await this.#turn(); // what happened meanwhile is notified by then
    if (this.#state !== 'running' || this.#isTorn()) return;
    this.#untoldSince = undefined;
    this.#take(contents);
  }

  /**
   * Files changed during the read: it may have the old state of one and the new of another, as the folder never
   * had them. The next read is told instead, unless the folder is never quiet.
   */
  #isTorn(): boolean {
    if (!this.#settling && !this.#isReadQueued) return false;
    return this.#clock.now() - (this.#untoldSince ?? 0) < MAX_SETTLE_MS;
  }

  #take({ sources, faults, directories, isSettled }: FolderContents): void {
    // A single file is watched through its directory, for saving may replace it.
    const watched = directories.length > 0 ? directories : [dirname(this.#path)];
    const hasMissed = this.#watcher.watch(watched);
    if (hasMissed || !isSettled) this.#settle();
    this.#tell({ sources, faults });
  }

  #scheduleLook(): void {
    this.#look = this.#clock.setTimer(LOOK_MS, () => {
      this.#reading = this.#reading.then(() => this.#lookAround());
    });
  }

  async #lookAround(): Promise<void> {
    if (this.#state !== 'running') return;
    if (await this.#reader.looksChanged()) this.#settle();
    if (this.#state === 'running') this.#scheduleLook();
  }

  /** Lets sessions have their turn while thousands of documents are parsed. */
  async #breathe(): Promise<void> {
    if (this.#clock.now() - this.#busySince < BUSY_MS) return;
    await this.#turn();
    this.#busySince = this.#clock.now();
  }

  #turn(): Promise<void> {
    return new Promise((resume) => this.#clock.defer(resume));
  }
}

/** @throws CatbirdError CATBIRD_DATASTORE_UNREADABLE when the root could not be looked at */
export function assertReadable(
  path: string,
  { faults, directories, sources }: FolderContents,
): void {
  const lost = faults.find((fault) => fault.file === resolve(path) && fault.line === undefined);
  if (directories.length > 0 || sources.length > 0 || !lost) return;
  throw new CatbirdError(
    'CATBIRD_DATASTORE_UNREADABLE',
    `The datastore folder ${path} cannot be read: ${lost.reason}. ` +
      'Create it, or name another with --datastore folder:DIR.',
  );
}
