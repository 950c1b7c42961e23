/**
 * Start-up recovery (START-1): decides when routes left in the kernel by an earlier run may be pruned.
 *
 * Every neighbour configured at start owes an End-of-RIB. Recovery ends when all have delivered it, or
 * turned out not to speak graceful restart, or when the time is up; a neighbour that never answers
 * therefore delays pruning, not routing.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** How long unanswered neighbours are waited for (calico-bgp-behaviour §22: own GR recovery wait). */
export const RECOVERY_LIMIT_MS = 240_000;

/** Counts down the neighbours that still owe their routes. */
export class Recovery {
  readonly #owing: Set<string>;
  readonly #onDone: (reason: string) => void;
  readonly #timer: Timer;
  #isDone = false;

  /** @param onDone called once, possibly within the constructor's turn when nobody owes anything */
  constructor(names: Iterable<string>, clock: Clock, onDone: (reason: string) => void) {
    this.#owing = new Set(names);
    this.#onDone = onDone;
    this.#timer = clock.setTimer(RECOVERY_LIMIT_MS, () => this.#finish('time is up'));
    clock.defer(() => this.#check());
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** The neighbour delivered its routes, or owes none any more. */
  settle(name: string): void {
    this.#owing.delete(name);
    this.#check();
  }

  stop(): void {
    this.#timer.cancel();
    this.#isDone = true;
  }

  #check(): void {
    if (this.#owing.size === 0) this.#finish('all neighbors delivered their routes');
  }

  #finish(reason: string): void {
    if (this.#isDone) return;
    this.stop();
    this.#onDone(reason);
  }
}
