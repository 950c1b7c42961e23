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
}

/** Where a route came from. */
export type RouteSource = 'ibgp' | 'ebgp' | 'static' | 'direct' | 'kernel';

export interface PrefixRange {
  readonly prefix: Prefix;
  /** Lengths that match; both default to the prefix's own length (an exact match). */
  readonly minLength: number;
  readonly maxLength: number;
}

export interface PolicyMatch {
  /** Any of them. */
  readonly prefixes?: readonly PrefixRange[];
  /** None of them. */
  readonly notPrefixes?: readonly PrefixRange[];
  /** Any of them. */
  readonly sources?: readonly RouteSource[];
  /** Kind of the session the rule runs on. */
  readonly peerType?: 'internal' | 'external';
  /** All of them; unsigned 32-bit. */
  readonly communities?: readonly number[];
  /** All of them; three words each. */
  readonly largeCommunities?: readonly (readonly [number, number, number])[];
  /** The path begins with this sequence. */
  readonly asPathPrefix?: readonly number[];
  readonly localPref?: { readonly min?: number; readonly max?: number };
  readonly nextHops?: readonly Address[];
  /** Outgoing interface, globs with `*` and `?`; a route without one has the empty name. */
  readonly interfaces?: readonly string[];
}

export interface PolicyActions {
  readonly localPref?: number;
  readonly med?: number;
  readonly addCommunities?: readonly number[];
  readonly addLargeCommunities?: readonly (readonly [number, number, number])[];
  /** Put in front of the path in this order. */
  readonly prepend?: readonly number[];
}
