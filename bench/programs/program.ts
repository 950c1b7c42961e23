/** A BGP speaker that the bench starts, drives and measures as a black box. */
import type { Family } from '../../src/net/family.ts';

export interface Neighbor {
  /** Of the role's family; the neighbour dials from it. */
  readonly address: string;
  /** Dotted quad. */
  readonly routerId: string;
  readonly asNumber: number;
}

/**
 * One rule of a policy, which every speaker is told in its own words. All parts of the match must hold, none
 * holds always; the first rejecting rule ends the run, the end accepts.
 */
export interface Rule {
  /** IPv4 CIDR: it and all inside. */
  readonly within?: string;
  /** A community the route carries, both halves. */
  readonly community?: readonly [number, number];
  /** Community to add; without one the rule rejects. */
  readonly addCommunity?: readonly [number, number];
}

/** What the speaker is in a scenario. */
export interface Role {
  /**
   * `external`: eBGP to all, itself the next hop; `reflector`: all are its clients; `mesh`: one node among
   * others over iBGP; `relay`: copies bytes, no BGP at all.
   */
  readonly kind: 'external' | 'reflector' | 'mesh' | 'relay';
  /** Of all sessions, addresses and routes. */
  readonly family: Family;
  readonly asNumber: number;
  readonly address: string;
  /** Dotted quad; router id and cluster id. */
  readonly routerId: string;
  readonly neighbors: readonly Neighbor[];
  /** Next hops that lie off the segment count as reachable through the first neighbour. */
  readonly resolvesAll: boolean;
  /** Routes go into the kernel. */
  readonly fillsKernel: boolean;
  /** All paths are passed on (RFC 7911). */
  readonly addPath: boolean;
  readonly importRules: readonly Rule[];
  readonly exportRules: readonly Rule[];
  /** What the neighbours ask for. */
  readonly holdTimeSec: number;
}

export interface Program {
  /** As on the command line. */
  readonly name: string;
  /** The program that must be there. */
  readonly command: string;
  /** The version, as short as the program tells it. */
  version(): string;
  /**
   * Writes the configuration for a role into an empty folder.
   *
   * @returns the words that start the program with it
   */
  prepare(role: Role, folder: string): string[];
  /** Where the program puts its event loop's delay when asked to; see `loop-delay.mjs`. */
  loopDelayFile?(folder: string): string;
}
