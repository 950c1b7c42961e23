/**
 * Communities as policies write them: standard (RFC 1997) by value or well-known name, large
 * (RFC 8092), extended (RFC 4360) as `rt:…`, `ro:…` or hex. In patterns `*` stands for any word.
 */
import { formatIpv4Number, parseIpv4Number } from '../net/text.ts';
import type {
  CommunityPattern,
  ExtendedCommunityHex,
  LargeCommunity,
  LargeCommunityPattern,
} from '../policy/model.ts';

/** By name, as route views print them too. */
const WELL_KNOWN: Readonly<Record<string, number>> = {
  'graceful-shutdown': 0xffff_0000,
  'llgr-stale': 0xffff_0006,
  'no-llgr': 0xffff_0007,
  blackhole: 0xffff_029a,
  'no-export': 0xffff_ff01,
  'no-advertise': 0xffff_ff02,
  'no-export-subconfed': 0xffff_ff03,
  'no-peer': 0xffff_ff04,
};

type Word = number | '*';

/** `64512:10` or a well-known name as an unsigned 32-bit number. */
export function parseCommunity(text: string): number | undefined {
  const words = exact(parseCommunityPattern(text));
  return words && words[0]! * 0x1_0000 + words[1]!;
}

/** Like {@link parseCommunity}, with `*` for either half; `*` alone is every community. */
export function parseCommunityPattern(text: string): CommunityPattern | undefined {
  const known = Object.hasOwn(WELL_KNOWN, text) ? WELL_KNOWN[text] : undefined;
  if (known !== undefined) return [known >>> 16, known & 0xffff];
  const words = parseWords(text, 2, 0xffff);
  return words && [words[0]!, words[1]!];
}

/** `64512:20:30` as three words. */
export function parseLargeCommunity(text: string): LargeCommunity | undefined {
  const words = exact(parseLargePattern(text));
  return words && [words[0]!, words[1]!, words[2]!];
}

/** Like {@link parseLargeCommunity}, with `*` for any word; `*` alone is every community. */
export function parseLargePattern(text: string): LargeCommunityPattern | undefined {
  const words = parseWords(text, 3, 0xffff_ffff);
  return words && [words[0]!, words[1]!, words[2]!];
}

/** The words, or undefined when there is a `*` among them. */
function exact(words: readonly Word[] | undefined): readonly number[] | undefined {
  return words?.every((word) => word !== '*') ? words : undefined;
}

function parseWords(text: string, count: number, maximum: number): Word[] | undefined {
  if (text === '*') return new Array<Word>(count).fill('*');
  const parts = text.split(':');
  const words = parts.map((part) => parseWord(part, maximum));
  const isWhole = parts.length === count && words.every((word) => word !== undefined);
  return isWhole ? words : undefined;
}

function parseWord(text: string, maximum: number): Word | undefined {
  if (text === '*') return text;
  return /^\d{1,10}$/.test(text) && Number(text) <= maximum ? Number(text) : undefined;
}

/** The name of a well-known community, or its two halves. */
export function formatCommunity(value: number): string {
  const known = Object.entries(WELL_KNOWN).find(([, community]) => community === value);
  return known?.[0] ?? formatWords([value >>> 16, value & 0xffff]);
}

/** Words of a community or pattern as text. */
export function formatWords(words: readonly Word[]): string {
  return words.join(':');
}

const SUBTYPES: Readonly<Record<string, string>> = { rt: '02', ro: '03' };
const ANY = '?'.repeat(16);

/** `rt:64512:10`, `ro:192.0.2.1:10`, or `0x` and sixteen hex digits. */
export function parseExtendedCommunity(text: string): ExtendedCommunityHex | undefined {
  const pattern = parseExtendedPattern(text);
  return pattern?.includes('?') ? undefined : pattern;
}

/** Like {@link parseExtendedCommunity}; also `rt:64512:*`, `rt:*` and `*`. */
export function parseExtendedPattern(text: string): ExtendedCommunityHex | undefined {
  if (text === '*') return ANY;
  if (/^0x[0-9a-f]{16}$/i.test(text)) return text.slice(2).toLowerCase();
  const [, name = '', administrator = '', value] =
    /^(rt|ro):([^:]+)(?::([^:]+))?$/.exec(text) ?? [];
  const subtype = SUBTYPES[name];
  if (subtype === undefined) return undefined;
  if (value === undefined)
    return administrator === '*' ? `0?${subtype}${'?'.repeat(12)}` : undefined;
  return parseAdministered(subtype, administrator, value);
}

/** Type 0 with an AS of two octets, 1 with an address, 2 with an AS of four (RFC 4360 §3, RFC 5668). */
function parseAdministered(subtype: string, administrator: string, value: string) {
  const address = administrator.includes('.') ? parseIpv4Number(administrator) : undefined;
  const word = parseWord(administrator, 0xffff_ffff);
  const owner = address ?? (word === '*' ? undefined : word);
  if (owner === undefined) return undefined;
  const isShort = address === undefined && owner <= 0xffff;
  const local = hexWord(value, isShort ? 8 : 4);
  const type = isShort ? '00' : address === undefined ? '02' : '01';
  return local && type + subtype + owner.toString(16).padStart(isShort ? 4 : 8, '0') + local;
}

function hexWord(text: string, digits: number): string | undefined {
  const word = parseWord(text, 2 ** (digits * 4) - 1);
  if (word === '*') return '?'.repeat(digits);
  return word?.toString(16).padStart(digits, '0');
}

/** The text that {@link parseExtendedPattern} reads as these digits. */
export function formatExtended(digits: ExtendedCommunityHex): string {
  if (digits === ANY) return '*';
  const text = formatAdministered(digits);
  return parseExtendedPattern(text) === digits ? text : `0x${digits}`;
}

function formatAdministered(digits: ExtendedCommunityHex): string {
  const name = digits.slice(2, 4) === SUBTYPES['rt'] ? 'rt' : 'ro';
  if (digits.startsWith('0?')) return `${name}:*`;
  const type = digits.slice(0, 2);
  const cut = type === '00' ? 8 : 12;
  const owner = Number.parseInt(digits.slice(4, cut), 16);
  const local = digits.slice(cut);
  const value = local.includes('?') ? '*' : Number.parseInt(local, 16);
  return `${name}:${type === '01' ? formatIpv4Number(owner) : owner}:${value}`;
}
