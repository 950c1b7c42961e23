/**
 * Keeps the kernel's routes of our protocol equal to what the RIB wants.
 *
 * ```
 * want / unwant ─► DeltaTracker ─► batches ─► Kernel.apply ─► results ─► DeltaTracker
 *                      ▲                                                    │ refused
 * Kernel.watch, reads ─┘                              RouteProblems ◄───────┘
 * ```
 *
 * One thing happens at a time: writing a batch, or reading the table. What watchers tell meanwhile waits
 * until it is done, so the ledger always moves in the order of events. Within a batch new routes go before
 * deletes: a metric change never leaves a gap, and deletes name metric and protocol (FIB-15). Routes of
 * other protocols are never touched (FIB-13), and stopping leaves everything in place (START-3).
 *
 * What others do to our routes is drift: it is counted and made good at once, and with ever more patience
 * where they do not leave off (`drift-watch.ts`, `route-contests.ts`).
 */
import type { FibRouteView } from '../api/views.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { DeltaTracker } from './delta-tracker.ts';
import { type DriftCounters, DriftWatch } from './drift-watch.ts';
import { countStates, type FibFacts, viewRoute, viewRoutes } from './fib-view.ts';
import type { Kernel, KernelChange, KernelRoute, RouteTarget } from './kernel.ts';
import { Rescan } from './rescan.ts';
import { RouteContests } from './route-contests.ts';
import { RouteProblems } from './route-problems.ts';
import { formatTarget } from './route-target.ts';
import {
  type FibSide,
  RouteWriter,
  type RouteWriterOptions,
  type WriteCounters,
} from './route-writer.ts';

/** After the kernel refused a whole batch or read. */
const FAILURE_RETRY_MS = 5000;

export interface FibSettings {
  readonly enabled: boolean;
  readonly protocol: number;
  readonly table: number;
}

export interface FibOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly settings: FibSettings;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Finds the route of another protocol that has this prefix and metric, for views. */
  readonly foreignAt?: (prefix: Prefix, metric: number) => KernelRoute | undefined;
}

/** Plain numbers, read at scrape time. */
export interface FibCounters extends WriteCounters, DriftCounters {
  /** Complete reads of our routes. */
  reads: number;
}

/** The table in numbers. */
export interface FibFigures {
  /** As in `show fib`; counted when it is read. */
  readonly states: Readonly<Record<FibRouteView['state'], number>>;
  readonly counters: FibCounters;
  /** Routes left alone for now, because another program keeps changing them. */
  readonly contested: number;
}

/** `rejected`: the kernel refuses the route, or someone else's has its place; it is tried again. */
export type FibState = 'installed' | 'pending' | 'rejected' | 'none';

/** What is known of one prefix. */
export interface FibStory {
  /** Undefined when it is neither wanted nor there. */
  readonly view: FibRouteView | undefined;
  /** Our routes as the kernel was seen to hold them last, in the words of `ip route`. */
  readonly held: readonly string[];
}

/** The forwarding table. */
export class Fib {
  readonly counters: FibCounters = {
    written: 0,
    deleted: 0,
    refused: 0,
    refusals: new Map(),
    reads: 0,
    drifted: 0,
  };
  /** Told of every operation, and why the kernel refused it. */
  onTried: RouteWriterOptions['onTried'] = () => {};
  readonly #writer: RouteWriter;
  readonly #kernel: Kernel;
  readonly #clock: Clock;
  readonly #settings: FibSettings;
  readonly #foreignAt: NonNullable<FibOptions['foreignAt']>;
  readonly #log: FibOptions['log'];
  readonly #sides: Readonly<Record<Family, FibSide>>;
  readonly #rescan: Rescan;
  readonly #drift: DriftWatch;
  #unwatch: (() => void) | undefined;
  #phase: 'new' | 'running' | 'stopped' = 'new';
  #isReadWanted = false;
  #hasAdopted = false;
  #isScheduled = false;
  /** Set while the kernel gets a rest from us. */
  #pause: Timer | undefined;
  #work: Promise<void> | undefined;
  #waiting: KernelChange[] = [];
  /** Whom to wake when a piece of work is done. */
  readonly #waiters: (() => void)[] = [];
  /** Interfaces our routes ever used. */
  readonly #devices = new Set<string>();

