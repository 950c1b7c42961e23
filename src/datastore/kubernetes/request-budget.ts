/** So many requests a second and no more, after a burst: what Calico calls client QPS and burst. */
import type { Clock } from '../../runtime/clock.ts';

export class RequestBudget {
  readonly #clock: Clock;
  readonly #perMs: number;
  readonly #burst: number;
  /** When the bucket was, or will be, full. */
  #fullAt: number;

  constructor(clock: Clock, requestsPerSec: number, burst: number) {
    this.#clock = clock;
    this.#perMs = requestsPerSec / 1000;
    this.#burst = Math.max(1, burst);
    this.#fullAt = clock.now();
  }

  /** Takes the right to one request; resolves when it may be made. */
  async take(): Promise<void> {
    const now = this.#clock.now();
    this.#fullAt = Math.max(this.#fullAt, now) + 1 / this.#perMs;
    const waitMs = this.#fullAt - now - this.#burst / this.#perMs;
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => this.#clock.setTimer(waitMs, resolve));
  }
}
