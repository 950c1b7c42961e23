/** The live clock and the live source of jitter: the only places that ask the system for either. */
import type { Clock, Timer } from './clock.ts';
import type { Random } from './random.ts';

/** Timers at least this long may fire up to a slot later. */
const COARSE_FROM_MS = 5000;
const SLOT_MS = 1000;

/** Time of this machine; `now` counts from the start of the process. */
export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  wallTime(): number {
    return Date.now();
  }

  /** Long timers of all sessions fire together, at full seconds: each wake-up costs more than what is done in it. */
  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = setTimeout(fire, delayMs < COARSE_FROM_MS ? delayMs : untilSlot(delayMs));
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

/** From now to the first slot that is not too early. */
function untilSlot(delayMs: number): number {
  const now = performance.now();
  return Math.ceil((now + delayMs) / SLOT_MS) * SLOT_MS - now;
}
