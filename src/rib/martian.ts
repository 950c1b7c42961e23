/** Prefixes nobody may announce: discarded before any policy sees them (IMPORT-4). */

/**
 * True for IPv4 inside 127/8, 0/8 (but 0.0.0.0/0 is fine) and multicast, and 255.255.255.255.
 *
 * @param bytes holds the address octets from `at`; only as many as `bits` need are read
 */
export function isMartianIpv4(bytes: Uint8Array, at: number, bits: number): boolean {
  if (bits === 0) return false;
  const first = bytes[at]!;
  if (bits >= 8 && (first === 0 || first === 127)) return true;
  if (bits >= 4 && first >= 224 && first < 240) return true;
  if (bits < 32 || first !== 255) return false;
  return bytes[at + 1] === 255 && bytes[at + 2] === 255 && bytes[at + 3] === 255;
}

/** True for IPv6 loopback, link-local and multicast. Parameters as {@link isMartianIpv4}. */
export function isMartianIpv6(bytes: Uint8Array, at: number, bits: number): boolean {
  if (bits < 8) return false;
  if (bytes[at] === 0xff) return true;
  if (bits >= 10 && bytes[at] === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80) return true;
  return bits === 128 && isLoopback(bytes, at);
}

function isLoopback(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 15; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 15] === 1;
}
