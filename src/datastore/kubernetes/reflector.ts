/**
 * Keeps the objects of one resource as the API server has them, by list and watch
 * (calico-datastore.md §3.2).
 *
 * ```
 *            ┌────── version gone (410, ERROR event), 5 failures without progress ──────┐
 *            ▼                                                                          │
 *  start ─▶ LIST, page by page ──complete──▶ WATCH from the version ──closed──▶ WATCH ──┘
 *            │ 404: none there, 30 min         │ events, bookmarks move the version
 *            │ 403: not ours to see, 30 s      ▼
 *            ▼ else: 1 s, doubling           onChange
 * ```
 *
 * Objects stay until a complete list, or a DELETED event, says otherwise: an API server that is gone,
 * restarts or answers nonsense changes nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import { type Reading, readObjects } from '../read-object.ts';
import type { Source } from '../snapshot-assembler.ts';
import type { ApiClient, WatchEvent } from './api-client.ts';
import { ApiError, errorOfStatus, isObject, type JsonObject } from './api-error.ts';

/** One resource, or a part of it. */
export interface Resource {
  /** `/api/v1/nodes`. */
  readonly path: string;
  readonly kind: string;
  readonly apiVersion: string;
  readonly fieldSelector?: string;
  /** False for objects that are none of our business; they are not kept. */
  readonly keeps?: (object: JsonObject) => boolean;
}

/**
 * `starting`: never answered; `synced`: objects are as the server had them; `absent`: the server has no such
 * resource; `forbidden`: we were never allowed to see it.
 */
export type Standing = 'starting' | 'synced' | 'absent' | 'forbidden';

export interface ReflectorPorts {
  readonly api: ApiClient;
  readonly clock: Clock;
  readonly random: Random;
}

const PAGE_SIZE = 500;
/** Between two attempts at anything; a watch follows its list at once. */
const PACE_MS = 500;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
const FORBIDDEN_RETRY_MS = 30_000;
const MAX_RETRY_AFTER_MS = 60_000;
const POLL_MS = 5_000;
const ABSENT_RETRY_MS = 30 * 60_000;
/** A starting API server may not know all its resources yet: objects go only when it insists. */
const ABSENCE_MS = 30_000;
const MAX_FAILURES = 5;
/** Silence after which a connection counts as lost. */
const LOST_MS = 600_000;
/** Asked of the server, up to twice as long. */
const WATCH_SEC = 300;
/** A server that does not keep to that is not waited for longer. */
const GRACE_MS = 15_000;
/** Servers that send bookmarks do so about every minute. */
const BOOKMARK_SILENCE_MS = 180_000;
/** A watch this short that told nothing has failed. */
const SHORT_MS = 1_000;

interface Item {
  readonly version: string;
  readonly source: Source;
}

const SILENT = 'the API server has not answered for ten minutes; what it said last stays in use';

export class Reflector {
  readonly resource: Resource;
  readonly #ports: ReflectorPorts;
  readonly #onChange: () => void;
  readonly #stopping = new AbortController();
  #items = new Map<string, Item>();
  #sources: readonly Source[] | undefined;
  #standing: Standing = 'starting';
  #problem: string | undefined;
  /** undefined: the next step is a list. */
  #version: string | undefined;
  #isWatchable = true;
  /** Watches in a row that began with a version already gone: the cache the lists come from is stale. */
  #expiries = 0;
  /** Tokens for the next page ran out before we came back. */
  #isUnpaged = false;
  #failures = 0;
  #lastAnswerAt: number;
  /** The latest attempt had no answer. */
  #isUnanswered = false;
  #absentSince: number | undefined;
  #wake: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  /** @param onChange objects, standing or problem are different now */
  constructor(resource: Resource, ports: ReflectorPorts, onChange: () => void) {
    this.resource = resource;
    this.#ports = ports;
    this.#onChange = onChange;
    this.#lastAnswerAt = ports.clock.now();
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Since the API server last answered, ms; 0 unless the latest attempt had no answer. */
  get contactAgeMs(): number {
    return this.#isUnanswered ? this.#ports.clock.now() - this.#lastAnswerAt : 0;
  }

  /** The problem is that nobody answers. */
  get isSilent(): boolean {
    return this.#problem === SILENT;
  }

  /** What keeps it from being as it should, in words; undefined when nothing does. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** In order of their names. */
  get sources(): readonly Source[] {
    this.#sources ??= [...this.#items]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { source }]) => source);
    return this.#sources;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Tries again at once what waits for its time. */
  retry(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports;
    while (!this.#stopping.signal.aborted) {
      const startedAt = clock.now();
      const wasListing = this.#version === undefined;
      const waitMs = await this.#step();
      const isListed = wasListing && this.#version !== undefined;
      const pacedMs = isListed ? 0 : startedAt + PACE_MS - clock.now();
      await this.#sleep(Math.max(waitMs, pacedMs));
    }
  }

  /** @returns how long to wait before the next one */
  async #step(): Promise<number> {
    try {
      return await (this.#version === undefined ? this.#list() : this.#watch(this.#version));
    } catch (error) {
      if (this.#stopping.signal.aborted) return 0;
      return this.#failed(error instanceof ApiError ? error : new ApiError(String(error)));
    }
  }

  async #list(): Promise<number> {
    const { items, version } = await this.#readPages();
    this.#failures = 0;
    this.#absentSince = undefined;
    this.#isUnpaged = false;
    this.#answered();
    this.#take(items, 'synced', undefined);
    if (version === '' || version === '0' || !this.#isWatchable) return POLL_MS;
    this.#version = version;
    return 0;
  }

  async #readPages(): Promise<{ items: Map<string, Item>; version: string }> {
    const items = new Map<string, Item>();
    let token = '';
    let version = '';
    for (let isFirst = true; isFirst || token !== ''; isFirst = false) {
      const page = await this.#ports.api.list(
        this.#listPath(token),
        (object) => {
          const item = this.#read(object);
          if (item) items.set(keyOf(object), item);
        },
        this.#stopping.signal,
      );
      const metadata = isObject(page['metadata']) ? page['metadata'] : {};
      version = textOf(metadata['resourceVersion']);
      token = textOf(metadata['continue']);
    }
    return { items, version };
  }

  /** A continued list must not name a version (its token does). */
  #listPath(token: string): string {
    const query = new URLSearchParams();
    if (!this.#isUnpaged) query.set('limit', String(PAGE_SIZE));
    if (token !== '') query.set('continue', token);
    else if (this.#expiries < 2) {
      query.set('resourceVersion', '0');
      query.set('resourceVersionMatch', 'NotOlderThan');
    }
    return this.#path(query);
  }

  #path(query: URLSearchParams): string {
    const { path, fieldSelector } = this.resource;
    if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
    return `${path}?${query}`;
  }

