/** Finds the records of an MRT file in chunks of any size (RFC 6396 §2). */
import { readU16, readU32 } from '../bgp/wire/octets.ts';
import { BGP4MP_ET, LARGEST_RECORD, MICROSECONDS_SIZE, MRT_HEADER_SIZE } from './constants.ts';

export interface MrtRecord {
  /** Wall time in microseconds since 1970. */
  readonly at: number;
  readonly type: number;
  readonly subtype: number;
  /** Behind the header, and behind the microseconds of an extended one. */
  readonly body: Uint8Array;
}

/** Chunks in, whole records out; what is cut off at the end is `rest`. */
export class RecordSplitter {
  #rest: Uint8Array = new Uint8Array(0);

  /** Octets that are no whole record yet. */
  get rest(): number {
    return this.#rest.length;
  }

  /**
   * Yields the records that are whole now; their bodies are views of what was pushed.
   *
   * @throws RangeError where a length says that this is no MRT file
   */
  *push(chunk: Uint8Array): Generator<MrtRecord> {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = endOf(bytes, at); end !== 0; end = endOf(bytes, at)) {
      yield recordAt(bytes, at, end);
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}

/** 0 when the record at `at` is not whole. */
function endOf(bytes: Uint8Array, at: number): number {
  if (at + MRT_HEADER_SIZE > bytes.length) return 0;
  const size = readU32(bytes, at + 8);
  const isShort = readU16(bytes, at + 4) === BGP4MP_ET && size < MICROSECONDS_SIZE;
  if (size > LARGEST_RECORD || isShort) throw new RangeError('this is no MRT file');
  const end = at + MRT_HEADER_SIZE + size;
  return end <= bytes.length ? end : 0;
}

function recordAt(bytes: Uint8Array, at: number, end: number): MrtRecord {
  const seconds = readU32(bytes, at);
  const type = readU16(bytes, at + 4);
  const subtype = readU16(bytes, at + 6);
  const isExtended = type === BGP4MP_ET;
  const microseconds = isExtended ? readU32(bytes, at + MRT_HEADER_SIZE) : 0;
  const bodyAt = at + MRT_HEADER_SIZE + (isExtended ? MICROSECONDS_SIZE : 0);
  return {
    at: seconds * 1e6 + microseconds,
    type,
    subtype,
    body: bytes.subarray(bodyAt, end),
  };
}
