/** Time as a port: everything that waits or dates takes a Clock, so that tests own time. */

export interface Timer {
  /** Idempotent; a cancelled timer never fires. */
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds; the origin has no meaning. */
  now(): number;
  /** Wall clock in milliseconds since 1970, for display only. */
  wallTime(): number;
  /** Fires once, `delayMs` or later from now. */
  setTimer(delayMs: number, fire: () => void): Timer;
  /** Runs after the current turn and its pending I/O, in order of the calls. */
  defer(run: () => void): void;
}
