/**
 * Shares out the time that one turn of the event loop spends on input, or on output, over all connections.
 * Node.js reads up to 2 MiB from a socket before it looks at anything else, accepts whoever waits, and
 * writes to hundreds of peers one after the other: at a full table that is 150 ms in which no KEEPALIVE leaves.
 *
 * Who finds the time used up puts back what it has and is called in the next turn, those first that
 * wait longest.
 */
import type { Clock } from './clock.ts';

const TURN_MS = 8;

/** One per transport and direction; see the head of the file. */
export class TurnBudget {
  readonly #clock: Clock;
  #isUnderWay = false;
  #endsAt = 0;
  #waiting: (() => void)[] = [];
  /** A field, so that no closure is made per turn. */
  readonly #end = (): void => {
    const waiting = this.#waiting;
    this.#isUnderWay = false;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False when the time of this turn is used up. The first to ask begins the turn. */
  hasTime(): boolean {
    if (this.#isUnderWay) return this.#clock.now() < this.#endsAt;
    this.#isUnderWay = true;
    this.#endsAt = this.#clock.now() + TURN_MS;
    this.#clock.defer(this.#end);
    return true;
  }

  /** Calls `goOn` at the start of the next turn; only for those that were told there is no time. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
  }
}
