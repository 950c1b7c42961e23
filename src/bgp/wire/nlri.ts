/**
 * NLRI: `<length in bits> <prefix octets>`, with a four-octet path identifier in front where Add-Path
 * was negotiated (RFC 4271 §4.3, RFC 7911 §3). Checked before it is walked; walked without objects.
 */
import { writeU32 } from './octets.ts';

/** Octets of a path identifier. */
export const PATH_ID_SIZE = 4;

/** Octets of one NLRI without path identifier. */
export function nlriSize(bits: number): number {
  return 1 + ((bits + 7) >> 3);
}

/**
 * Checks a field of NLRI: lengths within the family, nothing running past `end`.
 *
 * @param maximumBits 32 or 128
 * @param hasPathId whether each prefix has a path identifier in front
 * @returns the offset of the first bad prefix, or -1 when all are fine
 */
export function findBadNlri(
  bytes: Uint8Array,
  at: number,
  end: number,
  maximumBits: number,
  hasPathId: boolean,
): number {
  const extra = hasPathId ? PATH_ID_SIZE : 0;
  let next = at;
  while (next < end) {
    const lengthAt = next + extra;
    if (lengthAt >= end) return next;
    const bits = bytes[lengthAt]!;
    if (bits > maximumBits) return next;
    const behind = lengthAt + 1 + ((bits + 7) >> 3);
    if (behind > end) return next;
    next = behind;
  }
  return -1;
}

/**
 * Writes one NLRI.
 *
 * @param prefix octets of the prefix, from `prefixAt`; bits behind `bits` must be zero
 * @returns the offset behind it
 */
export function writeNlri(
  bytes: Uint8Array,
  at: number,
  prefix: Uint8Array,
  prefixAt: number,
  bits: number,
): number {
  bytes[at] = bits;
  const end = at + nlriSize(bits);
  let from = prefixAt;
  for (let to = at + 1; to < end; to++) bytes[to] = prefix[from++]!;
  return end;
}

/** Writes a path identifier, which goes in front of the NLRI it names; answers the offset behind it. */
export function writePathId(bytes: Uint8Array, at: number, pathId: number): number {
  return writeU32(bytes, at, pathId);
}
