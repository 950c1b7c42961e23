/** Refusals in the log, as many as a person reads: an agent that repeats itself fills no disk. */
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';

const WINDOW_MS = 60_000;
const PER_WINDOW = 20;
/** What a request says is as long as it likes. */
const LONGEST_TEXT = 200;

/** See the head of the file. */
export class RefusalLog {
  readonly #clock: Clock;
  readonly #log: Log;
  #windowEndsAt = 0;
  #count = 0;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  note({ owner, reason, uid }: { owner: string; reason: string; uid: number | undefined }): void {
    const now = this.#clock.now();
    const suppressed = Math.max(0, this.#count - PER_WINDOW);
    const isNewWindow = now >= this.#windowEndsAt;
    if (isNewWindow) {
      this.#windowEndsAt = now + WINDOW_MS;
      this.#count = 0;
    }
    if (++this.#count > PER_WINDOW) return;
    const texts = { owner: owner.slice(0, LONGEST_TEXT), reason: reason.slice(0, LONGEST_TEXT) };
    this.#log.warn(
      { ...texts, uid, ...(isNewWindow && suppressed > 0 && { suppressed }) },
      'origination refused',
    );
  }
}
