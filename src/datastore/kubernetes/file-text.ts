/** Text of a file that others replace: tokens and certificates are rotated in place. */
import { readFile } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.ts';

/** A replaced file is noticed this late; a refused credential makes it noticed at once. */
const TRUSTED_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

export class FileText {
  readonly #path: string;
  readonly #clock: Clock;
  #text: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** The text; while the file cannot be read, the one before. @throws Error when there never was one */
  async read(): Promise<string> {
    if (this.#text !== undefined && this.#clock.now() - this.#readAt < TRUSTED_MS)
      return this.#text;
    try {
      const text = await readFile(this.#path, 'utf8');
      // A file that is being written is empty for a moment.
      if (text.trim() !== '' && text.length <= MAX_BYTES) this.#text = text;
    } catch (error) {
      if (this.#text === undefined) throw error;
    }
    this.#readAt = this.#clock.now();
    if (this.#text === undefined) throw new Error(`${this.#path} is empty`);
    return this.#text;
  }

  /** The next read looks at the file. */
  distrust(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }
}
