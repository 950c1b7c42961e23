/**
 * Cuts streamed JSON into its objects without holding the whole: the events of a watch, or the items of a
 * list, which for nodes of a large cluster has a hundred megabytes and more.
 *
 * ```
 *  list   {"metadata":{…},"items":[ {item} , {item} ]}     watch   {event} {event} {event}
 *         └──── rest ────────────┘  └object┘ └object┘  └┘           └object┘
 * ```
 *
 * Chunks may end anywhere, inside a character too. Nothing throws: what cannot be JSON, or is larger than
 * it may be, ends the splitting with a fault. Whether an object is JSON inside is for its parser to say.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;

/** etcd takes 1.5 MiB per object by default; lists carry nothing else of size. */
export const MAX_OBJECT_BYTES = 16 * 1024 * 1024;
const MAX_REST_BYTES = 1024 * 1024;
/** `"items" : [` with room for blanks. */
const KEY_TAIL_BYTES = 64;

/** What the octets at hand belong to. */
type Part = 'object' | 'rest' | 'between';

export class JsonSplitter {
  readonly #onObject: (text: string) => void;
  /** Depth at which objects stand. */
  readonly #level: number;
  #isAmongObjects: boolean;
  #part: Part;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #object = new Pieces(MAX_OBJECT_BYTES);
  readonly #rest = new Pieces(MAX_REST_BYTES);
  #fault: string | undefined;

  /** @param shape `list`: objects are the entries of `items`; `watch`: one follows the other */
  constructor(shape: 'list' | 'watch', onObject: (text: string) => void) {
    this.#onObject = onObject;
    this.#level = shape === 'list' ? 2 : 0;
    this.#isAmongObjects = shape === 'watch';
    this.#part = shape === 'list' ? 'rest' : 'between';
  }

  /** Why nothing more is taken; undefined while all is well. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** True between two objects, and after the end of a list. */
  get isComplete(): boolean {
    return this.#depth === 0 && this.#fault === undefined;
  }

  /** Of a list: the document with `items` emptied. */
  get rest(): string {
    return this.#rest.text();
  }

  /** Takes the next octets; borrowed, not kept beyond the object they belong to. */
  push(chunk: Uint8Array): void {
    let start = 0;
    for (let at = 0; at < chunk.length && this.#fault === undefined; at++) {
      const octet = chunk[at]!;
      if (this.#isInString) this.#string(octet);
      else if (octet === QUOTE) this.#isInString = true;
      else if (octet === BRACE_OPEN || octet === BRACKET_OPEN) {
        start = this.#open(chunk, { start, at, octet });
      } else if (octet === BRACE_CLOSE || octet === BRACKET_CLOSE) {
        start = this.#close(chunk, start, at);
      } else if (this.#depth === 0 && octet > 0x20) this.#fault = 'the answer is no JSON object';
    }
    this.#keep(chunk, start, chunk.length);
  }

  #string(octet: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (octet === BACKSLASH) this.#isEscaped = true;
    else if (octet === QUOTE) this.#isInString = false;
  }

  /** @returns where the part begins that `at` belongs to */
  #open(
    chunk: Uint8Array,
    { start, at, octet }: { start: number; at: number; octet: number },
  ): number {
    const depth = this.#depth++;
    if (this.#isAmongObjects) {
      if (depth !== this.#level) return start;
      if (octet === BRACE_OPEN) this.#part = 'object';
      return at;
    }
    if (depth !== 1 || octet !== BRACKET_OPEN || this.#part !== 'rest') return start;
    this.#keep(chunk, start, at);
    if (!/"items"\s*:\s*$/.test(this.#rest.tail(KEY_TAIL_BYTES))) return at;
    this.#keep(chunk, at, at + 1);
    this.#isAmongObjects = true;
    this.#part = 'between';
    return at + 1;
  }

  /** @returns where the part begins that comes next */
  #close(chunk: Uint8Array, start: number, at: number): number {
    if (this.#depth === 0) {
      this.#fault = 'the answer is no JSON object';
      return start;
    }
    const depth = --this.#depth;
    if (!this.#isAmongObjects) return start;
    if (depth === this.#level && this.#part === 'object') {
      this.#keep(chunk, start, at + 1);
      this.#part = 'between';
      this.#emit();
      return at + 1;
    }
    if (depth >= this.#level) return start;
    this.#isAmongObjects = false;
    this.#part = 'rest';
    return at;
  }

  #emit(): void {
    const text = this.#object.text();
    this.#object = new Pieces(MAX_OBJECT_BYTES);
    if (this.#fault === undefined) this.#onObject(text);
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (this.#part === 'between' || start >= end) return;
    const pieces = this.#part === 'object' ? this.#object : this.#rest;
    if (!pieces.add(chunk.subarray(start, end))) this.#fault = 'the answer is too large';
  }
}

/** Octets of one text, up to a limit. */
class Pieces {
  readonly #limitBytes: number;
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** @returns false when it would be too much */
  add(piece: Uint8Array): boolean {
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes > this.#limitBytes) return false;
    this.#pieces.push(piece);
    return true;
  }

  text(): string {
    const [only] = this.#pieces;
    const whole = this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces);
    return new TextDecoder().decode(whole);
  }

  tail(count: number): string {
    return this.text().slice(-count);
  }
}
