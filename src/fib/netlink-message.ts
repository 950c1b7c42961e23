/**
 * Netlink framing: messages in a datagram, attributes in a message, answers to requests.
 *
 * ```
 * datagram  | nlmsghdr | payload, padded to 4 | nlmsghdr | …
 * payload   | family header | nlattr | value, padded to 4 | nlattr | …
 * ```
 *
 * All numbers are in host byte order. Readers check every length against what surrounds it and stop at the
 * first that does not fit, so nothing behind the datagram is ever read.
 */
import {
  NLA_TYPE_MASK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSGERR_ATTR_MSG,
} from './netlink-constants.ts';

/** sizeof(struct nlmsghdr). */
export const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;

/** True on little-endian hosts; the second argument of every DataView access to netlink data. */
export const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A DataView over exactly the octets of `bytes`. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Walks the messages of a datagram; the fields describe the one {@link next} found. */
export class MessageCursor {
  type = 0;
  flags = 0;
  sequence = 0;
  portId = 0;
  /** Payload, `[at, end)`. */
  at = 0;
  end = 0;
  readonly view: DataView;
  readonly #limit: number;
  #next = 0;

  /** @param sizeBytes octets received into `bytes` */
  constructor(bytes: Uint8Array, sizeBytes: number) {
    this.view = viewOf(bytes);
    this.#limit = Math.min(sizeBytes, bytes.length);
  }

