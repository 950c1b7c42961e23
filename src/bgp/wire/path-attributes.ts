/**
 * An immutable, decoded set of path attributes (RFC 4271 §5); read by `decode-path-attributes.ts`, written by
 * `encode-path-attributes.ts`.
 */
import { type AsPath, EMPTY_AS_PATH } from './as-path.ts';
import { ORIGIN_IGP } from './constants.ts';

export interface PathAttributes {
  /** 0 IGP, 1 EGP, 2 INCOMPLETE. */
  readonly origin: number;
  readonly asPath: AsPath;
  /** 4 octets, 16 (global, or link-local alone) or 32 (global and link-local, RFC 2545 §3); empty on a local route without gateway. */
  readonly nextHop: Uint8Array;
  readonly med: number | undefined;
  readonly localPref: number | undefined;
  readonly atomicAggregate: boolean;
  readonly aggregator: Aggregator | undefined;
  /** Sorted, without repeats; empty when absent. */
  readonly communities: Uint32Array;
  /** 8 octets each, as received. */
  readonly extendedCommunities: Uint8Array;
  /** 20 octets each, as received (RFC 5701). */
  readonly ipv6ExtendedCommunities: Uint8Array;
  /** Three words each (RFC 8092), sorted, without repeats. */
  readonly largeCommunities: Uint32Array;
  /** Unsigned 32-bit, host order. */
  readonly originatorId: number | undefined;
  readonly clusterList: Uint32Array;
  /** OTC: the AS from which on the route may only go to customers (RFC 9234 §5). */
  readonly onlyToCustomer: number | undefined;
  /** {@link partialBit} of each attribute some router on the way did not understand (RFC 4271 §5). */
  readonly partial: number;
  /** Unrecognised optional transitive attributes, passed on byte for byte with Partial set. */
  readonly unknown: readonly UnknownAttribute[];
}

/**
 * The bit in `PathAttributes.partial` of an attribute we understand and that is optional and transitive;
 * no two of those types are the same modulo 32.
 */
export function partialBit(type: number): number {
  return 1 << (type & 31);
}

export interface Aggregator {
  readonly asn: number;
  readonly address: number;
}

export interface UnknownAttribute {
  readonly flags: number;
  readonly type: number;
  readonly value: Uint8Array;
}

/** What every route has at least: origin IGP, an empty path, nothing optional, no next hop. */
export const BARE_ATTRIBUTES: PathAttributes = {
  origin: ORIGIN_IGP,
  asPath: EMPTY_AS_PATH,
  nextHop: new Uint8Array(0),
  med: undefined,
  localPref: undefined,
  atomicAggregate: false,
  aggregator: undefined,
  communities: new Uint32Array(0),
  extendedCommunities: new Uint8Array(0),
  ipv6ExtendedCommunities: new Uint8Array(0),
  largeCommunities: new Uint32Array(0),
  originatorId: undefined,
  clusterList: new Uint32Array(0),
  onlyToCustomer: undefined,
  partial: 0,
  unknown: [],
};
