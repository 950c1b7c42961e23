/**
 * How long changes take: from an UPDATE to the kernel, and from the datastore to the wire.
 *
 * What is measured are bursts, not routes, which would cost too much: the clock starts with the oldest UPDATE
 * that waits, and stops when nothing waits any more, so that a duration is the longest of its burst.
 */
import type { Clock } from '../runtime/clock.ts';
import type { HistogramDefinition } from '../telemetry/metric.ts';
import type { Forwarding } from './forwarding.ts';

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const UPDATE_TO_KERNEL: HistogramDefinition = {
  name: 'catbird_update_to_kernel_seconds',
  help: 'From the oldest UPDATE of a burst until the kernel answered for all it changed',
  buckets: BUCKETS,
};

export const CHANGE_TO_WIRE: HistogramDefinition = {
  name: 'catbird_change_to_wire_seconds',
  help: 'From a change of the configuration source until neighbors were told what it changed',
  buckets: BUCKETS,
};

/** Take durations in milliseconds. */
export interface ConvergenceReaders {
  updateToKernel(ms: number): void;
  changeToWire(ms: number): void;
}

/** See the head of the file. */
export class Convergence {
  readonly #clock: Clock;
  readonly #forwarding: Forwarding;
  readonly #readers: ConvergenceReaders;
  /** Of the burst that waits for the kernel. */
  #receivedAt: number | undefined;
  #isWaiting = false;
  /** Of the configuration that is being told. */
  #changedAt: number | undefined;

  constructor(clock: Clock, forwarding: Forwarding, readers: ConvergenceReaders) {
    this.#clock = clock;
    this.#forwarding = forwarding;
    this.#readers = readers;
  }

  /** A configuration was taken over. @param hasWork the RIB is yet to look at what it changes */
  applied(changedAt: number, hasWork: boolean): void {
    this.#changedAt ??= changedAt;
    if (!hasWork) this.#told();
  }

  /** The RIB has nothing left to do. */
  caughtUp(receivedAt: number | undefined): void {
    this.#told();
    if (receivedAt === undefined) return;
    this.#receivedAt ??= receivedAt;
    if (!this.#isWaiting) void this.#followKernel(); // the kernel's port never rejects here
  }

  #told(): void {
    if (this.#changedAt === undefined) return;
    this.#readers.changeToWire(this.#clock.now() - this.#changedAt);
    this.#changedAt = undefined;
  }

  /** While the kernel gets a rest, a burst waits for the next one. */
  async #followKernel(): Promise<void> {
    this.#isWaiting = true;
    while (this.#receivedAt !== undefined) {
      const receivedAt = this.#receivedAt;
      this.#receivedAt = undefined;
      if (await this.#forwarding.written()) {
        this.#readers.updateToKernel(this.#clock.now() - receivedAt);
        continue;
      }
      this.#receivedAt = receivedAt;
      break;
    }
    this.#isWaiting = false;
  }
}
