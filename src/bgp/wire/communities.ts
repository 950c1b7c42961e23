/**
 * Communities in text: standard (RFC 1997), large (RFC 8092) and extended (RFC 4360).
 *
 * On the wire and in `PathAttributes` they are numbers and octets; text is for configuration and views.
 */
import { formatIpv4Number } from '../../net/text.ts';
import { readU16, readU32 } from './octets.ts';

export const COMMUNITY_GRACEFUL_SHUTDOWN = 0xffff_0000;
/** Kept long after its source went away (RFC 9494 §4). */
export const COMMUNITY_LLGR_STALE = 0xffff_0006;
/** Not to be kept like that. */
export const COMMUNITY_NO_LLGR = 0xffff_0007;
export const COMMUNITY_BLACKHOLE = 0xffff_029a;
export const COMMUNITY_NO_EXPORT = 0xffff_ff01;
export const COMMUNITY_NO_ADVERTISE = 0xffff_ff02;
export const COMMUNITY_NO_EXPORT_SUBCONFED = 0xffff_ff03;
export const COMMUNITY_NO_PEER = 0xffff_ff04;

const WELL_KNOWN: ReadonlyMap<number, string> = new Map([
  [COMMUNITY_GRACEFUL_SHUTDOWN, 'graceful-shutdown'],
  [COMMUNITY_LLGR_STALE, 'llgr-stale'],
  [COMMUNITY_NO_LLGR, 'no-llgr'],
  [COMMUNITY_BLACKHOLE, 'blackhole'],
  [COMMUNITY_NO_EXPORT, 'no-export'],
  [COMMUNITY_NO_ADVERTISE, 'no-advertise'],
  [COMMUNITY_NO_EXPORT_SUBCONFED, 'no-export-subconfed'],
  [COMMUNITY_NO_PEER, 'no-peer'],
]);

/** Octets of one extended community, and of the IPv6 kind (RFC 5701). */
export const EXTENDED_COMMUNITY_SIZE = 8;
export const IPV6_EXTENDED_COMMUNITY_SIZE = 20;
/** Words of one large community. */
export const LARGE_COMMUNITY_WORDS = 3;

/** One large community: global administrator and two local data words, unsigned 32-bit. */
export type LargeCommunity = readonly [number, number, number];

/** `65000:1`, or the name of a well-known community. */
export function formatCommunity(community: number): string {
  return WELL_KNOWN.get(community) ?? `${community >>> 16}:${community & 0xffff}`;
}

/** Parses `65000:1` or a well-known name; undefined when the text is neither. */
export function parseCommunity(text: string): number | undefined {
  for (const [community, name] of WELL_KNOWN) if (name === text) return community;
  const words = parseWords(text, 2, 0xffff);
  return words && words[0]! * 0x1_0000 + words[1]!;
}

/** Parses `65000:1:2`; undefined when the text is no large community. */
export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  const words = parseWords(text, LARGE_COMMUNITY_WORDS, 0xffff_ffff);
  return words && [words[0]!, words[1]!, words[2]!];
}

function parseWords(text: string, count: number, maximum: number): number[] | undefined {
  const parts = text.split(':');
  if (parts.length !== count || !parts.every((part) => /^\d{1,10}$/.test(part))) return undefined;
  const words = parts.map(Number);
  return words.every((word) => word <= maximum) ? words : undefined;
}

/** Sorts in place and drops repeats; the result may share the array. */
export function sortCommunities(communities: Uint32Array): Uint32Array {
  communities.sort();
  let kept = 1;
  for (let i = 1; i < communities.length; i++) {
    if (communities[i] !== communities[i - 1]) communities[kept++] = communities[i]!;
  }
  return kept < communities.length ? communities.slice(0, kept) : communities;
}

/** A sorted copy of large communities, three words each, without repeats. */
export function sortLargeCommunities(words: Uint32Array): Uint32Array {
  const communities: Uint32Array[] = [];
  for (let i = 0; i < words.length; i += LARGE_COMMUNITY_WORDS) {
    communities.push(words.subarray(i, i + LARGE_COMMUNITY_WORDS));
  }
  communities.sort(compareLarge);
  const unique = communities.filter(
    (each, i) => i === 0 || compareLarge(communities[i - 1]!, each),
  );
  const sorted = new Uint32Array(unique.length * LARGE_COMMUNITY_WORDS);
  unique.forEach((each, i) => {
    sorted.set(each, i * LARGE_COMMUNITY_WORDS);
  });
  return sorted;
}

function compareLarge(a: Uint32Array, b: Uint32Array): number {
  return a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!;
}

/** Texts of standard communities, in the order given. */
export function formatCommunities(communities: Uint32Array): string[] {
  return Array.from(communities, formatCommunity);
}

/** Texts of large communities, three words each. */
export function formatLargeCommunities(words: Uint32Array): string[] {
  const texts: string[] = [];
  for (let i = 0; i < words.length; i += LARGE_COMMUNITY_WORDS) {
    texts.push(`${words[i]}:${words[i + 1]}:${words[i + 2]}`);
  }
  return texts;
}

/** Texts of extended communities, eight octets each: `rt:65000:1`, `ro:192.0.2.1:7`, or `0x` and hex. */
export function formatExtendedCommunities(octets: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < octets.length; at += EXTENDED_COMMUNITY_SIZE) {
    texts.push(formatExtended(octets, at) ?? formatRaw(octets, at, EXTENDED_COMMUNITY_SIZE));
  }
  return texts;
}

/** Texts of IPv6 extended communities, twenty octets each, as `0x` and hex. */
export function formatIpv6ExtendedCommunities(octets: Uint8Array): string[] {
  const texts: string[] = [];
  for (let at = 0; at < octets.length; at += IPV6_EXTENDED_COMMUNITY_SIZE) {
    texts.push(formatRaw(octets, at, IPV6_EXTENDED_COMMUNITY_SIZE));
  }
  return texts;
}

const SUBTYPES: Readonly<Record<number, string>> = { 2: 'rt', 3: 'ro' };

/** Transitive route targets and origins in the three encodings of RFC 4360 §3.1, §3.2 and RFC 5668. */
function formatExtended(octets: Uint8Array, at: number): string | undefined {
  const name = SUBTYPES[octets[at + 1]!];
  if (!name) return undefined;
  switch (octets[at]) {
    case 0:
      return `${name}:${readU16(octets, at + 2)}:${readU32(octets, at + 4)}`;
    case 1:
      return `${name}:${formatIpv4Number(readU32(octets, at + 2))}:${readU16(octets, at + 6)}`;
    case 2:
      return `${name}:${readU32(octets, at + 2)}:${readU16(octets, at + 6)}`;
    default:
      return undefined;
  }
}

function formatRaw(octets: Uint8Array, at: number, size: number): string {
  return `0x${Buffer.from(octets.subarray(at, at + size)).toString('hex')}`;
}
