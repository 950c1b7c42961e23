/**
 * Reads of interfaces and addresses, one at a time: the first change is followed at once, those of a storm
 * together, so that it costs a bounded part of the time.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** Between two reads at least this many times what the last one took. */
const REST = 4;
/** A read that took longer does not delay the next one any further. */
const LONGEST_REST_MS = 1000;

/** See the head of the file. */
export class LinkReads {
  readonly #clock: Clock;
  readonly #read: () => Promise<void>;
  #timer: Timer | undefined;
  #isReading = false;
  #isWantedAgain = false;
  #restUntil = Number.NEGATIVE_INFINITY;

  /** @param read never rejects */
  constructor(clock: Clock, read: () => Promise<void>) {
    this.#clock = clock;
    this.#read = read;
  }

  /** Something changed. */
  request(): void {
    if (this.#isReading) this.#isWantedAgain = true;
    else {
      const delayMs = Math.max(0, this.#restUntil - this.#clock.now());
      this.#timer ??= this.#clock.setTimer(delayMs, () => void this.#run());
    }
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isWantedAgain = false;
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    this.#isReading = true;
    const startedAt = this.#clock.now();
    await this.#read();
    const now = this.#clock.now();
    this.#isReading = false;
    this.#restUntil = now + Math.min((now - startedAt) * REST, LONGEST_REST_MS);
    if (!this.#isWantedAgain) return;
    this.#isWantedAgain = false;
    this.request();
  }
}
