/**
 * Four-octet AS numbers over sessions of two octets (RFC 6793 §4.2): AS_TRANS stands in, and AS4_PATH
 * and AS4_AGGREGATOR tell the real numbers to those who understand them.
 */
import { AS_TRANS } from '../../net/asn.ts';
import {
  AS_SEQUENCE,
  type AsPath,
  type AsPathSegment,
  asPathLength,
  isConfederationSegment,
  segmentLength,
} from './as-path.ts';

const TWO_OCTET_MAXIMUM = 0xffff;
const SEGMENT_MAXIMUM = 255;

/** True when some number of the path needs four octets. */
export function needsFourOctets(path: AsPath): boolean {
  return path.segments.some(({ asns }) => asns.some((asn) => asn > TWO_OCTET_MAXIMUM));
}

/** The path as a two-octet speaker sees it: numbers that do not fit become AS_TRANS. */
export function toTwoOctets(path: AsPath): AsPath {
  return {
    segments: path.segments.map(({ type, asns }) => ({ type, asns: asns.map(twoOctetAs) })),
  };
}

/** The number itself, or AS_TRANS when it does not fit two octets. */
export function twoOctetAs(asn: number): number {
  return asn > TWO_OCTET_MAXIMUM ? AS_TRANS : asn;
}

/**
 * The path a route really took: as much of AS_PATH's head as AS4_PATH does not know, then AS4_PATH
 * (RFC 6793 §4.2.3). An AS4_PATH longer than AS_PATH is ignored.
 */
export function mergeAs4Path(path: AsPath, as4Path: AsPath): AsPath {
  const excess = asPathLength(path) - asPathLength(as4Path);
  if (excess < 0) return path;
  const segments = leadingSegments(path, excess);
  for (const segment of as4Path.segments) append(segments, segment);
  return { segments };
}

/** The first `count` numbers of the path; confederation segments on the way come along. */
function leadingSegments(path: AsPath, count: number): AsPathSegment[] {
  const leading: AsPathSegment[] = [];
  let left = count;
  for (const segment of path.segments) {
    const isFree = isConfederationSegment(segment);
    if (left === 0 && !isFree) break;
    const isCut = segment.type === AS_SEQUENCE && segment.asns.length > left;
    leading.push(isCut ? { type: AS_SEQUENCE, asns: segment.asns.slice(0, left) } : segment);
    left -= isCut ? left : segmentLength(segment);
    if (isCut) break;
  }
  return leading;
}

/** Adds a segment, joining two sequences that fit one. */
function append(segments: AsPathSegment[], segment: AsPathSegment): void {
  const last = segments.at(-1);
  const joins = last?.type === AS_SEQUENCE && segment.type === AS_SEQUENCE;
  if (!joins || last.asns.length + segment.asns.length > SEGMENT_MAXIMUM) {
    segments.push(segment);
    return;
  }
  const asns = Uint32Array.from([...last.asns, ...segment.asns]);
  segments[segments.length - 1] = { type: AS_SEQUENCE, asns };
}
