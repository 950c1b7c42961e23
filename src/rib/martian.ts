/** Prefixes nobody may announce: discarded before any policy sees them (IMPORT-4). */
import type { Family } from '../net/family.ts';

/** Parameters as {@link isMartianIpv4}. */
export function isMartian(family: Family, bytes: Uint8Array, at: number, bits: number): boolean {
  return family === 'ipv4-unicast'
    ? isMartianIpv4(bytes, at, bits)
    : isMartianIpv6(bytes, at, bits);
}

/**
 * True for IPv4 inside 127/8, 0/8 and multicast, and 255.255.255.255. Prefixes of the address 0.0.0.0
 * itself pass, the default route among them, as in BIRD.
 *
 * @param bytes holds the address octets from `at`; only as many as `bits` need are read
 */
export function isMartianIpv4(bytes: Uint8Array, at: number, bits: number): boolean {
  if (bits === 0) return false;
  const first = bytes[at]!;
  if (bits >= 8 && (first === 127 || (first === 0 && !isZero(bytes, at, bits)))) return true;
  if (bits >= 4 && first >= 224 && first < 240) return true;
  if (bits < 32 || first !== 255) return false;
  return bytes[at + 1] === 255 && bytes[at + 2] === 255 && bytes[at + 3] === 255;
}

function isZero(bytes: Uint8Array, at: number, bits: number): boolean {
  for (let i = 0; i < Math.ceil(bits / 8); i++) if (bytes[at + i] !== 0) return false;
  return true;
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
