/**
 * What stands between a datastore and the daemon.
 *
 *     datastore ─▶ brake ─▶ daemon          stored configuration: written after each that was let
 *                    └─▶ held               through, read when the datastore is silent at a start
 *
 * A configuration that takes away too much is held: what runs stays, until the datastore says something
 * better, an operator releases it, or the configured time has passed. The first one is compared with what
 * an earlier run stored. What is put back into an emptied datastore comes piece by piece: while parts of
 * what runs are yet to come, it is waited for quiet.
 */
import { allLosses, type BrakeOptions, describeLosses, excessiveLosses } from '../config/brake.ts';
import type { Config } from '../config/model.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { ConfigDelivery, ConfigSource, DatastoreReport } from './config-source.ts';
import type { GuardOptions } from './guard-options.ts';
import type { StateFile } from './state-file.ts';

/** A datastore that says nothing usable for so long after a start is stood in for. */
const START_PATIENCE_MS = 10_000;
/** Before a datastore that could not even be opened is opened again. */
const REOPEN_MS = 5_000;
/** Quiet after which what came back counts as all there is. */
const RETURN_QUIET_MS = 3_000;
/** A datastore that is never quiet counts as back this long after it began to return. */
const MAX_RETURN_MS = 30_000;

export interface GuardedSourceParts {
  /** Opens the datastore; once more when that failed. */
  readonly open: () => Promise<ConfigSource>;
  /** Where the last good configuration is; undefined for nowhere. */
  readonly state: Pick<StateFile, 'load' | 'save' | 'path'> | undefined;
  readonly options: Pick<GuardOptions, 'brakeShare' | 'brakeWaitMs'>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Held {
  /** undefined: the datastore has nothing that could be applied. */
  readonly delivery: ConfigDelivery | undefined;
  readonly generation: number;
  readonly reason: string;
  /** When it began to come back. */
  readonly returnsSince?: number;
  readonly since: number;
  readonly until: number | undefined;
  readonly timer: Timer | undefined;
}

/** See the head of the file. */
export class GuardedSource implements ConfigSource {
  readonly #parts: GuardedSourceParts;
  #inner: ConfigSource | undefined;
  #onDelivery: (delivery: ConfigDelivery) => void = () => {};
  #isStopped = false;
  /** What runs, or what an earlier run stored and this one is yet to improve on. */
  #running: Config | undefined;
  #held: Held | undefined;
  #isInForce = false;
  #storedAt = 0;
  #desired = 0;
  #applied = 0;
  #state: DatastoreReport['state'] = 'followed';
  /** Wall clock of the last moment when the datastore was known to say what runs. */
  #confirmedAt: number;
  #faults: readonly string[] = [];
  #isAnswered: () => void = () => {};
  #reopening: Timer | undefined;
  #saveTrouble = '';

  constructor(parts: GuardedSourceParts) {
    this.#parts = parts;
    this.#confirmedAt = parts.clock.wallTime();
  }

  /** @throws CatbirdError when the datastore cannot be opened and nothing is stored */
  async start(onDelivery: (delivery: ConfigDelivery) => void): Promise<void> {
    this.#onDelivery = onDelivery;
    const stored = await this.#load();
    this.#running = stored?.config;
    this.#storedAt = stored?.savedAt ?? 0;
    const answered = new Promise<void>((resolve) => {
      this.#isAnswered = resolve;
    });
    const opened = this.#open();
    if (!stored) return await opened;
    void opened.catch((error: unknown) => {
      this.#useStored(error instanceof Error ? error.message : String(error));
      this.#reopenLater();
    });
    const { clock } = this.#parts;
    const timer = clock.setTimer(START_PATIENCE_MS, () =>
      this.#useStored('the datastore is silent'),
    );
    await answered;
    timer.cancel();
  }

  reload(): void {
    this.#inner?.reload();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#onDelivery = () => {};
    this.#reopening?.cancel();
    this.#held?.timer?.cancel();
    await this.#inner?.stop();
  }

