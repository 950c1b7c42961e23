/** Time that moves only when a test says so. */
import type { Clock, Timer } from '../../src/runtime/clock.ts';

interface Pending {
  readonly at: number;
  readonly fire: () => void;
}

/** Runs timers in order of their time, ties in order of creation; deferred work between them. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Pending>();
  #deferred: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  /** The fake day began on 2024-01-01T00:00:00Z. */
  wallTime(): number {
    return 1_704_067_200_000 + this.#now;
  }

  /** Timers not yet fired or cancelled; a stopped component leaves none behind. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const pending = { at: this.#now + Math.max(0, delayMs), fire };
    this.#timers.add(pending);
    return { cancel: () => void this.#timers.delete(pending) };
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
  }

  /** Moves time forward, running everything that falls due, deferred work first. */
  advance(ms: number): void {
    const target = this.#now + ms;
    this.#runDeferred();
    for (let next = this.#next(target); next; next = this.#next(target)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fire();
      this.#runDeferred();
    }
    this.#now = target;
  }

  /** Time goes by while nothing runs, as in a stopped process: what fell due runs late, at the next `advance`. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #next(target: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= target && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }

  #runDeferred(): void {
    while (this.#deferred.length > 0) {
      const batch = this.#deferred;
      this.#deferred = [];
      for (const run of batch) run();
    }
  }
}
