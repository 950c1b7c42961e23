/**
 * AS_PATH: its values, its codec and the questions routing asks of it
 * (RFC 4271 §4.3 b, §5.1.2; four-octet numbers RFC 6793; confederation segments RFC 5065).
 *
 * Paths are immutable; every function that changes one returns a new path.
 */
import { attributeEnd, attributeValueAt } from './attribute-header.ts';
import { ATTR_AS_PATH } from './constants.ts';
import { readU16, readU32 } from './octets.ts';
import type { ByteWriter } from './writer.ts';

export const AS_SET = 1;
export const AS_SEQUENCE = 2;
export const AS_CONFED_SEQUENCE = 3;
export const AS_CONFED_SET = 4;

/** A segment's count is one octet. */
const SEGMENT_MAXIMUM = 255;

export interface AsPathSegment {
  /** AS_SET, AS_SEQUENCE, AS_CONFED_SEQUENCE or AS_CONFED_SET, wire values 1 to 4. */
  readonly type: number;
  /** In wire order. */
  readonly asns: Uint32Array;
}

export interface AsPath {
  readonly segments: readonly AsPathSegment[];
}

/** The path of a route that originates in our own AS. */
export const EMPTY_AS_PATH: AsPath = { segments: [] };

/**
 * Decodes an AS_PATH or AS4_PATH value.
 *
 * @param bytes the message; borrowed, not kept
 * @param at offset of the first segment
 * @param end offset after the last segment
 * @param asWidth octets per AS number
 * @returns the path; or what is wrong with it, for operators: a segment of unknown type, empty or
 *   cut short (RFC 7606 §7.2), or AS 0 unless that is tolerated (RFC 7607 §2)
 */
export function decodeAsPath(
  bytes: Uint8Array,
  at: number,
  end: number,
  asWidth: 2 | 4,
  toleratesAsZero = false,
): AsPath | string {
  const segments: AsPathSegment[] = [];
  let next = at;
  while (next < end) {
    if (end - next < 2) return 'a segment header is cut short';
    const type = bytes[next]!;
    const count = bytes[next + 1]!;
    if (type < AS_SET || type > AS_CONFED_SET) return `segment type ${type} is unknown`;
    if (count === 0) return 'a segment is empty';
    if (next + 2 + count * asWidth > end) return 'a segment is cut short';
    const asns = readAsns(bytes, next + 2, count, asWidth);
    if (!toleratesAsZero && asns.includes(0)) return 'it contains AS 0';
    segments.push({ type, asns });
    next += 2 + count * asWidth;
  }
  return { segments };
}

function readAsns(bytes: Uint8Array, at: number, count: number, asWidth: 2 | 4): Uint32Array {
  const asns = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    asns[i] = asWidth === 4 ? readU32(bytes, at + i * 4) : readU16(bytes, at + i * 2);
  }
  return asns;
}

/** Writes the value of an AS_PATH; with `asWidth` 2, numbers must already fit. */
export function writeAsPath(writer: ByteWriter, path: AsPath, asWidth: 2 | 4): void {
  for (const { type, asns } of path.segments) {
    writer.u8(type);
    writer.u8(asns.length);
    for (const asn of asns) {
      if (asWidth === 4) writer.u32(asn);
      else writer.u16(asn);
    }
  }
}

/** Length for route selection: an AS_SET counts 1, confederation segments 0 (RFC 4271 §9.1.2.2 a, RFC 5065 §5.3). */
export function asPathLength(path: AsPath): number {
  let length = 0;
  for (const segment of path.segments) length += segmentLength(segment);
  return length;
}

/** What one segment adds to {@link asPathLength}. */
export function segmentLength({ type, asns }: AsPathSegment): number {
  if (type === AS_SEQUENCE) return asns.length;
  return type === AS_SET ? 1 : 0;
}

/** True for the segment types of RFC 5065. */
export function isConfederationSegment({ type }: AsPathSegment): boolean {
  return type === AS_CONFED_SEQUENCE || type === AS_CONFED_SET;
}

/**
 * The neighbouring AS the route came from: the first number of a leading AS_SEQUENCE, confederation
 * segments skipped (RFC 4271 §9.1.2.2 c).
 *
 * @returns undefined for an empty path or one that starts with an AS_SET
 */
