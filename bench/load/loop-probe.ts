/** Asks the probe inside a speaker (`programs/loop-delay.mjs`) how late its event loop was. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How much later than asked for timers fired. */
export interface LoopDelay {
  readonly p999Ms: number;
  readonly maxMs: number;
}

const PATIENCE_MS = 2000;
const INTERVAL_MS = 5;

export class LoopProbe {
  readonly #file: string | undefined;

  /** @param file where the speaker leaves its answer; undefined when it has no probe */
  constructor(file: string | undefined) {
    this.#file = file;
  }

  /** Measures anew from here. */
  begin(pid: number): void {
    if (this.#file) process.kill(pid, 'SIGUSR2');
  }

  /** The delay since the beginning; undefined without a probe. */
  async end(pid: number): Promise<LoopDelay | undefined> {
    if (!this.#file) return undefined;
    rmSync(this.#file, { force: true });
    process.kill(pid, 'SIGPWR');
    for (let waitedMs = 0; !existsSync(this.#file); waitedMs += INTERVAL_MS) {
      if (waitedMs > PATIENCE_MS) throw new Error('the event loop of the speaker does not answer');
      await delay(INTERVAL_MS);
    }
    return JSON.parse(readFileSync(this.#file, 'utf8')) as LoopDelay;
  }
}
