/**
 * Who routes come from, by `PeerId`: the four kinds of local routes under fixed ids, then the peers.
 * Decision and export read these on every path, so they are plain objects in an array.
 */

import type { Address } from '../net/address.ts';
import type { RouteSource } from '../policy/model.ts';
import type { PeerId } from './ids.ts';

export interface RouteOrigin {
  /** Of the neighbour; empty for local routes. */
  readonly name: string;
  readonly kind: RouteSource;
  /** RIB-1: the higher one wins. */
  readonly preference: number;
  /** False for local routes. */
  readonly isBgp: boolean;
  readonly isInternal: boolean;
  /** Route reflector client (RFC 4456). */
  readonly isClient: boolean;
  /** Cluster of a client where it is not the router's. */
  readonly clusterId?: number | undefined;
  /** BGP identifier, unsigned 32-bit; 0 for local routes and before the first session. */
  readonly routerId: number;
  readonly address: Address;
}

/** Preference of elevated routes, whatever their source (PRIO-3, PRIO-7). */
export const ELEVATED_PREFERENCE = 200;

export const DIRECT_SOURCE = 1 as PeerId;
export const STATIC_SOURCE = 2 as PeerId;
export const KERNEL_SOURCE = 3 as PeerId;
export const BROKER_SOURCE = 4 as PeerId;
const FIRST_PEER = 5;
/** Columns hold peer ids in 16 bits. */
const MAXIMUM_PEERS = 65_535;

/** Kinds of routes that no peer brought. */
export type LocalSource = Exclude<RouteSource, 'ibgp' | 'ebgp'>;

const LOCAL_SOURCES: Readonly<Record<LocalSource, PeerId>> = {
  direct: DIRECT_SOURCE,
  static: STATIC_SOURCE,
  kernel: KERNEL_SOURCE,
  broker: BROKER_SOURCE,
};

/** The id local routes of a kind have. */
export function localSourceId(source: LocalSource): PeerId {
  return LOCAL_SOURCES[source];
}

export class RouteSources {
  readonly #origins: (RouteOrigin | undefined)[] = [
    undefined,
    localOrigin('direct', 240),
    localOrigin('static', 200),
    localOrigin('kernel', 10),
    localOrigin('broker', 150),
  ];
  readonly #free: PeerId[] = [];

  /** @throws RangeError beyond 65,531 peers */
  add(origin: RouteOrigin): PeerId {
    const id = this.#free.pop() ?? (this.#origins.length as PeerId);
    if (id > MAXIMUM_PEERS) throw new RangeError('The routing table takes at most 65,531 peers.');
    this.#origins[id] = origin;
    return id;
  }

  /** The origin of a path's peer. */
  get(id: PeerId): RouteOrigin {
    return this.#origins[id]!;
  }

  replace(id: PeerId, origin: RouteOrigin): void {
    this.#origins[id] = origin;
  }

  /** Frees the id of a peer that no path and no Adj-RIB-Out names any more. */
  remove(id: PeerId): void {
    if (id < FIRST_PEER) return;
    this.#origins[id] = undefined;
    this.#free.push(id);
  }
}

function localOrigin(kind: RouteSource, preference: number): RouteOrigin {
  const none = { isBgp: false, isInternal: false, isClient: false, routerId: 0 };
  return { name: '', kind, preference, ...none, address: new Uint8Array(0) };
}