export function neighborAs(path: AsPath): number | undefined {
  const first = path.segments.find((segment) => !isConfederationSegment(segment));
  return first?.type === AS_SEQUENCE ? first.asns[0] : undefined;
}

/**
 * How often `asn` occurs in the path of encoded attributes `[at, end)`, which must be sound and have
 * four-octet numbers: 0 when there is no loop (RFC 4271 §9.1.2).
 */
export function countAsInAttributes(
  bytes: Uint8Array,
  at: number,
  end: number,
  asn: number,
): number {
  let next = at;
  while (next < end && bytes[next + 1] !== ATTR_AS_PATH) next = attributeEnd(bytes, next, end);
  if (next >= end) return 0;
  const behind = attributeEnd(bytes, next, end);
  let occurrences = 0;
  for (let segment = attributeValueAt(bytes, next); segment < behind; ) {
    const segmentEnd = segment + 2 + bytes[segment + 1]! * 4;
    for (let i = segment + 2; i < segmentEnd; i += 4) if (readU32(bytes, i) === asn) occurrences++;
    segment = segmentEnd;
  }
  return occurrences;
}

/**
 * Puts `asns` in front of the path in the given order (RFC 4271 §5.1.2 b).
 *
 * They join a leading AS_SEQUENCE; what would overflow its 255 numbers goes to a new segment.
 */
export function prepend(path: AsPath, asns: readonly number[]): AsPath {
  if (asns.length === 0) return path;
  const [first, ...rest] = path.segments;
  const joins = first?.type === AS_SEQUENCE;
  const sequence = joins ? [...asns, ...first.asns] : asns;
  return { segments: [...sequences(sequence), ...(joins ? rest : path.segments)] };
}

/** Cuts a sequence into segments, all full but the first, as prepending one by one would. */
function sequences(asns: readonly number[]): AsPathSegment[] {
  const segments: AsPathSegment[] = [];
  for (let end = asns.length; end > 0; end -= SEGMENT_MAXIMUM) {
    const part = asns.slice(Math.max(0, end - SEGMENT_MAXIMUM), end);
    segments.unshift({ type: AS_SEQUENCE, asns: Uint32Array.from(part) });
  }
  return segments;
}

/** True when both have the same segments with the same numbers in the same order. */
export function isSameAsPath(a: AsPath, b: AsPath): boolean {
  if (a.segments.length !== b.segments.length) return false;
  return a.segments.every(({ type, asns }, i) => {
    const other = b.segments[i]!;
    if (type !== other.type || asns.length !== other.asns.length) return false;
    return asns.every((asn, j) => asn === other.asns[j]);
  });
}

/** True when the path begins with the numbers of `sequence`, all in AS_SEQUENCE segments. */
export function startsWith(path: AsPath, sequence: readonly number[]): boolean {
  let matched = 0;
  for (const { type, asns } of path.segments) {
    if (matched === sequence.length) return true;
    if (type !== AS_SEQUENCE) return false;
    for (const asn of asns) {
      if (matched === sequence.length) return true;
      if (asn !== sequence[matched++]) return false;
    }
  }
  return matched === sequence.length;
}

/** The path without its confederation segments, for external peers (RFC 5065 §5.2). */
export function withoutConfederation(path: AsPath): AsPath {
  if (!path.segments.some(isConfederationSegment)) return path;
  return { segments: path.segments.filter((segment) => !isConfederationSegment(segment)) };
}

const BRACKETS: Readonly<Record<number, readonly [string, string]>> = {
  [AS_SET]: ['{', '}'],
  [AS_SEQUENCE]: ['', ''],
  [AS_CONFED_SEQUENCE]: ['(', ')'],
  [AS_CONFED_SET]: ['[', ']'],
};

/** `64512 65001 {1 2}`; confederation sequences in `( )`, confederation sets in `[ ]`. */
export function formatAsPath(path: AsPath): string {
  return path.segments.map(formatSegment).join(' ');
}

function formatSegment({ type, asns }: AsPathSegment): string {
  const [open, close] = BRACKETS[type] ?? ['?', '?'];
  return `${open}${asns.join(' ')}${close}`;
}
