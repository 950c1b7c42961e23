/**
 * What rules ask of an AS path. Nothing is copied: a path may have thousands of numbers, and it is
 * looked at where it lies.
 */
import {
  AS_CONFED_SET,
  AS_SEQUENCE,
  AS_SET,
  type AsPath,
  type AsPathSegment,
  isConfederationSegment,
} from '../bgp/wire/as-path.ts';

/**
 * True when the numbers follow each other somewhere in the path, over segment borders too. A set is
 * one place of the path and stands for any one of its numbers.
 */
export function containsSequence({ segments }: AsPath, wanted: readonly number[]): boolean {
  for (let at = 0; at < segments.length; at++) {
    const places = placesOf(segments[at]!);
    for (let i = 0; i < places; i++) if (holdsFrom(segments, at, i, wanted)) return true;
  }
  return wanted.length === 0;
}

function holdsFrom(
  segments: readonly AsPathSegment[],
  first: number,
  place: number,
  wanted: readonly number[],
): boolean {
  let [at, i] = [first, place];
  for (const asn of wanted) {
    const segment = segments[at];
    if (!segment || !isAt(segment, i, asn)) return false;
    if (++i < placesOf(segment)) continue;
    at++;
    i = 0;
  }
  return true;
}

function isSet({ type }: AsPathSegment): boolean {
  return type === AS_SET || type === AS_CONFED_SET;
}

function placesOf(segment: AsPathSegment): number {
  return isSet(segment) ? 1 : segment.asns.length;
}

function isAt(segment: AsPathSegment, place: number, asn: number): boolean {
  return isSet(segment) ? segment.asns.includes(asn) : segment.asns[place] === asn;
}

/**
 * The AS the route originates in: the last number of the path, confederation segments skipped.
 *
 * @returns undefined for an empty path or one that ends with a set (RFC 6811 §2)
 */
export function originAs({ segments }: AsPath): number | undefined {
  const last = segments.findLast((segment) => !isConfederationSegment(segment));
  return last?.type === AS_SEQUENCE ? last.asns.at(-1) : undefined;
}
