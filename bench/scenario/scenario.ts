/** What a scenario is: who talks to the speaker, what they announce, and what is timed. */
import type { Family } from '../../src/net/family.ts';
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
  /** Clients that go down and come back. */
  readonly flapping: number;
  /** A gzipped MRT file of recorded UPDATEs in place of a generated table. */
  readonly mrt?: string;
}

export interface Scenario {
  readonly name: string;
  /** A word on the command line for several. */
  readonly group?: string;
  /** Programs it is meant for; without, all speakers and the relay. */
  readonly programs?: readonly string[];
  /** The speaker is not there yet: the scenario starts it. */
  readonly startsCold?: boolean;
  /** The kernel's socket buffers hold little: who does not read is felt soon. */
  readonly hasSmallBuffers?: boolean;
  /** So many sources in a row announce the same prefixes; 1 unless given. */
  readonly copies?: number;
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
const SPEAKER_IPV6 = 'fd30::1';
/** Everybody's segment. */
export const SEGMENT_LENGTH = 16;
export const IPV6_SEGMENT_LENGTH = 64;

/** All speakers, no limits. */
export const SPEAKERS: readonly string[] = ['catbird', 'bird', 'frr', 'gobgp', 'openbgpd'];

/** For documentation (RFC 5398): recorded tables have private AS numbers in some of their paths. */
const SPEAKER_AS = 64496;

/** IPv4 address and router id of the `i`-th session of the generator. */
export function addressOf(i: number): string {
  return `172.30.${1 + (i >> 7)}.${1 + (i & 127)}`;
}

/** Its IPv6 address. */
export function ipv6AddressOf(i: number): string {
  return `fd30::1:${(i + 1).toString(16)}`;
}

/** A speaker with these neighbours, by AS number, and nothing that is out of the ordinary. */
export function plainRole(
  kind: Role['kind'],
  asNumbers: readonly number[],
  family: Family = 'ipv4-unicast',
): Role {
  const isIpv4 = family === 'ipv4-unicast';
  const neighbors = asNumbers.map((asNumber, i) => ({
    address: isIpv4 ? addressOf(i) : ipv6AddressOf(i),
    routerId: addressOf(i),
    asNumber,
  }));
  return {
    kind,
    family,
    asNumber: SPEAKER_AS,
    address: isIpv4 ? SPEAKER : SPEAKER_IPV6,
    routerId: SPEAKER,
    neighbors,
    resolvesAll: false,
    fillsKernel: false,
    addPath: false,
    importRules: [],
    exportRules: [],
    holdTimeSec: 240,
  };
}

/** A reflector with so many clients. */
export function reflectorOf(clients: number, family?: Family): Role {
  return plainRole('reflector', Array<number>(clients).fill(SPEAKER_AS), family);
}

/** A node of a full mesh with so many others, whose routes go into the kernel. */
export function meshNodeOf(others: number): Role {
  return { ...plainRole('mesh', Array<number>(others).fill(SPEAKER_AS)), fillsKernel: true };
}

/** An external speaker between a sender and a receiver, each in an AS of its own. */
export function borderRouter(senderAs: number, receiverAs: number, family?: Family): Role {
  return plainRole('external', [senderAs, receiverAs], family);
}
