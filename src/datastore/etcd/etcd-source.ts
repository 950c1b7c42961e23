/**
 * The source of objects that is etcd v3: everything at one revision, then what changes from the next on.
 *
 *   connect ──▶ read all ──▶ watch ──▶ lost: another endpoint, watch from where we were
 *                  ▲           │
 *                  └───────────┘ compacted, or another store
 *
 * Whatever happens to servers, what was read stays until something newer is complete: no object is
 * missing in between.
 */
import { CatbirdError } from '../../net/error.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ObjectSource, SourceContents } from '../object-source.ts';
import type { EtcdSettings } from '../settings/settings.ts';
import type { DatastoreFault } from '../snapshot.ts';
import { faultAt } from '../source.ts';
import { type EtcdConnection, EtcdError } from './connection.ts';
import { type Endpoint, EndpointRing, type ResolveSrv } from './endpoints.ts';
import { type KeyRange, keyRanges, readKey } from './key-space.ts';
import { KeyTable } from './key-table.ts';
import type { WatchEvent } from './messages.ts';
import { readAll } from './read-all.ts';
import {
  isSameStore,
  type Position,
  WATCH_TIMERS,
  type WatchEnd,
  WatchSession,
  type WatchTimers,
} from './watch-session.ts';

export interface EtcdPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** @throws CatbirdError when the certificates cannot be read */
  readonly connect: (endpoint: Endpoint, settings: EtcdSettings) => EtcdConnection;
  readonly resolveSrv?: ResolveSrv;
  readonly timers?: WatchTimers;
}

const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 5_000;
/** An outage is told in the snapshot when it lasts this long. */
const TELL_OUTAGE_MS = 10_000;

export class EtcdSource implements ObjectSource {
  readonly #settings: EtcdSettings;
  readonly #ports: EtcdPorts;
  readonly #ring: EndpointRing;
  readonly #table: KeyTable;
  readonly #ranges: readonly KeyRange[];
  #tell: (contents: SourceContents) => void = () => {};
  /** Where the watches are; undefined until everything was read once. */
  #position: Position | undefined;
  #mustRead = true;
  #token: string | undefined;
  /** The token was made anew and nothing worked since. */
  #hasFreshToken = false;
  #isStopped = false;
  #connection: EtcdConnection | undefined;
  #session: WatchSession | undefined;
  #wakeUp: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #backOffMs = FIRST_BACK_OFF_MS;
  #outage:
    | { readonly reason: string; readonly since: number; timer: Timer; isTold: boolean }
    | undefined;
  #isTellQueued = false;

  /** @throws CatbirdError CATBIRD_DATASTORE_SETTINGS for a malformed endpoint */
  constructor(settings: EtcdSettings, ports: EtcdPorts) {
    this.#settings = settings;
    this.#ports = ports;
    this.#ring = new EndpointRing(settings, ports.random, ports.resolveSrv);
    this.#ranges = keyRanges(settings);
    this.#table = new KeyTable((key, value) => readKey(key, value, settings));
  }

