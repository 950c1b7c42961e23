/**
 * Holds a neighbor down for which a limit on prefixes was passed: until its time is over, the limit is
 * raised, or an operator says so.
 */
import type { SessionConfig } from '../config/model.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** The limit that was passed, by its key in the configuration. */
export type LimitKey = 'maximumPrefixes' | 'maximumPrefixesOut';

type Limits = Pick<SessionConfig, LimitKey>;

/** See the head of the file. One per neighbor. */
export class LimitPenalty {
  readonly #clock: Clock;
  readonly #over: () => void;
  #passed: { readonly key: LimitKey; readonly limit: Limits[LimitKey] } | undefined;
  #excess: string | undefined;
  #timer: Timer | undefined;

  /** @param over told when the time is over */
  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /** What it did too much of, while it is held down for that. */
  get excess(): string | undefined {
    return this.#excess;
  }

  /** @param excess in words, for views */
  impose(excess: string, key: LimitKey, limits: Limits): void {
    this.lift();
    const limit = limits[key];
    this.#excess = excess;
    this.#passed = { key, limit };
    if (limit?.action !== 'restart') return;
    this.#timer = this.#clock.setTimer(limit.restartAfterSec * 1000, () => {
      this.lift();
      this.#over();
    });
  }

  /** Other limits are in force: it may try again where the one it passed is higher, gone, or acts otherwise. */
  reconsider(limits: Limits): void {
    if (!this.#passed) return;
    const { key, limit: old } = this.#passed;
    const now = limits[key];
    if (!now || !old || now.limit > old.limit || now.action !== old.action) this.lift();
  }

  lift(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#excess = undefined;
    this.#passed = undefined;
  }
}
