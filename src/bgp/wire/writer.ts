/**
 * A growing octet buffer for messages of unknown size: OPEN, capabilities, path attributes.
 *
 * Multi-octet numbers are written in network order. The UPDATE packer does not use it: it writes
 * straight into buffers it owns (`update-writer.ts`).
 */
import { writeU16, writeU32 } from './octets.ts';

/** Appends octets; see above. One owner, not shared. */
export class ByteWriter {
  /** Offset of the next octet; may be read to patch a length later with {@link patchU16}. */
  at = 0;
  #bytes: Uint8Array;

  constructor(sizeBytes = 256) {
    this.#bytes = new Uint8Array(sizeBytes);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.at++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.at = writeU16(this.#bytes, this.at, value);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.at = writeU32(this.#bytes, this.at, value);
  }

  /** Copies `octets`. */
  put(octets: Uint8Array): void {
    this.#reserve(octets.length);
    this.#bytes.set(octets, this.at);
    this.at += octets.length;
  }

  /** Writes zeros, to be patched. */
  skip(sizeBytes: number): void {
    this.#reserve(sizeBytes);
    this.#bytes.fill(0, this.at, this.at + sizeBytes);
    this.at += sizeBytes;
  }

  patchU8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  patchU16(at: number, value: number): void {
    writeU16(this.#bytes, at, value);
  }

  /** A copy of everything written; the writer is empty again afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.at);
    this.at = 0;
    return taken;
  }

  #reserve(sizeBytes: number): void {
    if (this.at + sizeBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.at + sizeBytes));
    grown.set(this.#bytes.subarray(0, this.at));
    this.#bytes = grown;
  }
}
