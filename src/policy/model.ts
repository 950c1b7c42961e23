/**
 * Policy rules as the configuration states them: plain data, checked by the schema, compiled by
 * `compile.ts`. A rule without `match` matches every route; all fields present must hold.
 */
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';

export interface PolicyRule {
  readonly name: string;
  readonly match: PolicyMatch;
  readonly set: PolicyActions;
  /** `next` goes on with the following rule; the end of all lists accepts. */
  readonly action: 'accept' | 'reject' | 'next';
  /** The object it was made of, for views. */
  readonly source?: string;
}

/** Where a route came from. */
export type RouteSource = 'ibgp' | 'ebgp' | 'static' | 'direct' | 'kernel' | 'broker';

/** The kinds of {@link RouteSource} by where the route came into our AS. */
export type RouteType = 'local' | 'internal' | 'external';

export interface PrefixRange {
  readonly prefix: Prefix;
  /** Lengths that match; both default to the prefix's own length (an exact match). */
  readonly minLength: number;
  readonly maxLength: number;
}

/** Bounds of a number, both inclusive; a bound left out is the extreme. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

/** Both halves of a community (RFC 1997); `*` stands for any value. */
export type CommunityPattern = readonly [number | '*', number | '*'];

export type LargeCommunity = readonly [number, number, number];

/** The three words of a large community (RFC 8092); `*` stands for any value. */
export type LargeCommunityPattern = readonly [number | '*', number | '*', number | '*'];

/** Eight octets (RFC 4360) as sixteen lower-case hex digits; in patterns `?` stands for any digit. */
export type ExtendedCommunityHex = string;

export interface PolicyMatch {
  /** Any of them. */
  readonly prefixes?: readonly PrefixRange[];
  /** None of them. */
  readonly notPrefixes?: readonly PrefixRange[];
  /** Any of them. */
  readonly sources?: readonly RouteSource[];
  /** Any of them: ours, from an internal peer, from an external one. */
  readonly routeTypes?: readonly RouteType[];
  /** Kind of the session the rule runs on. */
  readonly peerType?: 'internal' | 'external';
  /**
   * Name of the session the rule runs on, globs with `*` and `?`: on import the neighbour the route
   * was learned from, on export the one it would be told to.
   */
  readonly neighbors?: readonly string[];
  /** Name of the neighbour the route was learned from, globs, on export too; no route of ours has one. */
  readonly learnedFrom?: readonly string[];
  /** All of them; unsigned 32-bit. */
  readonly communities?: readonly number[];
  /** At least one of them. */
  readonly anyCommunities?: readonly CommunityPattern[];
  /** All of them; three words each. */
  readonly largeCommunities?: readonly LargeCommunity[];
  /** All of them. */
  readonly extendedCommunities?: readonly ExtendedCommunityHex[];
  /** The path begins with this sequence. */
  readonly asPathPrefix?: readonly number[];
  /** The path holds this sequence somewhere, without a gap; a set stands for any one of its numbers. */
  readonly asPathContains?: readonly number[];
  /** The AS the route originates in is any of them; a path that ends with a set has none. */
  readonly asPathOrigin?: readonly number[];
  /** The neighbouring AS is any of them; a path that begins with a set has none. */
  readonly asPathFirst?: readonly number[];
  /** Counted as for route selection: a set is 1, confederation segments are 0. */
  readonly asPathLength?: NumberRange;
  readonly localPref?: NumberRange;
  /** A route without MED is in no range. */
  readonly med?: NumberRange;
  /** 0 IGP, 1 EGP, 2 INCOMPLETE. */
  readonly origin?: number;
  /** Any of them contains the next hop; an address is its host prefix. */
  readonly nextHops?: readonly Prefix[];
  /** Outgoing interface, globs with `*` and `?`; a route without one has the empty name. */
  readonly interfaces?: readonly string[];
  /** These do not all hold. */
  readonly not?: PolicyMatch;
}

/** Of each kind of communities, `set` comes first, then `remove`, then `add`. */
export interface PolicyActions {
  readonly localPref?: number;
  /** Counts on import only; never told to anyone. */
  readonly weight?: number;
  readonly med?: number | 'remove';
  /** 0 IGP, 1 EGP, 2 INCOMPLETE. */
  readonly origin?: number;
  /** `self` and `keep` count on export only; an address touches routes of its family only. */
  readonly nextHop?: 'self' | 'keep' | Address;
  readonly setCommunities?: readonly number[];
  readonly removeCommunities?: readonly CommunityPattern[];
  readonly addCommunities?: readonly number[];
  readonly setLargeCommunities?: readonly LargeCommunity[];
  readonly removeLargeCommunities?: readonly LargeCommunityPattern[];
  readonly addLargeCommunities?: readonly LargeCommunity[];
  readonly setExtendedCommunities?: readonly ExtendedCommunityHex[];
  readonly removeExtendedCommunities?: readonly ExtendedCommunityHex[];
  readonly addExtendedCommunities?: readonly ExtendedCommunityHex[];
  /** Put in front of the path in this order. */
  readonly prepend?: readonly number[];
  /** How often the local AS of the session goes in front of the path, ahead of `prepend`. */
  readonly prependOwn?: number;
}
