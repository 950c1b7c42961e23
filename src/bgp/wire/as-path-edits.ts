/** Edits of an AS path that hide or replace numbers, for external sessions. */
import { AS_SEQUENCE, type AsPath, type AsPathSegment } from './as-path.ts';

/** Which private numbers go (RFC 6996), as operators of other routers know it. */
export interface PrivateAsRemoval {
  /** False: only from a path that has no other numbers. */
  readonly all: boolean;
  /** Our own number takes their place, so that the length stays. */
  readonly replace: boolean;
}

/** 64512 to 65534 and 4200000000 to 4294967294 (RFC 6996 §5). */
export function isPrivateAs(asn: number): boolean {
  return (asn >= 64_512 && asn <= 65_534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294);
}

/** The path with every `from` turned into `to`; the same object when there is none. */
export function replaceAs(path: AsPath, from: number, to: number): AsPath {
  if (!path.segments.some(({ asns }) => asns.includes(from))) return path;
  return mapSegments(path, (asns) => asns.map((asn) => (asn === from ? to : asn)));
}

/**
 * The path without private numbers; the same object when none goes.
 *
 * @param neighbor stays, private or not, so that the neighbour still sees its loops
 * @param own replaces what goes where that is asked for
 */
export function removePrivateAs(
  path: AsPath,
  { all, replace }: PrivateAsRemoval,
  neighbor: number,
  own: number,
): AsPath {
  const goes = (asn: number) => isPrivateAs(asn) && asn !== neighbor;
  if (!path.segments.some(({ asns }) => asns.some(goes))) return path;
  const hasPublic = path.segments.some(({ asns }) => asns.some((asn) => !isPrivateAs(asn)));
  if (hasPublic && !all) return path;
  if (replace) return mapSegments(path, (asns) => asns.map((asn) => (goes(asn) ? own : asn)));
  return mapSegments(path, (asns) => asns.filter((asn) => !goes(asn)));
}

/** Segments that lose all their numbers go, and sequences that then meet become one while they fit. */
function mapSegments(path: AsPath, map: (asns: Uint32Array) => Uint32Array): AsPath {
  const segments: AsPathSegment[] = [];
  for (const { type, asns } of path.segments) {
    const kept = map(asns);
    const last = segments.at(-1);
    if (kept.length === 0) continue;
    const joins = last?.type === AS_SEQUENCE && type === AS_SEQUENCE;
    if (!joins || last.asns.length + kept.length > 255) segments.push({ type, asns: kept });
    else segments[segments.length - 1] = { type, asns: Uint32Array.of(...last.asns, ...kept) };
  }
  return { segments };
}
