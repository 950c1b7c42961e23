/** A timer that fires over and over and knows how late it was: what says that the event loop turns. */
import type { Clock, Timer } from './clock.ts';

const INTERVAL_MS = 500;

/** See the head of the file. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #onBeat: (lateMs: number) => void;
  #dueAt = 0;
  #timer: Timer | undefined;

  /** @param onBeat told how late each beat came */
  constructor(clock: Clock, onBeat: (lateMs: number) => void) {
    this.#clock = clock;
    this.#onBeat = onBeat;
    this.#wait();
  }

  /** How long the next beat has been due; 0 when it is not. */
  get overdueMs(): number {
    return Math.max(0, this.#clock.now() - this.#dueAt);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wait(): void {
    this.#dueAt = this.#clock.now() + INTERVAL_MS;
    this.#timer = this.#clock.setTimer(INTERVAL_MS, () => {
      this.#onBeat(this.overdueMs);
      this.#wait();
    });
  }
}
