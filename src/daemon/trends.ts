/**
 * How the router did over the last minutes, for charts: samples at a fixed pace in a short ring. Nothing is
 * walked for them but the sessions.
 */
import type { TrendSample, TrendsView } from '../api/views.ts';
import { FAMILIES } from '../net/family.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Daemon } from './daemon.ts';
import type { Forwarding } from './forwarding.ts';
import type { Neighbor } from './neighbor.ts';

const INTERVAL_MS = 5000;
/** Twenty minutes. */
const MOST = 240;

interface UpdateCounts {
  readonly received: number;
  readonly sent: number;
}

/** See the head of the file. */
export class Trends {
  readonly #clock: Clock;
  readonly #daemon: Daemon;
  readonly #forwarding: Forwarding;
  readonly #samples: TrendSample[] = [];
  /** As they were at the sample before; a neighbour that is gone takes its own along. */
  readonly #counted = new WeakMap<Neighbor, UpdateCounts>();
  #drifted = 0;
  #updateToKernelMs: number | null = null;
  #changeToWireMs: number | null = null;
  #timer: Timer;

  constructor(clock: Clock, daemon: Daemon, forwarding: Forwarding) {
    this.#clock = clock;
    this.#daemon = daemon;
    this.#forwarding = forwarding;
    this.#timer = this.#wait();
  }

  updateToKernel(ms: number): void {
    this.#updateToKernelMs = Math.max(ms, this.#updateToKernelMs ?? 0);
  }

  changeToWire(ms: number): void {
    this.#changeToWireMs = Math.max(ms, this.#changeToWireMs ?? 0);
  }

  view(): TrendsView {
    return { intervalSec: INTERVAL_MS / 1000, samples: this.#samples };
  }

  stop(): void {
    this.#timer.cancel();
  }

  #wait(): Timer {
    const from = this.#clock.now();
    return this.#clock.setTimer(INTERVAL_MS, () => {
      this.#take((this.#clock.now() - from) / 1000);
      this.#timer = this.#wait();
    });
  }

  #take(elapsedSec: number): void {
    const neighbors = this.#daemon.neighbors.list();
    const updates = this.#countUpdates(neighbors);
    const established = neighbors.filter(({ session }) => session.state === 'Established').length;
    const { views } = this.#daemon.rib;
    if (this.#samples.length === MOST) this.#samples.shift();
    this.#samples.push({
      time: new Date(this.#clock.wallTime()).toISOString(),
      updatesReceived: updates.received / elapsedSec,
      updatesSent: updates.sent / elapsedSec,
      established,
      sessions: neighbors.length,
      bestPaths: FAMILIES.reduce((sum, family) => sum + views.sizes(family).best, 0),
      drifted: this.#countDrift(),
      refused: this.#forwarding.problemCount(),
      updateToKernelMs: this.#updateToKernelMs,
      changeToWireMs: this.#changeToWireMs,
    });
    this.#updateToKernelMs = null;
    this.#changeToWireMs = null;
  }

  #countUpdates(neighbors: readonly Neighbor[]): UpdateCounts {
    let [received, sent] = [0, 0];
    for (const neighbor of neighbors) {
      const { counters } = neighbor.session;
      const now = { received: counters.received.update, sent: counters.sent.update };
      const before = this.#counted.get(neighbor);
      received += now.received - (before?.received ?? 0);
      sent += now.sent - (before?.sent ?? 0);
      this.#counted.set(neighbor, now);
    }
    return { received, sent };
  }

  #countDrift(): number {
    const { drifted = 0 } = this.#forwarding.figures()?.counters ?? {};
    const since = drifted - this.#drifted;
    this.#drifted = drifted;
    return since;
  }
}
