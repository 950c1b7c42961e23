/**
 * Capabilities of the OPEN message (RFC 5492) as a union by kind; codes we do not know, and optional
 * text we cannot read, stay raw.
 */
import type { AfiSafi } from './afi-safi.ts';
import {
  CAPABILITY_ADD_PATH,
  CAPABILITY_ENHANCED_ROUTE_REFRESH,
  CAPABILITY_EXTENDED_MESSAGE,
  CAPABILITY_EXTENDED_NEXT_HOP,
  CAPABILITY_FOUR_OCTET_AS,
  CAPABILITY_FQDN,
  CAPABILITY_GRACEFUL_RESTART,
  CAPABILITY_LONG_LIVED_GRACEFUL_RESTART,
  CAPABILITY_MULTIPROTOCOL,
  CAPABILITY_ROLE,
  CAPABILITY_ROUTE_REFRESH,
  CAPABILITY_SOFTWARE_VERSION,
} from './constants.ts';
import { readU16, readU32 } from './octets.ts';
import { decodePeerText, encodePeerText } from './peer-text.ts';
import type { ByteWriter } from './writer.ts';

/** An address family of a graceful-restart capability. */
export interface RestartFamily extends AfiSafi {
  /** The F bit: forwarding state was kept over the restart. */
  readonly isForwardingPreserved: boolean;
}

export type Capability =
  /** RFC 4760 §8. */
  | ({ readonly kind: 'multiprotocol' } & AfiSafi)
  /** RFC 2918. */
  | { readonly kind: 'route-refresh' }
  /** RFC 8950 §4. */
  | { readonly kind: 'extended-next-hop'; readonly families: readonly NextHopFamily[] }
  /** RFC 8654. */
  | { readonly kind: 'extended-message' }
  /** RFC 9234 §4.1: 0 provider, 1 route server, 2 its client, 3 customer, 4 peer. */
  | { readonly kind: 'role'; readonly role: number }
  /** RFC 4724 §3; `hasNotificationSupport` is the N bit of RFC 8538. */
  | {
      readonly kind: 'graceful-restart';
      readonly isRestarting: boolean;
      readonly hasNotificationSupport: boolean;
      /** 0–4095. */
      readonly restartTimeSec: number;
      readonly families: readonly RestartFamily[];
    }
  /** RFC 6793 §3. */
  | { readonly kind: 'four-octet-as'; readonly asNumber: number }
  /** RFC 7911 §4; mode 1 receive, 2 send, 3 both. */
  | { readonly kind: 'add-path'; readonly families: readonly AddPathFamily[] }
  /** RFC 7313 §3.1. */
  | { readonly kind: 'enhanced-route-refresh' }
  /** RFC 9494 §3. */
  | { readonly kind: 'long-lived-graceful-restart'; readonly families: readonly StaleFamily[] }
  /** Host and domain name, escaped for printing. */
  | { readonly kind: 'fqdn'; readonly hostName: string; readonly domainName: string }
  /** Software version, escaped for printing. */
  | { readonly kind: 'software-version'; readonly text: string }
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

export interface NextHopFamily extends AfiSafi {
  readonly nextHopAfi: number;
}

export interface AddPathFamily extends AfiSafi {
  readonly mode: number;
}

export interface StaleFamily extends RestartFamily {
  /** 24 bits. */
  readonly staleTimeSec: number;
}

/** Reads one value `[at, end)`; undefined when its length is wrong for the kind. */
type Decoder = (bytes: Uint8Array, at: number, end: number) => Capability | undefined;

