/**
 * One number for what a set of path attributes says, so that millions of received routes can be checked.
 *
 * Order and flags do not count: speakers may send attributes in any order and with extended lengths
 * (RFC 4271 §5). Nor does a MULTI_EXIT_DISC of 0, which means the same as none (RFC 4271 §9.1.2.2 c) and
 * which FRR adds. Each attribute is hashed by itself and the hashes are added up.
 */
import {
  ATTR_MULTI_EXIT_DISC,
  ATTR_NEXT_HOP,
  FLAG_EXTENDED_LENGTH,
} from '../../src/bgp/wire/constants.ts';

const FNV_BASIS = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Hashes the encoded attributes `[at, end)`.
 *
 * @param mpNextHop the next hop where it came in MP_REACH_NLRI
 * @returns unsigned, 32 bits, never 0
 */
export function hashAttributes(
  bytes: Uint8Array,
  at: number,
  end: number,
  mpNextHop?: Uint8Array,
): number {
  // Behind the global address a speaker may put its link-local one (RFC 2545 §3).
  let sum = mpNextHop ? hashValue(ATTR_NEXT_HOP, mpNextHop, 0, Math.min(16, mpNextHop.length)) : 0;
  for (let next = at; next < end; ) {
    const isExtended = (bytes[next]! & FLAG_EXTENDED_LENGTH) !== 0;
    const value = next + (isExtended ? 4 : 3);
    const size = isExtended ? (bytes[next + 2]! << 8) | bytes[next + 3]! : bytes[next + 2]!;
    const isIdle = bytes[next + 1] === ATTR_MULTI_EXIT_DISC && isZero(bytes, value, value + size);
    if (!isIdle) sum = (sum + hashValue(bytes[next + 1]!, bytes, value, value + size)) | 0;
    next = value + size;
  }
  return sum >>> 0 || 1;
}

function isZero(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** FNV-1a over type and value, mixed at the end because the results are added. */
function hashValue(type: number, bytes: Uint8Array, at: number, end: number): number {
  let hash = Math.imul(FNV_BASIS ^ type, FNV_PRIME);
  for (let i = at; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