  report(): DatastoreReport {
    const now = this.#parts.clock.wallTime();
    const held = this.#held;
    const isCurrent = this.#state === 'followed' && !held;
    return {
      state: this.#state,
      ageSec: isCurrent ? 0 : Math.max(0, Math.round((now - this.#confirmedAt) / 1000)),
      contactAgeSec: Math.round((this.#inner?.contactAgeMs?.() ?? 0) / 1000),
      generation: { desired: this.#desired, applied: this.#applied },
      held: held
        ? {
            reason: held.reason,
            since: new Date(held.since).toISOString(),
            releaseInSec:
              held.until === undefined ? null : Math.max(0, Math.ceil((held.until - now) / 1000)),
            canForce: held.delivery !== undefined,
          }
        : null,
    };
  }

  get heldConfig(): Config | undefined {
    return this.#held?.delivery?.config;
  }

  release(): string | undefined {
    const held = this.#held;
    if (!held) return 'no configuration is held; catbird show config tells what runs';
    if (!held.delivery)
      return `there is nothing to apply: ${held.reason}; what runs stays until the datastore has something for this node`;
    this.#forgetHeld();
    this.#pass(held.delivery, held.generation);
    return undefined;
  }

  async #load() {
    const { state, log } = this.#parts;
    try {
      return await state?.load();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ path: state?.path, reason }, 'the stored configuration cannot be used');
      return undefined;
    }
  }

  async #open(): Promise<void> {
    this.#inner = await this.#parts.open();
    if (this.#isStopped) return await this.#inner.stop();
    await this.#inner.start((delivery) => this.#take(delivery));
  }

  #reopenLater(): void {
    if (this.#isStopped) return;
    this.#reopening = this.#parts.clock.setTimer(REOPEN_MS, () => {
      void this.#reopen();
    });
  }

  async #reopen(): Promise<void> {
    try {
      await this.#inner?.stop();
      await this.#open();
    } catch {
      this.#reopenLater(); // why is shown since the first time
    }
  }

  /** An earlier run's configuration, unless the datastore has answered meanwhile. */
  #useStored(reason: string): void {
    if (this.#isInForce || this.#isStopped || !this.#running) return;
    this.#isInForce = true;
    this.#state = 'stored';
    this.#confirmedAt = this.#storedAt;
    const at = new Date(this.#storedAt).toISOString();
    const fault = `the last good configuration of ${at} is in use: ${reason}`;
    this.#parts.log.error({ savedAt: at, reason }, 'runs on the stored configuration');
    this.#faults = [fault];
    this.#onDelivery({ config: this.#running, faults: [fault], notes: [] });
    this.#isAnswered();
  }

  #take(delivery: ConfigDelivery): void {
    const { config } = delivery;
    if (!config) {
      this.#takeNothing(delivery);
      return;
    }
    const generation = ++this.#desired;
    const reason = this.#excess(config, delivery.isMeshOff ?? false);
    if (reason !== undefined) {
      this.#hold(delivery, generation, reason);
      return;
    }
    if (this.#held && this.#isIncomplete(config)) {
      this.#awaitRest(delivery, generation, this.#held);
      return;
    }
    this.#forgetHeld();
    this.#pass(delivery, generation);
  }

  /** Something that runs is not in it. */
  #isIncomplete(config: Config): boolean {
    const running = this.#running;
    if (this.#parts.options.brakeShare === undefined || !running) return false;
    return allLosses(running, config).length > 0;
  }

  /** Most of what was taken away is back: the rest is likely on its way. */
  #awaitRest(delivery: ConfigDelivery, generation: number, before: Held): void {
    before.timer?.cancel();
    const { clock } = this.#parts;
    const now = clock.wallTime();
    const returnsSince = before.returnsSince ?? now;
    const waitMs = Math.max(0, Math.min(RETURN_QUIET_MS, returnsSince + MAX_RETURN_MS - now));
    const losses = describeLosses(allLosses(this.#running!, delivery.config!));
    const reason = `what was taken away comes back, still without ${losses}`;
    this.#held = {
      delivery,
      generation,
      reason,
      returnsSince,
      since: before.since,
      until: now + waitMs,
      timer: clock.setTimer(waitMs, () => this.release()),
    };
    this.#onDelivery({ ...delivery, config: undefined, isHeld: true });
  }

