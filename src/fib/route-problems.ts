/**
 * Routes the kernel refused, each with its own back-off, so that one bad route costs next to nothing and
 * delays no other.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import type { RouteError } from './kernel.ts';

/** FIB-13: a foreign route in the way is looked at again after 2 s. */
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 60_000;

/** Why a route is not in the kernel. */
export interface RouteProblem {
  /** Someone else's route has the place (FIB-13). */
  readonly isForeign: boolean;
  readonly errno: string;
  readonly reason: string;
  readonly attempts: number;
  /** Monotonic ms. */
  readonly retryAt: number;
}

/** The problems of one family, by row. */
export class RouteProblems {
  readonly #clock: Clock;
  readonly #onRetry: (row: number) => void;
  readonly #byRow = new Map<number, RouteProblem>();
  #timer: Timer | undefined;

  /** @param onRetry called for each row whose time has come; its problem stays until cleared or replaced */
  constructor(clock: Clock, onRetry: (row: number) => void) {
    this.#clock = clock;
    this.#onRetry = onRetry;
  }

  get size(): number {
    return this.#byRow.size;
  }

  get(row: number): RouteProblem | undefined {
    return this.#byRow.get(row);
  }

  clear(row: number): void {
    this.#byRow.delete(row);
  }

  add(row: number, { errno, reason }: RouteError): RouteProblem {
    const attempts = (this.#byRow.get(row)?.attempts ?? 0) + 1;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
    const retryAt = this.#clock.now() + delayMs;
    const problem = { isForeign: errno === 'EEXIST', errno, reason, attempts, retryAt };
    this.#byRow.set(row, problem);
    this.#timer ??= this.#clock.setTimer(FIRST_RETRY_MS, () => this.#retryDue());
    return problem;
  }

  /** The world changed: everything but foreign routes is worth another try at once. */
  retryAll(): void {
    for (const [row, problem] of this.#byRow) if (!problem.isForeign) this.#onRetry(row);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** One coarse timer for all. */
  #retryDue(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const [row, { retryAt }] of this.#byRow) if (retryAt <= now) this.#onRetry(row);
    if (this.#byRow.size > 0) {
      this.#timer = this.#clock.setTimer(FIRST_RETRY_MS, () => this.#retryDue());
    }
  }
}
