/** What a scenario is: who talks to the speaker, what they announce, and what is timed. */
import type { Load } from '../load/load.ts';
import type { RouteSet } from '../load/route-set.ts';
import type { Role } from '../programs/program.ts';

/** Sizes by option name; a scenario reads those it has defaults for. */
export interface Sizes {
  readonly prefixes: number;
  readonly attributeSets: number;
  readonly clients: number;
  readonly perClient: number;
  /** Updates per second. */
  readonly rate: number;
  readonly seconds: number;
  /** A gzipped MRT file of recorded UPDATEs in place of a generated table. */
  readonly mrt?: string;
}

export interface Scenario {
  readonly name: string;
  /** One sentence for the reader of the table. */
  title(sizes: Sizes): string;
  readonly defaults: Partial<Sizes>;
  role(sizes: Sizes): Role;
  /** The routes of each session, in order; sessions beyond have none. */
  routes(sizes: Sizes, role: Role): RouteSet[];
  play(load: Load, sizes: Sizes): Promise<void>;
}

/** The speaker under test: address, router id and cluster id. */
export const SPEAKER = '172.30.0.1';
/** Everybody's segment. */
export const SEGMENT_LENGTH = 16;

/** For documentation (RFC 5398): recorded tables have private AS numbers in some of their paths. */
const SPEAKER_AS = 64496;

/** Address of the `i`-th session of the generator. */
export function addressOf(i: number): string {
  return `172.30.${1 + (i >> 7)}.${1 + (i & 127)}`;
}

/** A reflector with so many clients. */
export function reflectorOf(clients: number, resolvesAll = false): Role {
  const neighbors = Array.from({ length: clients }, (_, i) => ({
    address: addressOf(i),
    asNumber: SPEAKER_AS,
  }));
  return { kind: 'reflector', asNumber: SPEAKER_AS, address: SPEAKER, neighbors, resolvesAll };
}

/** An external speaker between a sender and a receiver, each in an AS of its own. */
export function borderRouter(senderAs: number, receiverAs: number): Role {
  const neighbors = [senderAs, receiverAs].map((asNumber, i) => ({
    address: addressOf(i),
    asNumber,
  }));
  const kind = 'external';
  return { kind, asNumber: SPEAKER_AS, address: SPEAKER, neighbors, resolvesAll: false };
}
