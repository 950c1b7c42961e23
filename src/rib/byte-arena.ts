/**
 * Many small byte strings in one buffer: an object per string would cost more than the string.
 *
 * Sizes are rounded up to 16 octets; freed blocks are kept per rounded size and used again.
 */
import { grownUint8, nextCapacity } from './columns.ts';

const ROUND = 16;

export class ByteArena {
  /** The backing buffer; replaced when it grows, so read it anew each time. */
  bytes = new Uint8Array(4096);
  #end = 0;
  /** Free offsets per rounded size. */
  readonly #free = new Map<number, number[]>();

  get sizeBytes(): number {
    return this.bytes.byteLength;
  }

  /** Reserves `size` octets; their content is undefined. */
  allocate(size: number): number {
    const rounded = roundUp(size);
    const reused = this.#free.get(rounded)?.pop();
    if (reused !== undefined) return reused;
    const at = this.#end;
    this.#end += rounded;
    if (this.#end > this.bytes.length) {
      this.bytes = grownUint8(this.bytes, nextCapacity(this.bytes.length, this.#end));
    }
    return at;
  }

  /** Gives back what `allocate(size)` answered. */
  release(at: number, size: number): void {
    const rounded = roundUp(size);
    const list = this.#free.get(rounded);
    if (list) list.push(at);
    else this.#free.set(rounded, [at]);
  }
}

function roundUp(size: number): number {
  return Math.ceil(size / ROUND) * ROUND;
}