  start(onContents: (contents: SourceContents) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#tell = (contents) => {
        onContents(contents);
        resolve();
      };
      this.#running = this.#run().then(resolve, reject);
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#outage?.timer.cancel();
    this.#wakeUp();
    this.#session?.stop();
    this.#connection?.close();
    await this.#running;
  }

  contactAgeMs(): number {
    return this.#outage ? this.#ports.clock.now() - this.#outage.since : 0;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#useNextEndpoint();
      } catch (error) {
        if (this.#isFatal(error)) throw error;
        this.#lost('etcd', error);
      }
      if (!this.#isStopped && this.#ring.isRoundOver) await this.#backOff();
    }
  }

  /** Settings that cannot work are told at start; later, a certificate may be about to be renewed. */
  #isFatal(error: unknown): boolean {
    return error instanceof CatbirdError && this.#position === undefined;
  }

  async #useNextEndpoint(): Promise<void> {
    const endpoint = await this.#ring.next();
    if (this.#isStopped) return;
    const connection = this.#ports.connect(endpoint, this.#settings);
    this.#connection = connection;
    try {
      await connection.ready();
      await this.#authenticate(connection);
      await this.#use(connection, endpoint);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (!this.#isStopped) this.#lost(endpoint.address, error);
    } finally {
      connection.close();
    }
  }

  /** Reads and follows until the connection is lost. A token that is no longer taken is replaced once. */
  async #use(connection: EtcdConnection, endpoint: Endpoint): Promise<void> {
    while (!this.#isStopped) {
      try {
        const end = await this.#readAndFollow(connection, endpoint);
        if (end.kind === 'lost') throw end.error;
        if (end.kind === 'reread' && !end.hasFollowed) return;
      } catch (error) {
        const isStale = error instanceof EtcdError && error.isStaleToken && this.#settings.user;
        if (!isStale || this.#hasFreshToken) throw error;
        this.#token = undefined;
        await this.#authenticate(connection);
        this.#hasFreshToken = true;
      }
    }
  }

  async #authenticate(connection: EtcdConnection): Promise<void> {
    const { user } = this.#settings;
    if (!user || this.#token !== undefined) return;
    try {
      this.#token = await connection.authenticate(user.name, user.password);
    } catch (error) {
      if (!(error instanceof EtcdError && error.isWithoutAuthentication)) throw error;
    }
  }

  async #readAndFollow(connection: EtcdConnection, endpoint: Endpoint): Promise<WatchEnd> {
    if (this.#mustRead) await this.#readAll(connection);
    if (this.#isStopped) return { kind: 'stopped' };
    const end = await this.#follow(connection, endpoint);
    if (end.kind === 'reread') {
      const { reason } = end;
      this.#ports.log.info({ endpoint: endpoint.address, reason }, 'etcd is read again');
      this.#mustRead = true;
    }
    return end;
  }

  async #readAll(connection: EtcdConnection): Promise<void> {
    const before = this.#position;
    const taker = this.#table.beginSnapshot();
    const header = await readAll(
      this.#ranges,
      (request) => connection.range(request, this.#token),
      (kvs, at) => taker.take(kvs, before !== undefined && isSameStore(before, at)),
    );
    if (this.#isStopped) return;
    taker.finish(header.revision);
    this.#position = { header, progress: this.#ranges.map(() => header.revision) };
    this.#mustRead = false;
    this.#tellNow();
  }

  async #follow(connection: EtcdConnection, endpoint: Endpoint): Promise<WatchEnd> {
    const { clock, timers = WATCH_TIMERS } = this.#ports;
    const position = this.#position!;
    this.#session = new WatchSession(connection, this.#token, {
      ranges: this.#ranges,
      position,
      clock,
      timers,
      onFollowing: () => this.#found(endpoint, position),
      onEvents: (events) => this.#apply(events),
    });
    const end = await this.#session.ended;
    this.#session = undefined;
    return end;
  }

  #apply(events: readonly WatchEvent[]): void {
    let hasChanged = false;
    for (const event of events) hasChanged = this.#table.apply(event) || hasChanged;
    if (!hasChanged || this.#isTellQueued) return;
    this.#isTellQueued = true;
    this.#ports.clock.defer(() => {
      if (!this.#isStopped && this.#isTellQueued) this.#tellNow();
    });
  }

  #tellNow(): void {
    this.#isTellQueued = false;
    const faults = this.#outage?.isTold ? [outageFault(this.#outage.reason)] : [];
    this.#tell({ sources: this.#table.sources(), faults });
  }

  /** All is well. */
  #found({ address }: Endpoint, { header }: Position): void {
    this.#backOffMs = FIRST_BACK_OFF_MS;
    this.#hasFreshToken = false;
    const { revision } = header;
    const about = { endpoint: address, revision, keys: this.#table.size };
    this.#ports.log.info(about, 'etcd is followed');
    const outage = this.#outage;
    outage?.timer.cancel();
    this.#outage = undefined;
    if (outage?.isTold) this.#tellNow();
  }

  /** Only the first reason of an outage is told: what follows from it would be a change each time. */
  #lost(where: string, error: unknown): void {
    const reason = `${where}: ${error instanceof Error ? error.message : String(error)}`;
    this.#ports.log[this.#outage ? 'debug' : 'warn']({ reason }, 'etcd cannot be followed');
    if (this.#outage) return;
    const timer = this.#ports.clock.setTimer(TELL_OUTAGE_MS, () => {
      if (!this.#outage || !this.#position) return;
      this.#outage.isTold = true;
      this.#tellNow();
    });
    this.#outage = { reason, since: this.#ports.clock.now(), timer, isTold: false };
  }

  async #backOff(): Promise<void> {
    const { clock, random } = this.#ports;
    // Between half and all of it, so that many nodes do not come back at once.
    const delayMs = this.#backOffMs * (1 + random.uniform()) * 0.5;
    this.#backOffMs = Math.min(MAX_BACK_OFF_MS, this.#backOffMs * 2);
    await new Promise<void>((resolve) => {
      const timer = clock.setTimer(delayMs, resolve);
      this.#wakeUp = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function outageFault(reason: string): DatastoreFault {
  const text = `it cannot be reached (${reason}); what was read before stays in use`;
  return { ...faultAt(undefined, { reason: text }), file: 'etcd', isOutage: true };
}
