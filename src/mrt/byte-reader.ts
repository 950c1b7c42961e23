/** Numbers and octets one after the other; what is not there is an error, never a guess. */
import { readU16, readU32 } from '../bgp/wire/octets.ts';

export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Offset of the next octet. */
  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws RangeError at the end, as all of them */
  u8(): number {
    return this.#bytes[this.#advance(1)]!;
  }

  u16(): number {
    return readU16(this.#bytes, this.#advance(2));
  }

  u32(): number {
    return readU32(this.#bytes, this.#advance(4));
  }

  /** A view of the next `size` octets. */
  take(size: number): Uint8Array {
    const at = this.#advance(size);
    return this.#bytes.subarray(at, at + size);
  }

  #advance(size: number): number {
    const at = this.#at;
    if (at + size > this.#bytes.length) throw new RangeError('the record is cut short');
    this.#at = at + size;
    return at;
  }
}