  /** @returns false at the end, or where the rest is no message */
  next(): boolean {
    const start = this.#next;
    if (start + HEADER_SIZE > this.#limit) return false;
    const length = this.view.getUint32(start, IS_LITTLE_ENDIAN);
    if (length < HEADER_SIZE || start + length > this.#limit) return false;
    this.type = this.view.getUint16(start + 4, IS_LITTLE_ENDIAN);
    this.flags = this.view.getUint16(start + 6, IS_LITTLE_ENDIAN);
    this.sequence = this.view.getUint32(start + 8, IS_LITTLE_ENDIAN);
    this.portId = this.view.getUint32(start + 12, IS_LITTLE_ENDIAN);
    this.at = start + HEADER_SIZE;
    this.end = start + length;
    this.#next = start + align(length);
    return true;
  }
}

/** Walks attributes in `[at, limit)`; the fields describe the one {@link next} found. */
export class AttributeCursor {
  type = 0;
  /** Value, `[at, end)`. */
  at = 0;
  end = 0;
  readonly #view: DataView;
  #next = 0;
  #limit = 0;

  constructor(view: DataView) {
    this.#view = view;
  }

  enter(at: number, limit: number): this {
    this.#next = at;
    this.#limit = Math.min(limit, this.#view.byteLength);
    return this;
  }

  next(): boolean {
    const start = this.#next;
    if (start + ATTRIBUTE_HEADER_SIZE > this.#limit) return false;
    const length = this.#view.getUint16(start, IS_LITTLE_ENDIAN);
    if (length < ATTRIBUTE_HEADER_SIZE || start + length > this.#limit) return false;
    this.type = this.#view.getUint16(start + 2, IS_LITTLE_ENDIAN) & NLA_TYPE_MASK;
    this.at = start + ATTRIBUTE_HEADER_SIZE;
    this.end = start + length;
    this.#next = start + align(length);
    return true;
  }

  get size(): number {
    return this.end - this.at;
  }

  /** The value as an unsigned number; 0 when it is not four octets. */
  uint32(): number {
    return this.size === 4 ? this.#view.getUint32(this.at, IS_LITTLE_ENDIAN) : 0;
  }

  /** A copy of the value. */
  bytes(): Uint8Array {
    return copyBytes(this.#view, this.at, this.size);
  }

  /** The value as text, up to its first NUL. */
  text(): string {
    const value = this.bytes();
    const nul = value.indexOf(0);
    return new TextDecoder().decode(nul < 0 ? value : value.subarray(0, nul));
  }
}

/** A copy of `size` octets; the caller has checked the bounds. */
export function copyBytes(view: DataView, at: number, size: number): Uint8Array {
  const copy = new Uint8Array(size);
  for (let i = 0; i < size; i++) copy[i] = view.getUint8(at + i);
  return copy;
}

/** How the kernel answered a request. */
export interface Answer {
  /** Positive error number, 0 for success. */
  readonly errno: number;
  /** Extended acknowledgement in words, empty when there is none. */
  readonly message: string;
}

/** Reads NLMSG_ERROR and NLMSG_DONE; undefined for other messages and for truncated ones. */
export function readAnswer(message: MessageCursor): Answer | undefined {
  if (message.type !== NLMSG_ERROR && message.type !== NLMSG_DONE) return undefined;
  if (message.at + 4 > message.end) {
    return message.type === NLMSG_DONE ? { errno: 0, message: '' } : undefined;
  }
  const errno = Math.abs(message.view.getInt32(message.at, IS_LITTLE_ENDIAN));
  if (errno === 0 || (message.flags & NLM_F_ACK_TLVS) === 0) return { errno, message: '' };
  return { errno, message: extendedMessage(message) };
}

/** Behind the error number comes the request, whole or only its header, then the attributes. */
function extendedMessage(message: MessageCursor): string {
  let at = message.at + 4;
  if (message.type === NLMSG_ERROR) {
    if (at + HEADER_SIZE > message.end) return '';
    const echoed = message.view.getUint32(at, IS_LITTLE_ENDIAN);
    const isCapped = (message.flags & NLM_F_CAPPED) !== 0;
    at += isCapped ? HEADER_SIZE : align(Math.min(echoed, message.end - at));
  }
  const attribute = new AttributeCursor(message.view).enter(at, message.end);
  while (attribute.next()) if (attribute.type === NLMSGERR_ATTR_MSG) return attribute.text();
  return '';
}

/**
 * Writes messages one behind the other into one buffer, which is reused.
 *
 * The caller asks {@link hasRoom} before each message; writing past the end throws RangeError.
 */
export class MessageWriter {
  readonly bytes: Uint8Array;
  sizeBytes = 0;
  count = 0;
  readonly #view: DataView;
  #messageAt = 0;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#view = viewOf(this.bytes);
  }

  clear(): void {
    this.sizeBytes = 0;
    this.count = 0;
  }

  hasRoom(sizeBytes: number): boolean {
    return this.sizeBytes + sizeBytes <= this.bytes.length;
  }

  begin(type: number, flags: number, sequence: number): void {
    const at = this.sizeBytes;
    this.#messageAt = at;
    this.#view.setUint16(at + 4, type, IS_LITTLE_ENDIAN);
    this.#view.setUint16(at + 6, flags, IS_LITTLE_ENDIAN);
    this.#view.setUint32(at + 8, sequence, IS_LITTLE_ENDIAN);
    this.#view.setUint32(at + 12, 0, IS_LITTLE_ENDIAN);
    this.sizeBytes = at + HEADER_SIZE;
  }

  end(): void {
    this.#view.setUint32(this.#messageAt, this.sizeBytes - this.#messageAt, IS_LITTLE_ENDIAN);
    this.#pad();
    this.count++;
  }

  /** Adds flags to the message written last. */
  addFlags(flags: number): void {
    const at = this.#messageAt + 6;
    const before = this.#view.getUint16(at, IS_LITTLE_ENDIAN);
    this.#view.setUint16(at, before | flags, IS_LITTLE_ENDIAN);
  }

  uint8(value: number): void {
    this.#view.setUint8(this.sizeBytes++, value);
  }

  uint16(value: number): void {
    this.#view.setUint16(this.sizeBytes, value, IS_LITTLE_ENDIAN);
    this.sizeBytes += 2;
  }

  uint32(value: number): void {
    this.#view.setUint32(this.sizeBytes, value, IS_LITTLE_ENDIAN);
    this.sizeBytes += 4;
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.sizeBytes);
    this.sizeBytes += bytes.length;
  }

  attribute(type: number, value: Uint8Array): void {
    const at = this.openAttribute(type);
    this.raw(value);
    this.closeAttribute(at);
  }

  attributeUint32(type: number, value: number): void {
    this.uint16(8);
    this.uint16(type);
    this.uint32(value);
  }

  /** @returns where it began, for {@link closeAttribute} */
  openAttribute(type: number): number {
    const at = this.sizeBytes;
    this.uint16(0);
    this.uint16(type);
    return at;
  }

  closeAttribute(at: number): void {
    this.setUint16At(at, this.sizeBytes - at);
    this.#pad();
  }

  setUint16At(at: number, value: number): void {
    this.#view.setUint16(at, value, IS_LITTLE_ENDIAN);
  }

  #pad(): void {
    const end = align(this.sizeBytes);
    this.bytes.fill(0, this.sizeBytes, end);
    this.sizeBytes = end;
  }
}

function align(size: number): number {
  return (size + 3) & ~3;
}
