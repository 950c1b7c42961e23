/**
 * What the RIB needs from others, and what it is told about its peers. The daemon hands these in;
 * `rib` never sees a socket, a configuration file or a clock of its own.
 */

import type { PrivateAsRemoval } from '../bgp/wire/as-path-edits.ts';
import type { Role } from '../bgp/wire/role.ts';
import type { WireOptions } from '../bgp/wire/wire-options.ts';
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { LargeCommunity, PolicyRule } from '../policy/model.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import type { PathReason } from './path-table.ts';
import type { LocalSource } from './route-sources.ts';

/** One direction of an established session, as the RIB sees it. */
export interface OutboundPeer {
  /**
   * Sends octets `[at, end)` of a buffer that is shared with other peers and never written again.
   *
   * @returns false when there is no more room: the bytes were taken, but the RIB keeps state instead of
   *   sending more until the daemon calls `Rib.peerWritable`. Only the batch under way is completed: a
   *   second piece of the same buffer, when the peer's own routes lie between the two
   */
  send(bytes: Uint8Array, at: number, end: number): boolean;
}

/** How the RIB treats a peer; a change takes effect through `Rib.updatePeer` without a session reset. */
export interface RibPeer {
  /** Session label, for views. */
  readonly name: string;
  readonly address: Address;
  readonly asNumber: number;
  readonly localAsNumber: number;
  readonly isInternal: boolean;
  readonly isRouteReflectorClient: boolean;
  /** Its routes may have been through our cluster: it was the reflector of it until now. */
  readonly allowsOwnCluster?: boolean;
  readonly nextHop: 'auto' | 'self' | 'keep';
  /** Next hop self of a family, where it is not an address of the session. */
  readonly nextHopAddress?: Readonly<Partial<Record<Family, Address>>>;
  readonly allowLocalAs: number;
  /** A path must begin with the peer's AS (RFC 4271 §6.3). */
  readonly enforceFirstAs?: boolean;
  /** Ours towards the peer (RFC 9234); undefined for none, and on internal sessions. */
  readonly role?: Role | undefined;
  /** Weight of its routes where no rule sets one; 0 when absent. */
  readonly weight?: number;
  /** What it is told is about to go: GRACEFUL_SHUTDOWN, and the least LOCAL_PREF (RFC 8326 §4). */
  readonly isShuttingDown?: boolean;
  /** Where `localAsNumber` is not the AS of the router and does not simply stand in for it. */
  readonly localAs?: LocalAs | undefined;
  /** The peer's AS in a path becomes `localAsNumber` on the way out. */
  readonly asOverride?: boolean;
  /** Private AS numbers go on the way out. */
  readonly removePrivateAs?: PrivateAsRemoval | undefined;
  /** With Add-Path only so many paths of a prefix are told, the best ones; all when absent. */
  readonly addPathBest?: number | undefined;
  /** It is told at most so many prefixes of a family; what is more is held back until there is room. */
  readonly maximumPrefixesOut?: number | undefined;
  /** Long-lived stale routes are told to this internal peer although it does not know what they are (RFC 9494 §4.7). */
  readonly takesLongLived?: boolean;
  /** Cluster the peer is a client of, where it is not that of the router. */
  readonly clusterId?: number | undefined;
  /** Rule lists, concatenated in order; empty accepts everything. */
  readonly importRules: readonly PolicyRule[];
  readonly exportRules: readonly PolicyRule[];
}

/** How much of the router's AS shows beside the local AS of an external session. */
export interface LocalAs {
  readonly routerAsNumber: number;
  /** The peer does not see the router's AS behind the local one. */
  readonly replaceAs: boolean;
  /** The local AS is not put in front of what the peer sends. */
  readonly noPrepend: boolean;
}

