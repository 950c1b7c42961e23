/** Does something once per turn of the event loop, however often it is asked for. */
import type { Clock } from '../../runtime/clock.ts';

export class OncePerTurn {
  readonly #clock: Clock;
  readonly #run: () => void;
  #isAsked = false;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#clock.defer(() => {
      this.#isAsked = false;
      this.#run();
    });
  }
}
