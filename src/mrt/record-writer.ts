/** Writes the headers of MRT records (RFC 6396 §2, §3) and collects records in one growing buffer. */
import { ByteWriter } from '../bgp/wire/writer.ts';
import { BGP4MP_ET } from './constants.ts';

/** Begin, write the body with `out`, end; several records one after the other. */
export class RecordWriter {
  readonly out = new ByteWriter(65_536);
  #lengthAt = 0;

  /** Octets waiting for `take`. */
  get sizeBytes(): number {
    return this.out.at;
  }

  /** @param at wall time, milliseconds since 1970; BGP4MP_ET keeps its fraction */
  begin(at: number, type: number, subtype: number): void {
    const { out } = this;
    out.u32(Math.floor(at / 1000) >>> 0);
    out.u16(type);
    out.u16(subtype);
    this.#lengthAt = out.at;
    out.u32(0);
    if (type === BGP4MP_ET) out.u32(Math.floor((at * 1000) % 1_000_000) >>> 0);
  }

  end(): void {
    const size = this.out.at - this.#lengthAt - 4;
    this.out.patchU16(this.#lengthAt, size >>> 16);
    this.out.patchU16(this.#lengthAt + 2, size & 0xffff);
  }

  /** Everything written so far, a copy. */
  take(): Uint8Array {
    return this.out.take();
  }
}