/** What the session brings once Established. */
export interface RibSession {
  readonly wire: WireOptions;
  readonly families: readonly Family[];
  /** BGP identifier of the peer, unsigned 32-bit. */
  readonly remoteRouterId: number;
  /** Our end of the session: next hop self (NH-6). */
  readonly localAddress: Address;
  readonly outbound: OutboundPeer;
  /** A route was held back for `maximumPrefixesOut`. Called within a run: only note it. */
  readonly outboundLimitReached?: () => void;
  /** Ours on the link the peer is on, told beside `localAddress` in IPv6 next hops (RFC 2545 §3). */
  readonly localLinkLocal?: Address | undefined;
  /** It told another pair of global and link-local next hop, 32 octets, borrowed. Called within a message: only note it. */
  readonly pairedNextHop?: (nextHop: Uint8Array) => void;
  /** Both sides know RFC 7313: a refresh is sent between begin and end marks. */
  readonly hasEnhancedRefresh?: boolean;
  /** It knows what LLGR_STALE means; others are not told such routes (RFC 9494 §4.3). */
  readonly isLongLivedAware?: boolean;
  /**
   * We restart, and our routes are not complete (RFC 4724 §4.1). What the peer is not told until
   * `Rib.endDeferral`: `routes` of other peers and End-of-RIB; or `end-of-rib` alone, for one that restarts as well.
   */
  readonly deferral?: 'routes' | 'end-of-rib' | undefined;
  /**
   * A second address for next hop self in IPv6 messages on an IPv4 session and the other way round;
   * undefined when there is none, then that family announces only routes whose next hop is kept.
   * May change, see `Rib.setLocalAddressOther`.
   */
  readonly localAddressOther: Address | undefined;
}

/** A change of the best path of one prefix. */
export interface RouteChange {
  readonly prefixId: PrefixId;
  /** 0: none before, or none now. */
  readonly oldPath: PathId;
  readonly newPath: PathId;
}

/** Who follows the RIB. */
export interface LocRibListener {
  /** Once per decision run and family, after all its changes are in Loc-RIB. The array is reused: copy what you keep. */
  routesChanged(family: Family, changes: readonly RouteChange[]): void;
  /**
   * Nothing waits for a run any more: decisions are made, and peers with room were told.
   *
   * @param receivedAt when the oldest UPDATE since the last time came in, monotonic ms; undefined for none
   */
  caughtUp?(receivedAt: number | undefined): void;
  /** A peer has delivered all its routes of a family (RFC 4724 §2). */
  endOfRib?(peer: PeerId, family: Family): void;
}

/** Answers what the kernel knows about a BGP next hop (RIB-3). */
export interface NextHopResolver {
  /** Called when a next hop comes into use; later changes are told through `Rib.nextHopsChanged`. */
  resolve(nextHop: Address): NextHopState;
}

export interface NextHopState {
  readonly isReachable: boolean;
  /** 0 when directly connected, 0xffffffff when unknown (RIB-2). */
  readonly igpCost: number;
  /** Interface name; empty when unknown. */
  readonly interface: string;
}

/** A locally originated route. */
export interface LocalRoute {
  readonly prefix: Prefix;
  readonly source: LocalSource;
  /** Gateway of the route (NH-1), undefined for blackholes and on-link routes. */
  readonly gateway: Address | undefined;
  /** Outgoing interface, for export rules (EXPORT-3); none when absent. */
  readonly interface?: string;
  /** LOCAL_PREF on internal sessions (PRIO-1); the default when absent. */
  readonly localPref?: number;
  readonly med?: number;
  /** Unsigned 32-bit, in any order. */
  readonly communities?: readonly number[];
  readonly largeCommunities?: readonly LargeCommunity[];
  /** False: for the kernel only, no peer is told. */
  readonly isAdvertised?: boolean;
}

/** One path as views print it; made on demand. Ids are good until the RIB runs again. */
export interface PathView {
  readonly prefix: string;
  readonly prefixId: PrefixId;
  /** Row of the path. */
  readonly path: PathId;
  /** Add-Path identifier the peer gave, 0 without Add-Path. */
  readonly pathId: number;
  readonly peer: PeerId;
  /** After import; as received when the path was rejected. */
  readonly attrs: AttrsId;
  readonly isBest: boolean;
  /** A candidate whose next hop is reachable. */
  readonly isValid: boolean;
  /** Kept for a restarting peer. */
  readonly isStale: boolean;
  /** Why import rejected it, `none` when it did not. */
  readonly reason: PathReason;
  readonly weight: number;
  readonly ageMs: number;
}

/** One route of an Adj-RIB-Out as views print it. */
export interface AdvertisedView {
  readonly prefix: string;
  readonly prefixId: PrefixId;
  /** Path identifier sent, 0 without Add-Path. */
  readonly pathId: number;
  /** As sent. */
  readonly attrs: AttrsId;
  /** Where the route came from. */
  readonly source: PeerId;
}
