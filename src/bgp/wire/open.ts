/**
 * The OPEN message (RFC 4271 §4.2) with its optional parameters in both length forms:
 *
 *     plain:    n | type, length8, value | …
 *     extended: 255 | 255 | n16 | type, length16, value | …      (RFC 9072 §2)
 */
import { AS_TRANS } from '../../net/asn.ts';
import { type Capability, decodeCapability, writeCapability } from './capabilities.ts';
import {
  HEADER_SIZE,
  MESSAGE_OPEN,
  OPEN_BAD_BGP_IDENTIFIER,
  OPEN_BAD_PEER_AS,
  OPEN_ERROR,
  OPEN_UNACCEPTABLE_HOLD_TIME,
  OPEN_UNSPECIFIC,
  OPEN_UNSUPPORTED_PARAMETER,
  OPEN_UNSUPPORTED_VERSION,
} from './constants.ts';
import { writeHeader } from './header.ts';
import { NotificationError } from './notification.ts';
import { readU16, readU32 } from './octets.ts';
import { ByteWriter } from './writer.ts';

const BGP_VERSION = 4;
const PARAMETER_CAPABILITIES = 2;
/** As parameter length and type: the extended form follows. */
const EXTENDED_MARK = 255;
/** Largest parameter value in the plain form: 255 less its own type and length. */
const PLAIN_MAXIMUM = 253;

export interface Open {
  /** The AS of the speaker: from the four-octet capability when there is one, else the field. */
  readonly asNumber: number;
  /** As announced: 0, or at least 3. */
  readonly holdTimeSec: number;
  /** BGP identifier, unsigned 32-bit, not 0. */
  readonly routerId: number;
  /** In wire order, over all parameters. */
  readonly capabilities: readonly Capability[];
}

/**
 * Decodes the whole OPEN message at `[at, end)`; the framer has seen to 29 octets at least.
 *
 * @throws NotificationError 2/x as RFC 4271 §6.2 asks: 2/1 version; 2/2 AS 0; 2/3 identifier 0; 2/6 hold
 *   time 1 or 2; 2/4 parameter other than capabilities; 2/0 lengths that do not add up. What needs
 *   configuration (expected AS, our own identifier, required families) is the session's to check.
 */
export function decodeOpen(bytes: Uint8Array, at: number, end: number): Open {
  const body = at + HEADER_SIZE;
  checkVersion(bytes[body]!);
  const capabilities = decodeParameters(bytes, body + 9, end);
  const fourOctetAs = capabilities.findLast((each) => each.kind === 'four-octet-as');
  const open: Open = {
    asNumber: fourOctetAs?.asNumber ?? readU16(bytes, body + 1),
    holdTimeSec: readU16(bytes, body + 3),
    routerId: readU32(bytes, body + 5),
    capabilities,
  };
  checkFields(open, bytes.slice(body + 1, body + 9));
  return open;
}

function checkVersion(version: number): void {
  if (version === BGP_VERSION) return;
  const data = Uint8Array.of(0, BGP_VERSION); // largest version we support, two octets
  throw openError(OPEN_UNSUPPORTED_VERSION, `version ${version}`, data);
}

/** @param fields AS, hold time and identifier as they came, for the data field */
function checkFields(open: Open, fields: Uint8Array): void {
  if (open.asNumber === 0) throw openError(OPEN_BAD_PEER_AS, 'AS 0', fields.slice(0, 2));
  if (open.routerId === 0)
    throw openError(OPEN_BAD_BGP_IDENTIFIER, 'identifier 0', fields.slice(4));
  if (open.holdTimeSec === 1 || open.holdTimeSec === 2) {
    const reason = `hold time ${open.holdTimeSec}`;
    throw openError(OPEN_UNACCEPTABLE_HOLD_TIME, reason, fields.slice(2, 4));
  }
}

/** @param at offset of the Optional Parameters Length octet */
function decodeParameters(bytes: Uint8Array, at: number, end: number): Capability[] {
  const isExtended = bytes[at]! > 0 && bytes[at + 1] === EXTENDED_MARK && end - at >= 4;
  const first = isExtended ? at + 4 : at + 1;
  const size = isExtended ? readU16(bytes, at + 2) : bytes[at]!;
  if (first + size !== end) throw malformed('the parameter length does not match the message');
  const lengthSize = isExtended ? 2 : 1;
  const capabilities: Capability[] = [];
  let next = first;
  while (next < end) {
    const value = next + 1 + lengthSize;
    if (value > end) throw malformed('a parameter header is cut short');
    const valueEnd = value + (isExtended ? readU16(bytes, next + 1) : bytes[next + 1]!);
    if (valueEnd > end) throw malformed('a parameter is cut short');
    if (bytes[next] !== PARAMETER_CAPABILITIES) throw unsupportedParameter(bytes[next]!);
    decodeCapabilities(bytes, value, valueEnd, capabilities);
    next = valueEnd;
  }
  return capabilities;
}

/** Appends the capabilities of one parameter to `into`. */
function decodeCapabilities(bytes: Uint8Array, at: number, end: number, into: Capability[]): void {
  let next = at;
  while (next < end) {
    if (end - next < 2) throw malformed('a capability header is cut short');
    const code = bytes[next]!;
    const valueEnd = next + 2 + bytes[next + 1]!;
    if (valueEnd > end) throw malformed(`capability ${code} is cut short`);
    const capability = decodeCapability(code, bytes, next + 2, valueEnd);
    if (!capability) throw malformed(`capability ${code} has a wrong length`);
    into.push(capability);
    next = valueEnd;
  }
}

function openError(subcode: number, reason: string, data?: Uint8Array): NotificationError {
  return new NotificationError(OPEN_ERROR, subcode, data, reason);
}

function malformed(reason: string): NotificationError {
  return openError(OPEN_UNSPECIFIC, reason);
}

function unsupportedParameter(type: number): NotificationError {
  return openError(OPEN_UNSUPPORTED_PARAMETER, `optional parameter ${type}`);
}

/**
 * Encodes a whole OPEN message; a new buffer. An AS beyond 65535 is announced as AS_TRANS and needs the
 * four-octet capability among `open.capabilities`. Capabilities beyond 253 octets use RFC 9072.
 */
export function encodeOpen(open: Open): Uint8Array {
  const writer = new ByteWriter();
  writer.skip(HEADER_SIZE);
  writer.u8(BGP_VERSION);
  writer.u16(open.asNumber > 0xffff ? AS_TRANS : open.asNumber);
  writer.u16(open.holdTimeSec);
  writer.u32(open.routerId);
  writeParameters(writer, encodeCapabilities(open.capabilities));
  const bytes = writer.take();
  writeHeader(bytes, 0, bytes.length, MESSAGE_OPEN);
  return bytes;
}

function encodeCapabilities(capabilities: readonly Capability[]): Uint8Array {
  const writer = new ByteWriter();
  for (const capability of capabilities) writeCapability(writer, capability);
  return writer.take();
}

/** All capabilities in one parameter, as RFC 5492 §4 recommends. */
function writeParameters(writer: ByteWriter, capabilities: Uint8Array): void {
  const size = capabilities.length;
  if (size > PLAIN_MAXIMUM) {
    writer.u16((EXTENDED_MARK << 8) | EXTENDED_MARK);
    writer.u16(size + 3);
    writer.u8(PARAMETER_CAPABILITIES);
    writer.u16(size);
  } else if (size > 0) {
    writer.u8(size + 2);
    writer.u8(PARAMETER_CAPABILITIES);
    writer.u8(size);
  } else {
    writer.u8(0);
  }
  writer.put(capabilities);
}
