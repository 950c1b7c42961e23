/**
 * An IP address as octets in network order: four for IPv4, sixteen for IPv6.
 *
 * Octets rather than text or BigInt, because that is what the wire, netlink and the tables hold.
 * Values are treated as immutable; nobody writes into an address it was handed.
 */
import type { Family } from './family.ts';

/** Uint8Array[4] or Uint8Array[16], network order, never written after creation. */
export type Address = Uint8Array;

/** The family an address belongs to, told by its length. */
export function addressFamily(address: Address): Family {
  return address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
}

/** Octet-wise equality; addresses of different families differ. */
export function sameAddress(a: Address, b: Address): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** An IPv4 address as an unsigned 32-bit number in host order. */
export function ipv4ToNumber(address: Address): number {
  return ((address[0]! << 24) | (address[1]! << 16) | (address[2]! << 8) | address[3]!) >>> 0;
}

/** Four octets of an unsigned 32-bit number: the inverse of {@link ipv4ToNumber}. */
export function ipv4FromNumber(value: number): Address {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** True for an IPv6 link-local address, fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(address: Address): boolean {
  return address.length === 16 && address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}

/** True for 127.0.0.0/8, as `::ffff:127.0.0.1` too, and ::1. */
export function isLoopback(address: Address): boolean {
  if (address.length === 4) return address[0] === 127;
  const isMapped = LOOPBACK_MAPPED.every((octet, i) => address[i] === octet);
  return isMapped || (address.length === 16 && address.every((octet, i) => octet === +(i === 15)));
}

const LOOPBACK_MAPPED = [...new Uint8Array(10), 0xff, 0xff, 127];

/** True for 0.0.0.0 and ::. */
export function isUnspecified(address: Address): boolean {
  return address.every((octet) => octet === 0);
}
