/** What one run changed in a group's Adj-RIB-Out, and the state before: a list in reused columns. */
import { grownUint16, grownUint32, nextCapacity } from './columns.ts';
import type { PeerId, PrefixId } from './ids.ts';

export class SlotChanges {
  #slot = new Uint32Array(256);
  #prefix = new Uint32Array(256);
  /** Source of the route before, 0 when there was none. */
  #oldSource = new Uint16Array(256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** @param oldSource 0 when the slot was not advertised */
  add(slot: number, prefix: PrefixId, oldSource: PeerId): void {
    if (this.#count === this.#slot.length) this.#grow();
    const index = this.#count++;
    this.#slot[index] = slot;
    this.#prefix[index] = prefix;
    this.#oldSource[index] = oldSource;
  }

  slot(index: number): number {
    return this.#slot[index]!;
  }

  prefix(index: number): PrefixId {
    return this.#prefix[index]! as PrefixId;
  }

  /** The peer the route before came from; 0 when there was none. */
  oldSource(index: number): PeerId {
    return this.#oldSource[index]! as PeerId;
  }

  /** Whether a member held the route before. */
  wasHeldBy(index: number, peer: PeerId): boolean {
    const source = this.#oldSource[index]!;
    return source !== 0 && source !== peer;
  }

  #grow(): void {
    const capacity = nextCapacity(this.#slot.length, this.#count + 1);
    this.#slot = grownUint32(this.#slot, capacity);
    this.#prefix = grownUint32(this.#prefix, capacity);
    this.#oldSource = grownUint16(this.#oldSource, capacity);
  }
}
