/**
 * Text forms of addresses, prefixes and router ids.
 *
 * The usual forms are parsed here, the mixed one by ip-num. Printing is our own too, because views print
 * millions of prefixes: IPv6 in RFC 5952 form.
 */
import { createRequire } from 'node:module';
import type * as IpNum from 'ip-num';
import { type Address, ipv4ToNumber, sameAddress } from './address.ts';
import { makePrefix, type Prefix } from './prefix.ts';

/** Four numbers without leading zeros. */
const DOTTED_QUAD = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;
const IPV6_GROUPS = 8;

/**
 * Parses an IPv4 or IPv6 address; zones (`%eth0`) and blanks are refused.
 *
 * @returns 4 or 16 octets, or undefined when the text is no address
 */
export function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  return text.includes('.') ? parseMixed(text) : parseIpv6(text);
}

function parseIpv4(text: string): Address | undefined {
  const octets = DOTTED_QUAD.exec(text)?.slice(1).map(Number);
  return octets?.every((octet) => octet < 256) ? Uint8Array.from(octets) : undefined;
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = left!.length + (right?.length ?? 0);
  if (right ? given >= IPV6_GROUPS : given !== IPV6_GROUPS) return undefined;
  const zeros = new Array<string>(IPV6_GROUPS - given).fill('0');
  const groups = [...left!, ...zeros, ...(right ?? [])];
  if (!groups.every((group) => HEX_GROUP.test(group))) return undefined;
  const words = groups.map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 255]));
}

/** IPv6 with a dotted quad at its end (RFC 4291 §2.2). */
function parseMixed(text: string): Address | undefined {
  if (!/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  try {
    let { value } = new (loadIpNum().IPv6)(text);
    const address = new Uint8Array(16);
    for (let i = 15; i >= 0; i--) {
      address[i] = Number(value & 255n);
      value >>= 8n;
    }
    return address;
  } catch {
    return undefined; // ip-num throws on any malformed text
  }
}

/** Loaded when the first such address comes: it costs 19 MiB and 100 ms, and few ever write one. */
function loadIpNum(): typeof IpNum {
  return createRequire(import.meta.url)('ip-num') as typeof IpNum;
}

/**
 * Parses `address/length`; host bits are cleared.
 *
 * @returns the prefix, or undefined when the text is none (a missing length included)
 */
export function parsePrefix(text: string): Prefix | undefined {
  const cut = splitPrefix(text);
  return cut && makePrefix(cut.address, cut.length);
}

/** Like {@link parsePrefix}, but refuses text with host bits set, as CIDR values in configuration must be. */
export function parseCidr(text: string): Prefix | undefined {
  const cut = splitPrefix(text);
  const prefix = cut && makePrefix(cut.address, cut.length);
  return prefix && sameAddress(prefix.address, cut.address) ? prefix : undefined;
}

/** An address with the interface it means something on: `fe80::1%eth0`. */
export function formatScopedAddress(address: Address, zone: string | undefined): string {
  return zone === undefined ? formatAddress(address) : `${formatAddress(address)}%${zone}`;
}

/** An interface address with its prefix length: `10.0.0.7/24`; a bare address is a host (/32, /128). */
export function parseInterfaceAddress(
  text: string,
): { address: Address; length: number } | undefined {
  if (text.includes('/')) return splitPrefix(text);
  const address = parseAddress(text);
  return address && { address, length: address.length * 8 };
}

function splitPrefix(text: string): { address: Address; length: number } | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = match ? parseAddress(match[1]!) : undefined;
  if (!match || !address) return undefined;
  const length = Number(match[2]);
  return length <= address.length * 8 ? { address, length } : undefined;
}

/** Prints 4 or 16 octets of `bytes` from `at`. */
export function formatAddress(bytes: Uint8Array, at = 0, size: number = bytes.length): string {
  if (size === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
  return formatIpv6(bytes, at);
}

/** Prints an unsigned 32-bit number (router id, cluster id) as a dotted quad. */
export function formatIpv4Number(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Parses a dotted quad (router id, cluster id) to an unsigned 32-bit number. */
export function parseIpv4Number(text: string): number | undefined {
  const address = text.includes(':') ? undefined : parseAddress(text);
  return address && ipv4ToNumber(address);
}

/** `address/length`. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.length}`;
}

function formatIpv6(bytes: Uint8Array, at: number): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[at + i]! << 8) | bytes[at + i + 1]!);
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.map(hex).join(':');
  const head = groups.slice(0, run.start).map(hex).join(':');
  const tail = groups
    .slice(run.start + run.length)
    .map(hex)
    .join(':');
  return `${head}::${tail}`;
}

function hex(group: number): string {
  return group.toString(16);
}

/** First longest run of zero groups: what `::` replaces (RFC 5952 §4.2). */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    if (end > i) i = end;
  }
  return best;
}