const DECODERS: Readonly<Record<number, Decoder>> = {
  [CAPABILITY_MULTIPROTOCOL]: (bytes, at, end) =>
    end - at === 4
      ? { kind: 'multiprotocol', afi: readU16(bytes, at), safi: bytes[at + 3]! }
      : undefined,
  [CAPABILITY_ROUTE_REFRESH]: empty({ kind: 'route-refresh' }),
  [CAPABILITY_EXTENDED_NEXT_HOP]: (bytes, at, end) => {
    const families = readList(bytes, at, end, 6, readNextHopFamily);
    return families && { kind: 'extended-next-hop', families };
  },
  [CAPABILITY_EXTENDED_MESSAGE]: empty({ kind: 'extended-message' }),
  [CAPABILITY_ROLE]: (bytes, at, end) =>
    end - at === 1 ? { kind: 'role', role: bytes[at]! } : undefined,
  [CAPABILITY_GRACEFUL_RESTART]: decodeGracefulRestart,
  [CAPABILITY_FOUR_OCTET_AS]: (bytes, at, end) =>
    end - at === 4 ? { kind: 'four-octet-as', asNumber: readU32(bytes, at) } : undefined,
  [CAPABILITY_ADD_PATH]: (bytes, at, end) => {
    const families = readList(bytes, at, end, 4, readAddPathFamily);
    return families && { kind: 'add-path', families };
  },
  [CAPABILITY_ENHANCED_ROUTE_REFRESH]: empty({ kind: 'enhanced-route-refresh' }),
  [CAPABILITY_LONG_LIVED_GRACEFUL_RESTART]: (bytes, at, end) => {
    const families = readList(bytes, at, end, 7, readStaleFamily);
    return families && { kind: 'long-lived-graceful-restart', families };
  },
  [CAPABILITY_FQDN]: (bytes, at, end) =>
    decodeFqdn(bytes, at, end) ?? raw(CAPABILITY_FQDN, bytes, at, end),
  [CAPABILITY_SOFTWARE_VERSION]: (bytes, at, end) =>
    decodeSoftwareVersion(bytes, at, end) ?? raw(CAPABILITY_SOFTWARE_VERSION, bytes, at, end),
};

/**
 * Decodes the value `[at, end)` of the capability `code`.
 *
 * @returns undefined when the length does not fit the code, which makes the OPEN malformed; text that
 *   does not parse is kept as `unknown` instead, for it changes nothing in the session
 */
export function decodeCapability(
  code: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): Capability | undefined {
  const decode = DECODERS[code];
  return decode ? decode(bytes, at, end) : raw(code, bytes, at, end);
}

function raw(code: number, bytes: Uint8Array, at: number, end: number): Capability {
  return { kind: 'unknown', code, value: bytes.slice(at, end) };
}

function empty(capability: Capability): Decoder {
  return (_bytes, at, end) => (at === end ? capability : undefined);
}

/** A list of equally long entries, or undefined when the length is no multiple. */
function readList<T>(
  bytes: Uint8Array,
  at: number,
  end: number,
  size: number,
  read: (bytes: Uint8Array, at: number) => T,
): T[] | undefined {
  if ((end - at) % size !== 0) return undefined;
  const entries: T[] = [];
  for (let next = at; next < end; next += size) entries.push(read(bytes, next));
  return entries;
}

function readNextHopFamily(bytes: Uint8Array, at: number): NextHopFamily {
  const safi = readU16(bytes, at + 2);
  return { afi: readU16(bytes, at), safi, nextHopAfi: readU16(bytes, at + 4) };
}

function readAddPathFamily(bytes: Uint8Array, at: number): AddPathFamily {
  return { afi: readU16(bytes, at), safi: bytes[at + 2]!, mode: bytes[at + 3]! };
}

function readRestartFamily(bytes: Uint8Array, at: number): RestartFamily {
  const isForwardingPreserved = (bytes[at + 3]! & 0x80) !== 0;
  return { afi: readU16(bytes, at), safi: bytes[at + 2]!, isForwardingPreserved };
}

function readStaleFamily(bytes: Uint8Array, at: number): StaleFamily {
  const staleTimeSec = readU32(bytes, at + 3) & 0xff_ffff;
  return { ...readRestartFamily(bytes, at), staleTimeSec };
}

function decodeGracefulRestart(bytes: Uint8Array, at: number, end: number): Capability | undefined {
  if (end - at < 2) return undefined;
  const families = readList(bytes, at + 2, end, 4, readRestartFamily);
  if (!families) return undefined;
  const flags = bytes[at]!;
  return {
    kind: 'graceful-restart',
    isRestarting: (flags & 0x80) !== 0,
    hasNotificationSupport: (flags & 0x40) !== 0,
    restartTimeSec: readU16(bytes, at) & 0xfff,
    families,
  };
}

function decodeFqdn(bytes: Uint8Array, at: number, end: number): Capability | undefined {
  const hostEnd = textEnd(bytes, at, end);
  const domainEnd = hostEnd === undefined ? undefined : textEnd(bytes, hostEnd, end);
  if (hostEnd === undefined || domainEnd !== end) return undefined;
  return {
    kind: 'fqdn',
    hostName: decodePeerText(bytes, at + 1, hostEnd),
    domainName: decodePeerText(bytes, hostEnd + 1, domainEnd),
  };
}

function decodeSoftwareVersion(bytes: Uint8Array, at: number, end: number): Capability | undefined {
  if (textEnd(bytes, at, end) !== end) return undefined;
  return { kind: 'software-version', text: decodePeerText(bytes, at + 1, end) };
}

