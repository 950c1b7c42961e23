/** One hash for byte strings: word-wise mixing, good enough for tables that compare in full. */

/**
 * Hashes octets `[at, end)`.
 *
 * @param seed result of a previous call, to hash several pieces as one
 * @returns a signed 32-bit number: unsigned ones do not fit V8's small integers
 */
export function hashBytes(bytes: Uint8Array, at: number, end: number, seed = 0): number {
  let hash = seed ^ (end - at);
  let i = at;
  for (; i + 4 <= end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    hash = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x1b873593);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

/** True when `size` octets of both are the same. */
export function sameBytes(
  a: Uint8Array,
  aAt: number,
  b: Uint8Array,
  bAt: number,
  size: number,
): boolean {
  for (let i = 0; i < size; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
