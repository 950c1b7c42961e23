/** A BGP speaker that the bench starts, drives and measures as a black box. */

export interface Neighbor {
  /** Dotted quad; the neighbour dials. */
  readonly address: string;
  readonly asNumber: number;
}

/** What the speaker is in a scenario. */
export interface Role {
  /** `external`: eBGP to all, itself the next hop; `reflector`: all are its clients; `relay`: copies bytes, no BGP at all. */
  readonly kind: 'external' | 'reflector' | 'relay';
  readonly asNumber: number;
  /** Its address, router id and cluster id. */
  readonly address: string;
  readonly neighbors: readonly Neighbor[];
  /** Next hops that lie off the segment count as reachable through the first neighbour. */
  readonly resolvesAll: boolean;
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
}
