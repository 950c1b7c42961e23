/** What a policy may look at when it judges a route. */
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import type { Family } from '../net/family.ts';
import type { RouteSource } from './model.ts';

export interface RouteFacts {
  readonly family: Family;
  /** Holds the masked address octets of the prefix from `at`; borrowed. */
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly bits: number;
  readonly source: RouteSource;
  /** Name of the neighbour it came from; empty for our own routes. */
  readonly learnedFrom: string;
  readonly attributes: PathAttributes;
  /** Outgoing interface, empty when there is none. */
  readonly interface: string;
}

/** The session a policy runs on; known when it is compiled. */
export interface PolicySession {
  readonly peerType: 'internal' | 'external';
  /** Name of the neighbour. */
  readonly name: string;
  readonly localAsNumber: number;
}
