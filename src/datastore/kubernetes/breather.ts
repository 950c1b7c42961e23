/** Lets others have their turn while a long answer is read: its octets may come faster than they are dealt with. */
import type { Clock } from '../../runtime/clock.ts';

/** Longest stretch without a pause. */
const STRETCH_MS = 8;

export class Breather {
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Pauses for a turn of the event loop when it is time. */
  async pause(): Promise<void> {
    if (this.#clock.now() - this.#since < STRETCH_MS) return;
    await new Promise<void>((resume) => this.#clock.defer(resume));
    this.#since = this.#clock.now();
  }
}
