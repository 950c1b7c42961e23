/**
 * Decides when the kernel is read again: soon after a hint that something changed, and now and then
 * without one, more seldom the longer a read takes.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** Hints within this time share one read. */
const DEBOUNCE_MS = 100;
/** Without any hint. */
const SWEEP_MS = 30_000;
/** After a read that failed. */
const FAILED_RETRY_MS = 5000;
/** Without hints reading takes at most one part in this many of the time. */
const SWEEP_DUTY = 50;
/** With them: after a quiet time the first hint is acted on at once, a storm of them is not. */
const HINT_DUTY = 4;

/** A timer for reads; the owner performs them. */
export class Rescan {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #restUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Something changed: read soon. */
  request(): void {
    this.#schedule(Math.max(this.#clock.now() + DEBOUNCE_MS, this.#restUntil));
  }

  /** A read took this long; the next one without a hint is scheduled. */
  done(durationMs: number): void {
    const now = this.#clock.now();
    this.#restUntil = now + Math.min(durationMs * HINT_DUTY, SWEEP_MS);
    this.stop();
    this.#schedule(now + Math.max(SWEEP_MS, durationMs * SWEEP_DUTY));
  }

  /** A read failed: another one after a while. */
  failed(): void {
    this.#schedule(this.#clock.now() + FAILED_RETRY_MS);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** The earlier of two dates counts. */
  #schedule(at: number): void {
    if (at >= this.#dueAt) return;
    this.#timer?.cancel();
    this.#dueAt = at;
    this.#timer = this.#clock.setTimer(at - this.#clock.now(), () => {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#onDue();
    });
  }
}
