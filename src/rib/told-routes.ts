/**
 * What somebody outside was told, by slot (a `PrefixId` or a `PathId`): the attribute set, held by a reference, and
 * the slot, held by a pin, so that its withdrawal can still be told.
 */
import type { AttributeStore } from './attribute-store.ts';
import { grownUint32, nextCapacity } from './columns.ts';
import type { AttrsId } from './ids.ts';
import type { Pins } from './pins.ts';

const NONE = 0 as AttrsId;

export class ToldRoutes {
  readonly #attrs: AttributeStore;
  readonly #pins: Pins;
  #told = new Uint32Array(64);
  #limit = 0;

  constructor(attrs: AttributeStore, pins: Pins) {
    this.#attrs = attrs;
    this.#pins = pins;
  }

  /** Notes what is told now, 0 for a withdrawal. @returns false when that is what was told last */
  tell(slot: number, attrs: AttrsId): boolean {
    const old = (this.#told[slot] ?? NONE) as AttrsId;
    if (old === attrs) return false;
    if (slot >= this.#told.length) {
      this.#told = grownUint32(this.#told, nextCapacity(this.#told.length, slot + 1));
    }
    this.#limit = Math.max(this.#limit, slot + 1);
    this.#told[slot] = attrs;
    if (old === NONE) this.#pins.pin(slot);
    else if (attrs === NONE) this.#pins.unpin(slot);
    if (attrs !== NONE) this.#attrs.retain(attrs);
    this.#attrs.release(old);
    return true;
  }

  /** Nothing counts as told any more. */
  clear(): void {
    for (let slot = 0; slot < this.#limit; slot++) this.tell(slot, NONE);
    this.#told = new Uint32Array(64);
    this.#limit = 0;
  }
}