  /** Nothing usable, such as when the own node is gone: what runs, or ran before, is kept. */
  #takeNothing(delivery: ConfigDelivery): void {
    this.#holdNothing(delivery.faults[0] ?? 'the datastore has nothing for this node');
    this.#useStored(delivery.faults[0] ?? 'the datastore has nothing for this node');
    const faults = [...this.#storedFaults(), ...delivery.faults];
    this.#onDelivery({ ...delivery, isHeld: this.#held !== undefined, faults });
  }

  /** Not before something ran: then there is nothing to keep. */
  #holdNothing(reason: string): void {
    const before = this.#held;
    this.#forgetHeld();
    if (!this.#running) return;
    const now = this.#parts.clock.wallTime();
    if (!before && this.#state === 'followed') this.#confirmedAt = now;
    const since = before?.since ?? now;
    const never = { until: undefined, timer: undefined };
    this.#held = { delivery: undefined, generation: this.#desired, reason, since, ...never };
  }

  #storedFaults(): readonly string[] {
    return this.#state === 'stored' ? this.#faults : [];
  }

  #noteReach({ isOutage }: ConfigDelivery): void {
    const wasFollowed = this.#state === 'followed';
    this.#state = isOutage ? 'unreachable' : 'followed';
    if (!isOutage || wasFollowed) this.#confirmedAt = this.#parts.clock.wallTime();
  }

  /** Why a configuration is not applied at once; undefined when it is. */
  #excess(config: Config, isMeshOff: boolean): string | undefined {
    const share = this.#parts.options.brakeShare;
    if (share === undefined || !this.#running) return undefined;
    const options: BrakeOptions = { share, isMeshOff };
    const losses = excessiveLosses(this.#running, config, options);
    return losses.length === 0 ? undefined : `it would remove ${describeLosses(losses)}`;
  }

  /** The time it waits for counts from the first of several in a row. */
  #hold(delivery: ConfigDelivery, generation: number, reason: string): void {
    const { clock, log, options } = this.#parts;
    const before = this.#held;
    before?.timer?.cancel();
    const now = clock.wallTime();
    const since = before?.delivery ? before.since : now;
    const until = options.brakeWaitMs === undefined ? undefined : since + options.brakeWaitMs;
    const timer =
      until === undefined
        ? undefined
        : clock.setTimer(Math.max(0, until - now), () => {
            log.warn({ reason }, 'a held configuration is applied after its wait');
            this.release();
          });
    if (!before && this.#state === 'followed') this.#confirmedAt = now;
    this.#held = { delivery, generation, reason, since, until, timer };
    if (before?.reason !== reason)
      log.error({ reason }, 'a configuration is held: catbird apply --force');
    this.#useStored(`that of the datastore is held, as ${reason}`);
    const fault = `a configuration is held since ${new Date(since).toISOString()}: ${reason}; catbird apply --force applies it`;
    this.#onDelivery({
      ...delivery,
      config: undefined,
      isHeld: true,
      faults: [fault, ...delivery.faults],
    });
  }

  #forgetHeld(): void {
    this.#held?.timer?.cancel();
    this.#held = undefined;
  }

  #pass(delivery: ConfigDelivery, generation: number): void {
    const { state, clock, log } = this.#parts;
    const config = delivery.config!;
    this.#noteReach(delivery);
    this.#running = config;
    this.#isInForce = true;
    this.#applied = generation;
    this.#onDelivery(delivery);
    this.#isAnswered();
    if (!state || delivery.isOutage) return;
    void state.save(config, clock.wallTime()).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === this.#saveTrouble) return;
      this.#saveTrouble = reason;
      log.warn({ path: state.path, reason }, 'the configuration could not be stored');
    });
  }
}