  async #watch(version: string): Promise<number> {
    const { clock, api, random } = this.#ports;
    const startedAt = clock.now();
    const lengthSec = Math.round(WATCH_SEC * (1 + random.uniform()));
    const watchdog = new Watchdog(clock, lengthSec * 1000 + GRACE_MS, this.#stopping.signal);
    let isIdle = true;
    const onEvent = (event: WatchEvent) => {
      isIdle = false;
      watchdog.heard(event.type === 'BOOKMARK');
      this.#handle(event);
    };
    try {
      const reader = { onBegin: () => this.#answered(), onEvent };
      await api.watch(this.#watchPath(version, lengthSec), reader, watchdog.signal);
    } catch (error) {
      // A watch that hangs is ended by us; the next one begins where it stood.
      if (!watchdog.signal.aborted) throw error;
    } finally {
      watchdog.end();
    }
    const isShort = isIdle && clock.now() - startedAt < SHORT_MS;
    if (isShort && !this.#stopping.signal.aborted) throw new ApiError('the watch ended at once');
    return 0;
  }

  #watchPath(version: string, lengthSec: number): string {
    const query = new URLSearchParams({ watch: 'true', resourceVersion: version });
    query.set('allowWatchBookmarks', 'true');
    query.set('timeoutSeconds', String(lengthSec));
    return this.#path(query);
  }

  #handle({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw errorOfStatus(object);
    this.#answered();
    if (type === 'ADDED' || type === 'MODIFIED') this.#put(keyOf(object), this.#read(object));
    else if (type === 'DELETED') this.#put(keyOf(object), undefined);
    else if (type !== 'BOOKMARK') return;
    this.#advance(versionOf(object));
  }

  #put(key: string, item: Item | undefined): void {
    const known = this.#items.get(key);
    if (item) this.#items.set(key, item);
    else this.#items.delete(key);
    if (known?.source !== item?.source) this.#changed();
  }

