/** The live clock and the live source of jitter: the only places that ask the system for either. */
import type { Clock, Timer } from './clock.ts';
import type { Random } from './random.ts';

/** Time of this machine; `now` counts from the start of the process. */
export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(timer) };
  }

  defer(run: () => void): void {
    setImmediate(run);
  }
}

/** Math.random: good enough for jitter, which is all it is for. */
export class SystemRandom implements Random {
  uniform(): number {
    return Math.random();
  }
}
