/** How long a session waits for what (RFC 4271 §10, SESS-1, SESS-14), and coarse timers to do so. */
import type { Clock, Timer } from '../../runtime/clock.ts';
import { catchUpMs } from '../../runtime/held-up.ts';
import type { Random } from '../../runtime/random.ts';

const ERROR_WAIT_MINIMUM_MS = 5_000;
const ERROR_WAIT_MAXIMUM_MS = 30_000;
/** After this long without an error the wait begins at its minimum again. */
const ERROR_FORGOTTEN_MS = 300_000;
const CONNECT_DELAY_MINIMUM_MS = 1_000;
const CONNECT_DELAY_SPREAD_MS = 1_000;
/** RFC 9687 §3.2: the larger of this and twice the hold time. */
const SEND_HOLD_MINIMUM_MS = 480_000;

/** A configured time shortened by up to a quarter, so that speakers do not march in step (RFC 4271 §10). */
export function jittered(seconds: number, random: Random): number {
  return seconds * 1000 * (0.75 + 0.25 * random.uniform());
}

/** From start, or from a lost connection, to the first attempt: one to two seconds (SESS-1). */
export function connectDelayMs(random: Random): number {
  return CONNECT_DELAY_MINIMUM_MS + CONNECT_DELAY_SPREAD_MS * random.uniform();
}

/**
 * How long our side may be unable to send before the session is given up (RFC 9687).
 *
 * @param configuredSec in place of the larger of eight minutes and twice the hold time; 0 for never
 */
export function sendHoldTimeMs(holdTimeSec: number, configuredSec?: number): number {
  if (configuredSec !== undefined) return configuredSec * 1000;
  return Math.max(SEND_HOLD_MINIMUM_MS, 2 * holdTimeSec * 1000);
}

/** The wait after protocol errors: 5 s, doubling to 30 s, forgotten after 300 s without one. */
export class ErrorBackoff {
  #waitMs = 0;
  #lastErrorAt = 0;

  /** Counts an error at `now`; answers how long to stay Idle. */
  failed(now: number): number {
    const isForgotten = now - this.#lastErrorAt >= ERROR_FORGOTTEN_MS;
    const doubled = isForgotten ? 0 : this.#waitMs * 2;
    this.#waitMs = Math.min(ERROR_WAIT_MAXIMUM_MS, Math.max(ERROR_WAIT_MINIMUM_MS, doubled));
    this.#lastErrorAt = now;
    return this.#waitMs;
  }
}

/** Between looks at a connection whose input waits for its turn. */
const UNREAD_MS = 100;

/**
 * Fires when nothing touched it for a while. Touching is one store: the clock's timer is not set
 * again per message, it looks at the last touch when it fires.
 *
 * Before it reports, it lets pending I/O run: when this process itself was held up, what the peer sent
 * in time still lies unread in the socket. It takes as long for that as it was late, within bounds, and longer
 * for one whose input is known to wait.
 */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #expired: () => void;
  readonly #hasUnreadInput: () => boolean;
  #timer: Timer | undefined;
  #delayMs = 0;
  #touchedAt = 0;

  constructor(clock: Clock, expired: () => void, hasUnreadInput = () => false) {
    this.#clock = clock;
    this.#expired = expired;
    this.#hasUnreadInput = hasUnreadInput;
  }

  /** Starts, or starts again with another delay; 0 stops. */
  start(delayMs: number): void {
    this.stop();
    if (delayMs === 0) return;
    this.#delayMs = delayMs;
    this.touch(this.#clock.now());
    this.#arm(delayMs);
  }

  /** Something happened at `at`, monotonic milliseconds. */
  touch(at: number): void {
    this.#touchedAt = at;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    const dueAt = this.#clock.now() + delayMs;
    this.#timer = this.#clock.setTimer(delayMs, () => {
      if (this.#remainingMs() > 0) this.#arm(this.#remainingMs());
      else this.#catchUp(this.#clock.now() - dueAt);
    });
  }

  #catchUp(lateMs: number): void {
    const timer = this.#clock.setTimer(catchUpMs(lateMs), () =>
      this.#clock.defer(() => this.#recheck(timer)),
    );
    this.#timer = timer;
  }

  #recheck(timer: Timer): void {
    if (this.#timer !== timer) return;
    if (this.#remainingMs() > 0) this.#arm(this.#remainingMs());
    else if (this.#hasUnreadInput()) this.#catchUp(UNREAD_MS);
    else this.#expired();
  }

  #remainingMs(): number {
    return this.#touchedAt + this.#delayMs - this.#clock.now();
  }
}