  #advance(version: string): void {
    if (version === '') return;
    this.#version = version;
    this.#failures = 0;
    this.#expiries = 0;
  }

  /** Reads one object, where it is ours to read; what did not change is not read again. */
  #read(object: JsonObject): Item | undefined {
    const { kind, apiVersion, keeps, path } = this.resource;
    const key = keyOf(object);
    if (key === '' || keeps?.(object) === false) return undefined;
    const version = versionOf(object);
    const known = this.#items.get(key);
    if (known && known.version === version && version !== '') return known;
    const value = { ...object, kind, apiVersion };
    const reading = readObjects({ value, locate: () => undefined });
    const isSame = known && isDeepStrictEqual(known.source.reading, reading);
    return { version, source: isSame ? known.source : sourceOf(path, key, reading) };
  }

  /** Takes the outcome of an attempt. */
  #take(items: Map<string, Item>, standing: Standing, problem: string | undefined): void {
    const isChanged =
      standing !== this.#standing ||
      problem !== this.#problem ||
      items.size !== this.#items.size ||
      [...items].some(([key, { source }]) => this.#items.get(key)?.source !== source);
    this.#items = items;
    this.#standing = standing;
    this.#problem = problem;
    if (isChanged) this.#changed();
  }

  #changed(): void {
    this.#sources = undefined;
    this.#onChange();
  }

  /** The server has said what we asked for. */
  #answered(): void {
    this.#heard();
    if (this.#standing === 'synced') this.#take(this.#items, 'synced', undefined);
  }

  #heard(): void {
    this.#lastAnswerAt = this.#ports.clock.now();
    this.#isUnanswered = false;
  }

  /** @returns how long to wait */
  #failed(error: ApiError): number {
    this.#failures++;
    const isWatching = this.#version !== undefined;
    if (error.status === undefined) this.#isUnanswered = true;
    else this.#heard();
    if (error.isExpired) return this.#expired(isWatching);
    if (isWatching && (error.status === 404 || error.status === 403)) this.#version = undefined;
    else if (isWatching && error.status === 405) this.#isWatchable = false;
    else if (error.status === 404) return this.#absent();
    else if (error.status === 403) return this.#forbidden(error);
    if (!this.#isWatchable || this.#failures >= MAX_FAILURES) this.#version = undefined;
    this.#reportLoss(error);
    return this.#retryMs(error, LAST_RETRY_MS);
  }

  #expired(isWatching: boolean): number {
    this.#version = undefined;
    if (isWatching) this.#expiries++;
    else this.#isUnpaged = true;
    return this.#expiries > 1 || !isWatching ? this.#retryMs(undefined, LAST_RETRY_MS) : 0;
  }

  #absent(): number {
    const now = this.#ports.clock.now();
    this.#absentSince ??= now;
    const isDoubtful = this.#items.size > 0 && now - this.#absentSince < ABSENCE_MS;
    if (isDoubtful) return this.#retryMs(undefined, LAST_RETRY_MS);
    const problem = `the API server has no such resource; ${this.resource.kind} objects count as none`;
    this.#take(new Map(), 'absent', problem);
    return ABSENT_RETRY_MS;
  }

  /** What was seen before the permission went stays. */
  #forbidden(error: ApiError): number {
    const wasSeen = this.#standing === 'synced';
    const effect = wasSeen ? 'what was read before stays in use' : 'it counts as empty';
    const problem = `no permission to list and watch (${error.message}); ${effect}`;
    this.#take(this.#items, wasSeen ? 'synced' : 'forbidden', problem);
    return this.#retryMs(error, FORBIDDEN_RETRY_MS);
  }

  /** An outage is a problem when nothing is there yet, or when it lasts (§3.2). */
  #reportLoss(error: ApiError): void {
    const silentMs = this.#ports.clock.now() - this.#lastAnswerAt;
    if (this.#standing === 'starting') {
      this.#take(this.#items, 'starting', `not read yet: ${error.message}`);
    } else if (silentMs >= LOST_MS) {
      this.#take(this.#items, this.#standing, SILENT);
    }
  }

  /** Doubling, and never the same for all nodes of a cluster. */
  #retryMs(error: ApiError | undefined, limitMs: number): number {
    const doubled = FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10);
    const jitter = 0.75 + this.#ports.random.uniform() / 2;
    const wanted = Math.min(error?.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
    return Math.max(wanted, Math.min(limitMs, doubled) * jitter);
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#ports.clock.setTimer(ms, () => this.#wake());
      this.#wake = () => {
        timer.cancel();
        this.#wake = () => {};
        resolve();
      };
    });
  }
}

/** Ends a watch that should have ended, or that went silent after it had shown bookmarks. */
class Watchdog {
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #limit: Timer;
  readonly #stopping: AbortSignal;
  readonly #bark = () => this.#ending.abort();
  #silence: Timer | undefined;

  constructor(clock: Clock, limitMs: number, stopping: AbortSignal) {
    this.#clock = clock;
    this.#limit = clock.setTimer(limitMs, this.#bark);
    this.#stopping = stopping;
    stopping.addEventListener('abort', this.#bark, { once: true });
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  heard(isBookmark: boolean): void {
    if (!isBookmark && !this.#silence) return;
    this.#silence?.cancel();
    this.#silence = this.#clock.setTimer(BOOKMARK_SILENCE_MS, this.#bark);
  }

  end(): void {
    this.#limit.cancel();
    this.#silence?.cancel();
    this.#stopping.removeEventListener('abort', this.#bark);
  }
}

function sourceOf(path: string, key: string, reading: Reading): Source {
  return { file: `${path}/${key}`, lineOffset: 0, reading };
}

function keyOf(object: JsonObject): string {
  const { namespace, name } = metadataOf(object);
  return namespace ? `${textOf(namespace)}/${textOf(name)}` : textOf(name);
}

function versionOf(object: JsonObject): string {
  return textOf(metadataOf(object)['resourceVersion']);
}

function metadataOf(object: JsonObject): JsonObject {
  return isObject(object['metadata']) ? object['metadata'] : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
