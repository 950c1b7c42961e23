/**
 * The limit on prefixes accepted from a neighbour, and what exceeding it costs (RFC 4486 §4).
 *
 * The count is looked at after each chunk of input rather than after each prefix, so a peer may exceed the
 * limit by what fits into one chunk before it is acted upon.
 */
import type { SessionConfig } from '../config/model.ts';

type Limit = SessionConfig['maximumPrefixes'];

/** Judges one neighbour's counts. */
export class PrefixLimit {
  #limit: Limit;
  #hasWarned = false;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /** Takes another limit; a warning may come again. */
  set(limit: Limit): void {
    if (JSON.stringify(limit) !== JSON.stringify(this.#limit)) this.#hasWarned = false;
    this.#limit = limit;
  }

  /**
   * What is to be done about a count of received prefixes.
   *
   * @returns undefined while it is within the limit, and for a warning that was given already
   */
  judge(received: number): 'warn' | 'restart' | 'shutdown' | undefined {
    if (!this.#limit || received <= this.#limit.limit) {
      this.#hasWarned = false;
      return undefined;
    }
    if (this.#limit.action !== 'warn') return this.#limit.action;
    const isNews = !this.#hasWarned;
    this.#hasWarned = true;
    return isNews ? 'warn' : undefined;
  }
}