  constructor({ kernel, clock, settings, log, foreignAt }: FibOptions) {
    this.#foreignAt = foreignAt ?? (() => undefined);
    this.#kernel = kernel;
    this.#clock = clock;
    this.#settings = settings;
    this.#log = log;
    this.#sides = {
      'ipv4-unicast': this.#side('ipv4-unicast'),
      'ipv6-unicast': this.#side('ipv6-unicast'),
    };
    this.#drift = new DriftWatch({
      settings,
      sides: this.#sides,
      counters: this.counters,
      clock,
      log,
    });
    this.#rescan = new Rescan(clock, () => this.#wantRead());
    const { counters } = this;
    const onForeign = () => this.#rescan.request();
    const onTried: Fib['onTried'] = (operation, error) => this.onTried(operation, error);
    this.#writer = new RouteWriter({ kernel, settings, counters, log, onForeign, onTried });
  }

  /**
   * Reads back what an earlier run left; it stays until {@link release}. Nothing is written before that
   * read is complete.
   *
   * @throws CatbirdError when the kernel cannot be read
   */
  async start(): Promise<void> {
    if (!this.#settings.enabled) return;
    this.#phase = 'running';
    this.#unwatch = this.#kernel.watch((change) => this.#hear(change));
    try {
      await this.#read();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#replay();
    this.#schedule();
  }

  /**
   * Wants the prefix routed so; cheap, written after the current turn, only the last word counts.
   *
   * @param target shared between prefixes, never changed afterwards
   */
  want(prefix: Prefix, target: RouteTarget): void {
    if (this.#settings.enabled) this.#setDesired(prefix, target);
  }

  /** Wants no route of ours for the prefix. */
  unwant(prefix: Prefix): void {
    if (this.#settings.enabled) this.#setDesired(prefix, undefined);
  }

  /**
   * Asks for each distinct wanted target whether it is still the right one, for when next hops resolve
   * differently; touches the routes whose answer is another object.
   */
  retarget(refresh: (target: RouteTarget) => RouteTarget): void {
    for (const { tracker } of this.#allSides()) tracker.retarget(refresh);
    this.#schedule();
  }

  /** Initial convergence is over: leftovers that are not wanted go, others are brought up to date (START-1). */
  release(): void {
    for (const { tracker } of this.#allSides()) tracker.release();
    this.#schedule();
  }

  /** Resolves when everything asked for so far has been tried once. */
  async flush(): Promise<void> {
    while (this.#isWriting() && (this.#hasWork() || this.#work)) {
      this.#run();
      await this.#work;
    }
  }

  /**
   * Waits for the same without hurrying anything.
   *
   * @returns false when nothing is written at present: before the first read, during a pause, at the end
   */
  async written(): Promise<boolean> {
    while (this.#isWriting() && (this.#hasWork() || this.#work)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    return this.#isWriting();
  }

  /** Stops watching and writing; the kernel stays as it is (START-3). */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#unwatch?.();
    this.#rescan.stop();
    this.#pause?.cancel();
    for (const { problems, contests } of this.#allSides()) {
      problems.stop();
      contests.stop();
    }
    await this.#work;
  }

  stateOf(prefix: Prefix): FibState {
    const { tracker, problems } = this.#sides[prefix.family];
    const row = tracker.find(prefix);
    const wanted = row < 0 ? undefined : tracker.desired(row);
    if (!wanted || wanted.withheld !== undefined) return 'none';
    if (tracker.isInstalled(row)) return 'installed';
    return problems.get(row) ? 'rejected' : 'pending';
  }

  /** Wanted and owned routes as `show fib` prints them, made on demand. */
  *routes(): Generator<FibRouteView> {
    for (const side of this.#allSides()) yield* viewRoutes(side, this.#facts());
  }

  /** The route of one prefix as {@link routes} prints it, and what the kernel holds of ours for it. */
  routeOf(prefix: Prefix): FibStory {
    const side = this.#sides[prefix.family];
    const row = side.tracker.find(prefix);
    if (row < 0) return { view: undefined, held: [] };
    const held = side.tracker.owned(row).map(formatTarget);
    return { view: viewRoute(side, row, this.#facts()), held };
  }

  #facts(): FibFacts {
    const { protocol } = this.#settings;
    return { protocol, now: this.#clock.now(), foreignAt: this.#foreignAt };
  }

  /** The table in numbers; a look at every route. */
  figures(): FibFigures {
    const sides = this.#allSides();
    return {
      get states() {
        return countStates(sides);
      },
      counters: { ...this.counters },
      contested: this.#allSides().reduce((sum, { contests }) => sum + contests.heldCount, 0),
    };
  }

  /** Wanted or owned prefixes. */
  get size(): number {
    return this.#allSides().reduce((sum, { tracker }) => sum + tracker.size, 0);
  }

  /** Routes the kernel refuses at present. */
  get problemCount(): number {
    return this.#allSides().reduce((sum, { problems }) => sum + problems.size, 0);
  }

  #side(family: Family): FibSide {
    const tracker: DeltaTracker = new DeltaTracker(family, {
      freed: (row) => problems.clear(row),
      drifted: (row, found, lost) => this.#drift.wasRead(side, row, found, lost),
    });
    const retry = (row: number) => {
      tracker.mark(row);
      this.#schedule();
    };
    const problems = new RouteProblems(this.#clock, retry);
    const contests = new RouteContests(this.#clock, {
      retry: (prefix) => {
        const row = tracker.find(parsePrefix(prefix)!);
        if (row >= 0) retry(row);
      },
      held: (prefix, contest, others) => this.#drift.report(prefix, contest, others),
    });
    const side: FibSide = { tracker, problems, contests };
    return side;
  }

  #allSides(): FibSide[] {
    return FAMILIES.map((family) => this.#sides[family]);
  }

  #setDesired(prefix: Prefix, target: RouteTarget | undefined): void {
    const { tracker, problems, contests } = this.#sides[prefix.family];
    if (target) this.#noteDevices(target);
    const row = tracker.want(prefix, target);
    if (row < 0) return;
    problems.clear(row);
    if (contests.isHolding) contests.grant(formatPrefix(prefix));
    this.#schedule();
  }

  /** Losing another interface cannot cost us a route. */
  #noteDevices({ nextHops }: RouteTarget): void {
    for (const { dev } of nextHops) if (dev !== undefined) this.#devices.add(dev);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#phase !== 'running' || !this.#hasWork()) return;
    this.#isScheduled = true;
    this.#clock.defer(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #hasWork(): boolean {
    return this.#isReadWanted || this.#allSides().some(({ tracker }) => tracker.dirtyCount > 0);
  }

  #isWriting(): boolean {
    return this.#phase === 'running' && this.#hasAdopted && !this.#pause;
  }

  /** Starts working unless it is under way. */
  #run(): void {
    if (this.#work || !this.#isWriting()) return;
    this.#work = this.#workOff().finally(() => {
      this.#work = undefined;
      this.#schedule();
      for (const wake of this.#waiters.splice(0)) wake();
    });
  }

  /** Never rejects: what the kernel refuses as a whole is tried again later. */
  async #workOff(): Promise<void> {
    try {
      while (this.#phase === 'running' && this.#hasWork()) {
        if (this.#isReadWanted) await this.#read();
        else await this.#writeSome();
        this.#replay();
      }
    } catch (error) {
      this.#log.warn({ error }, 'kernel refused: trying again in a while');
      this.#pause = this.#clock.setTimer(FAILURE_RETRY_MS, () => {
        this.#pause = undefined;
        this.#wantRead();
      });
    }
  }

  #wantRead(): void {
    this.#isReadWanted = true;
    this.#schedule();
  }

  async #writeSome(): Promise<void> {
    for (const side of this.#allSides()) await this.#writer.write(side);
  }

  async #read(): Promise<void> {
    this.#isReadWanted = false;
    const startedAt = this.#clock.now();
    const { table, protocol } = this.#settings;
    for (const { tracker } of this.#allSides()) {
      await this.#kernel.scanRoutes(
        { family: tracker.family, table, protocol },
        {
          restart: () => tracker.beginRead(),
          route: ({ prefix, target }) => {
            this.#noteDevices(target);
            tracker.read(prefix, target, !this.#hasAdopted);
          },
        },
      );
      tracker.endRead();
    }
    if (!this.#hasAdopted) this.#log.info({ routes: this.size }, 'kernel routes of an earlier run');
    this.#hasAdopted = true;
    this.#drift.endExpectation();
    this.counters.reads++;
    if (this.#phase === 'running') this.#rescan.done(this.#clock.now() - startedAt);
  }

  #hear(change: KernelChange): void {
    this.#waiting.push(change);
    if (this.#work || !this.#hasAdopted) return;
    this.#replay();
    this.#schedule();
  }

  #replay(): void {
    const changes = this.#waiting;
    this.#waiting = [];
    for (const change of changes) this.#react(change);
  }

  #react(change: KernelChange): void {
    if (change.kind === 'route') this.#drift.heard(change);
    else if (change.kind === 'overrun') this.#rescan.request();
    else if (this.#isLoss(change)) {
      this.#drift.expectLoss();
      this.#rescan.request();
    } else for (const { problems } of this.#allSides()) problems.retryAll();
  }

  /** Linux drops IPv4 routes of an interface that goes down without saying so. */
  #isLoss(change: KernelChange): boolean {
    if (change.kind === 'link') return change.state !== 'up' && this.#devices.has(change.name);
    return (
      change.kind === 'address' &&
      change.action === 'removed' &&
      this.#devices.has(change.interface)
    );
  }
}
