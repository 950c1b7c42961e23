/**
 * What the pages may cost: a share of the daemon's time. Whoever asks for more waits for it, one after the other,
 * and sessions and routes have the rest.
 */
import type { Clock } from '../runtime/clock.ts';

/** Of the time of the event loop. */
const SHARE = 0.2;
/** Spent at once without a wait, in milliseconds. */
const CREDIT_MS = 100;

/** See the head of the file. */
export class TimeBudget {
  readonly #clock: Clock;
  #spentMs = 0;
  #at: number;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#at = clock.now();
  }

  /** Runs a piece of work once there is time for it, and counts what it took. */
  async spend<T>(work: () => T): Promise<T> {
    const turn = this.#last.then(() => this.#wait());
    this.#last = turn;
    await turn;
    const from = this.#clock.now();
    try {
      return work();
    } finally {
      this.#spentMs += this.#clock.now() - from;
    }
  }

  async #wait(): Promise<void> {
    const now = this.#clock.now();
    this.#spentMs = Math.max(0, this.#spentMs - (now - this.#at) * SHARE);
    this.#at = now;
    const overMs = this.#spentMs - CREDIT_MS;
    await new Promise<void>((resolve) => {
      if (overMs > 0) this.#clock.setTimer(overMs / SHARE, resolve);
      else this.#clock.defer(resolve); // what else waits comes first
    });
  }
}