/** Offset behind a text with a length octet at `at`; undefined when it does not fit. */
function textEnd(bytes: Uint8Array, at: number, end: number): number | undefined {
  const behind = at < end ? at + 1 + bytes[at]! : end + 1;
  return behind <= end ? behind : undefined;
}

/** Writes code, length and value. A value beyond 255 octets is the caller's mistake. */
export function writeCapability(writer: ByteWriter, capability: Capability): void {
  writer.u8(capabilityCode(capability));
  const lengthAt = writer.at;
  writer.u8(0);
  writeValue(writer, capability);
  writer.patchU8(lengthAt, writer.at - lengthAt - 1);
}

const CODES: Readonly<Record<Exclude<Capability['kind'], 'unknown'>, number>> = {
  multiprotocol: CAPABILITY_MULTIPROTOCOL,
  'route-refresh': CAPABILITY_ROUTE_REFRESH,
  'extended-next-hop': CAPABILITY_EXTENDED_NEXT_HOP,
  'extended-message': CAPABILITY_EXTENDED_MESSAGE,
  role: CAPABILITY_ROLE,
  'graceful-restart': CAPABILITY_GRACEFUL_RESTART,
  'four-octet-as': CAPABILITY_FOUR_OCTET_AS,
  'add-path': CAPABILITY_ADD_PATH,
  'enhanced-route-refresh': CAPABILITY_ENHANCED_ROUTE_REFRESH,
  'long-lived-graceful-restart': CAPABILITY_LONG_LIVED_GRACEFUL_RESTART,
  fqdn: CAPABILITY_FQDN,
  'software-version': CAPABILITY_SOFTWARE_VERSION,
};

function capabilityCode(capability: Capability): number {
  return capability.kind === 'unknown' ? capability.code : CODES[capability.kind];
}

function writeValue(writer: ByteWriter, capability: Capability): void {
  switch (capability.kind) {
    case 'route-refresh':
    case 'extended-message':
    case 'enhanced-route-refresh':
      break;
    case 'multiprotocol':
      writer.u16(capability.afi);
      writer.u16(capability.safi);
      break;
    case 'role':
      writer.u8(capability.role);
      break;
    case 'four-octet-as':
      writer.u32(capability.asNumber);
      break;
    case 'fqdn':
      writeText(writer, capability.hostName);
      writeText(writer, capability.domainName);
      break;
    case 'software-version':
      writeText(writer, capability.text);
      break;
    case 'unknown':
      writer.put(capability.value);
      break;
    default:
      writeFamilies(writer, capability);
  }
}

type FamiliesCapability = Extract<Capability, { readonly families: unknown }>;

function writeFamilies(writer: ByteWriter, capability: FamiliesCapability): void {
  switch (capability.kind) {
    case 'extended-next-hop':
      for (const { afi, safi, nextHopAfi } of capability.families) {
        writer.u16(afi);
        writer.u16(safi);
        writer.u16(nextHopAfi);
      }
      break;
    case 'add-path':
      for (const { afi, safi, mode } of capability.families) writeFamily(writer, afi, safi, mode);
      break;
    case 'graceful-restart':
      writeGracefulRestart(writer, capability);
      break;
    case 'long-lived-graceful-restart':
      for (const { afi, safi, isForwardingPreserved, staleTimeSec } of capability.families) {
        writeFamily(writer, afi, safi, isForwardingPreserved ? 0x80 : 0);
        writer.u8(staleTimeSec >>> 16);
        writer.u16(staleTimeSec);
      }
  }
}

function writeGracefulRestart(
  writer: ByteWriter,
  capability: Extract<Capability, { readonly kind: 'graceful-restart' }>,
): void {
  const restarting = capability.isRestarting ? 0x8000 : 0;
  const notification = capability.hasNotificationSupport ? 0x4000 : 0;
  writer.u16(restarting | notification | (capability.restartTimeSec & 0xfff));
  for (const { afi, safi, isForwardingPreserved } of capability.families) {
    writeFamily(writer, afi, safi, isForwardingPreserved ? 0x80 : 0);
  }
}

function writeFamily(writer: ByteWriter, afi: number, safi: number, last: number): void {
  writer.u16(afi);
  writer.u8(safi);
  writer.u8(last);
}

/** Two texts with their length octets must fit one capability of 255 octets. */
const TEXT_MAXIMUM = 64;

function writeText(writer: ByteWriter, text: string): void {
  const octets = encodePeerText(text, TEXT_MAXIMUM);
  writer.u8(octets.length);
  writer.put(octets);
}
