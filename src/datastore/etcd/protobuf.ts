/**
 * The part of the protocol buffer encoding that etcd's messages need: varints and length-delimited
 * fields. Unknown fields are skipped, so newer servers are understood.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const utf8 = new TextEncoder();

/** Writes one message, field by field; fields with their default value are left out. */
export class ProtoWriter {
  readonly #parts: Uint8Array[] = [];

  /** A whole number from 0 to 2^53 − 1. */
  number(field: number, value: number): this {
    if (value !== 0) this.#parts.push(varint(field * 8 + VARINT), varint(value));
    return this;
  }

  flag(field: number, value: boolean): this {
    return this.number(field, value ? 1 : 0);
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.message(field, utf8.encode(value));
  }

  /** An inner message or octets; written even when empty, for its presence may be what is said. */
  message(field: number, value: Uint8Array): this {
    this.#parts.push(varint(field * 8 + BYTES), varint(value.length), value);
    return this;
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

function varint(value: number): Uint8Array {
  const octets: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    octets.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  octets.push(rest);
  return Uint8Array.from(octets);
}

/** What a message of which nobody knows the sense cannot be read as. */
export class MalformedMessage extends Error {}

/** Receives the fields of a message in the order of the wire; octets are borrowed from the message. */
export interface FieldSink {
  /** Exact up to 2^53; larger ones (ids of clusters) only tell apart. */
  number?(field: number, value: number): void;
  bytes?(field: number, value: Uint8Array): void;
}

/** Walks over a message. @throws MalformedMessage when it is cut short or has groups */
export function readFields(message: Uint8Array, sink: FieldSink): void {
  const cursor = new Cursor(message);
  while (!cursor.isAtEnd) {
    const tag = cursor.varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case VARINT:
        sink.number?.(field, cursor.varint());
        break;
      case BYTES:
        sink.bytes?.(field, cursor.take(cursor.varint()));
        break;
      case FIXED64:
        cursor.take(8);
        break;
      case FIXED32:
        cursor.take(4);
        break;
      default:
        throw new MalformedMessage(`wire type ${tag % 8} of field ${field}`);
    }
  }
}

class Cursor {
  readonly #message: Uint8Array;
  #at = 0;

  constructor(message: Uint8Array) {
    this.#message = message;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#message.length;
  }

  varint(): number {
    let value = 0;
    for (let factor = 1, octets = 1; octets <= 10; factor *= 0x80, octets++) {
      const octet = this.#message[this.#at++];
      if (octet === undefined) throw new MalformedMessage('cut short in a number');
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return value;
    }
    throw new MalformedMessage('a number of more than ten octets');
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#message.length) throw new MalformedMessage('cut short in a field');
    const taken = this.#message.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
