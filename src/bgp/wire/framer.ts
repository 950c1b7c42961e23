/**
 * Cuts a TCP stream into messages and judges their headers (RFC 4271 §6.1).
 *
 * A message that lies whole in one chunk is handed out in place. One that is split is gathered in a
 * buffer of the length its header states, so a peer can make us hold one message at most. A header
 * is judged as soon as its 19 octets are there, without waiting for the body.
 */
import {
  EXTENDED_MESSAGE_SIZE,
  HEADER_BAD_LENGTH,
  HEADER_BAD_TYPE,
  HEADER_ERROR,
  HEADER_NOT_SYNCHRONIZED,
  HEADER_SIZE,
  MARKER_SIZE,
  MAXIMUM_MESSAGE_SIZE,
  MESSAGE_OPEN,
} from './constants.ts';
import { messageLength, messageType } from './header.ts';
import { NotificationError } from './notification.ts';

/**
 * Takes one whole message `[at, end)`, header included. The bytes are borrowed until it returns.
 *
 * @returns false to stop: the rest of the stream is dropped
 */
export type OnMessage = (bytes: Uint8Array, at: number, end: number, type: number) => boolean;

/** Shortest message by type; ROUTE-REFRESH lengths have an error code of their own (RFC 7313 §5). */
const MINIMUM_SIZES: readonly number[] = [0, 29, 23, 21, 19, 19];
/** Longest message by type: OPEN and KEEPALIVE never grow (RFC 8654 §4); KEEPALIVE is a bare header. */
const MAXIMUM_SIZES: readonly number[] = [
  0,
  MAXIMUM_MESSAGE_SIZE,
  EXTENDED_MESSAGE_SIZE,
  EXTENDED_MESSAGE_SIZE,
  HEADER_SIZE,
  EXTENDED_MESSAGE_SIZE,
];

/** Finds message bounds; one per connection. */
export class Framer {
  /** Octets; raise it to 65535 once both sides announced RFC 8654. Applies from the next header. */
  maximumMessageSize: number = MAXIMUM_MESSAGE_SIZE;
  #gathered = new Uint8Array(0);
  /** Octets of a split message in `#gathered`. */
  #filled = 0;
  #isStopped = false;
  #fault: NotificationError | undefined;
  #rejected = new Uint8Array(0);

  /**
   * Takes the next chunk of the stream and hands out the messages it completes. Not reentrant.
   *
   * @param chunk borrowed, not kept
   * @returns the fault of a bad header (1/1, 1/2, 1/3); messages in front of it were handed out, and
   *   everything behind it is dropped, later chunks included
   */
  push(chunk: Uint8Array, onMessage: OnMessage): NotificationError | undefined {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      const isWhole = this.#filled === 0 && chunk.length - at >= HEADER_SIZE;
      at = isWhole ? this.#readInPlace(chunk, at, onMessage) : this.#gather(chunk, at, onMessage);
    }
    return this.#fault;
  }

  /** Once `push` has answered a fault: the bad header, and what came with it of the message. */
  get rejected(): Uint8Array {
    return this.#rejected;
  }

  /** Forgets a half-read message and any fault or stop; the size limit stays. */
  reset(): void {
    this.#filled = 0;
    this.#isStopped = false;
    this.#fault = undefined;
  }

  /** The header is all in the chunk. Answers the offset of the next message. */
  #readInPlace(chunk: Uint8Array, at: number, onMessage: OnMessage): number {
    if (!this.#accepts(chunk, at, chunk.length)) return at;
    const end = at + messageLength(chunk, at);
    if (end > chunk.length) return this.#gather(chunk, at, onMessage);
    this.#isStopped = !onMessage(chunk, at, end, messageType(chunk, at));
    return end;
  }

  /** Copies the part of a split message that this chunk has; answers the offset behind it. */
  #gather(chunk: Uint8Array, start: number, onMessage: OnMessage): number {
    let at = start;
    if (this.#filled < HEADER_SIZE) {
      at = this.#fill(chunk, at, HEADER_SIZE);
      if (this.#filled < HEADER_SIZE || !this.#accepts(this.#gathered, 0, HEADER_SIZE)) return at;
    }
    const length = messageLength(this.#gathered, 0);
    at = this.#fill(chunk, at, length);
    if (this.#filled < length) return at;
    this.#filled = 0;
    this.#isStopped = !onMessage(this.#gathered, 0, length, messageType(this.#gathered, 0));
    return at;
  }

  /** Copies from the chunk until `#gathered` holds `size` octets or the chunk ends. */
  #fill(chunk: Uint8Array, at: number, size: number): number {
    if (this.#gathered.length < size) {
      const grown = new Uint8Array(Math.max(size, MAXIMUM_MESSAGE_SIZE));
      grown.set(this.#gathered.subarray(0, this.#filled));
      this.#gathered = grown;
    }
    const end = Math.min(chunk.length, at + size - this.#filled);
    this.#gathered.set(chunk.subarray(at, end), this.#filled);
    this.#filled += end - at;
    return end;
  }

  #accepts(bytes: Uint8Array, at: number, end: number): boolean {
    this.#fault = checkHeader(bytes, at, this.maximumMessageSize);
    if (!this.#fault) return true;
    this.#isStopped = true;
    const size = Math.min(Math.max(HEADER_SIZE, messageLength(bytes, at)), MAXIMUM_MESSAGE_SIZE);
    this.#rejected = bytes.slice(at, Math.min(end, at + size));
    return false;
  }
}

/**
 * Checks the complete header at `at`.
 *
 * @param maximum the negotiated maximum message size, octets
 * @returns the fault: 1/1; 1/3 with the type octet; 1/2 with the two length octets; or undefined
 */
function checkHeader(
  bytes: Uint8Array,
  at: number,
  maximum: number,
): NotificationError | undefined {
  for (let i = at; i < at + MARKER_SIZE; i++) if (bytes[i] !== 0xff) return notSynchronized();
  const type = messageType(bytes, at);
  const length = messageLength(bytes, at);
  if (length < HEADER_SIZE || length > maximum) return badLength(length);
  if (type < MESSAGE_OPEN || type >= MINIMUM_SIZES.length) return badType(type);
  const isSized = length >= MINIMUM_SIZES[type]! && length <= MAXIMUM_SIZES[type]!;
  return isSized ? undefined : badLength(length);
}

function notSynchronized(): NotificationError {
  const reason = 'the marker is not all ones';
  return new NotificationError(HEADER_ERROR, HEADER_NOT_SYNCHRONIZED, new Uint8Array(0), reason);
}

function badLength(length: number): NotificationError {
  const data = Uint8Array.of(length >>> 8, length & 255);
  const reason = `${length} octets is no length for this message`;
  return new NotificationError(HEADER_ERROR, HEADER_BAD_LENGTH, data, reason);
}

function badType(type: number): NotificationError {
  const reason = `message type ${type} is unknown`;
  return new NotificationError(HEADER_ERROR, HEADER_BAD_TYPE, Uint8Array.of(type), reason);
}
