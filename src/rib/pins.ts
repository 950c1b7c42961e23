/**
 * Counts who still needs an id although its route is gone: members of update groups that have a
 * withdrawal yet to send. A pinned id is not reused.
 */
import { grownUint16, nextCapacity } from './columns.ts';

export class Pins {
  #counts = new Uint16Array(64);
  readonly #onReleased: (id: number) => void;

  /** @param onReleased told when the last pin of an id is taken out */
  constructor(onReleased: (id: number) => void) {
    this.#onReleased = onReleased;
  }

  isPinned(id: number): boolean {
    return (this.#counts[id] ?? 0) !== 0;
  }

  pin(id: number): void {
    if (id >= this.#counts.length) {
      this.#counts = grownUint16(this.#counts, nextCapacity(this.#counts.length, id + 1));
    }
    this.#counts[id]!++;
  }

  unpin(id: number): void {
    if (--this.#counts[id]! === 0) this.#onReleased(id);
  }
}
