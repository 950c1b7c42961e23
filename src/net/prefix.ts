/** An address prefix (CIDR block) as a plain value; tables use dense ids instead. */
import { type Address, sameAddress } from './address.ts';
import { addressSize, type Family } from './family.ts';

/** `address` is masked: bits behind `length` are zero. */
export interface Prefix {
  readonly family: Family;
  readonly address: Address;
  /** In bits, 0–32 or 0–128. */
  readonly length: number;
}

/** Builds a prefix, clearing the host bits of a copy of `address`. */
export function makePrefix(address: Address, length: number): Prefix {
  const family = address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
  return { family, address: maskAddress(address, length), length };
}

/** The prefix of one address. */
export function hostPrefix(address: Address): Prefix {
  return makePrefix(address, address.length * 8);
}

/** A copy of `address` with every bit behind `length` cleared. */
export function maskAddress(address: Address, length: number): Address {
  const masked = new Uint8Array(address.length);
  const whole = length >> 3;
  masked.set(address.subarray(0, whole));
  const rest = length & 7;
  if (rest > 0) masked[whole] = address[whole]! & (0xff << (8 - rest));
  return masked;
}

/** True when the prefixes are the same block of the same family. */
export function samePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && sameAddress(a.address, b.address);
}

/** True when `inner` equals `outer` or is more specific. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && containsAddress(outer, inner.address);
}

/** True when `address` is of the prefix's family and lies in it. */
export function containsAddress(prefix: Prefix, address: Address): boolean {
  if (address.length !== addressSize(prefix.family)) return false;
  const whole = prefix.length >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== prefix.address[i]) return false;
  const rest = prefix.length & 7;
  if (rest === 0) return true;
  const mask = (0xff << (8 - rest)) & 0xff;
  return (address[whole]! & mask) === prefix.address[whole];
}

/** Orders by address, then by length; families apart. For stable output. */
export function comparePrefixes(a: Prefix, b: Prefix): number {
  if (a.address.length !== b.address.length) return a.address.length - b.address.length;
  for (let i = 0; i < a.address.length; i++) {
    const difference = a.address[i]! - b.address[i]!;
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
