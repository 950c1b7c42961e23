/**
 * The validated configuration: what the schema produces from a static file or from the templates, and
 * the only input of `Daemon.apply`. Deep-frozen; every default is filled in; texts are canonical.
 */
import type { PrivateAsRemoval } from '../bgp/wire/as-path-edits.ts';
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { PolicyRule, PrefixRange } from '../policy/model.ts';
import type { DecisionOptions } from '../rib/decision-options.ts';

export interface Config {
  readonly router: RouterConfig;
  readonly fib: FibConfig;
  readonly blocks: readonly BlockConfig[];
  readonly originate: readonly OriginateConfig[];
  readonly pools: readonly PoolConfig[];
  readonly neighbors: readonly NeighborConfig[];
  readonly neighborRanges: readonly NeighborRangeConfig[];
  /** Named rule lists, in the order rules run. */
  readonly policies: Readonly<Record<string, readonly PolicyRule[]>>;
  /** Who may announce through `catbird originate`, and what. */
  readonly brokerOwners: readonly BrokerOwnerConfig[];
  readonly log: { readonly level: LogLevel };
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export interface RouterConfig {
  readonly asNumber: number;
  /** Unsigned 32-bit. */
  readonly routerId: number;
  /** Present: sessions marked `routeReflectorClient` are reflected to. */
  readonly clusterId: number | undefined;
  readonly listen: { readonly port: number; readonly addresses: readonly Address[] };
  /** Our name, for sessions that announce it. */
  readonly hostName: string | undefined;
  readonly domainName: string | undefined;
  /** Every neighbor is told GRACEFUL_SHUTDOWN (RFC 8326). */
  readonly gracefulShutdown: boolean;
  /** After a start: how long announcements wait for the routes of all neighbors (RFC 4724 §4.1). */
  readonly selectionDeferralTimeSec: number;
  /** LOCAL_PREF given to routes that bring none (RFC 4271 §5.1.5; SESS-16). */
  readonly defaultLocalPref: number;
  /** Kernel metric of ordinary routes (PRIO, N): routes with a better one are elevated. */
  readonly normalPriority: Readonly<Record<Family, number>>;
  /** False: no reflection among the clients of one cluster. */
  readonly clientToClient: boolean;
  /** External sessions without policies take and tell nothing (RFC 8212). */
  readonly requirePolicy: boolean;
  /** Switches of the decision process. */
  readonly decision: DecisionOptions;
  /** Who is told of sessions and routes (RFC 7854). */
  readonly bmp: readonly BmpCollectorConfig[];
  /** Keeps the last minutes of messages; undefined: nothing is kept. */
  readonly recorder: RecorderConfig | undefined;
}

export interface RecorderConfig {
  /** Where recordings are written. */
  readonly directory: string;
  readonly periodSec: number;
  /** Of all neighbors, and of one, in MiB. */
  readonly memory: number;
  readonly memoryPerNeighbor: number;
  /** Also the UPDATEs we send. */
  readonly sent: boolean;
  /** Most files in the directory, and their size together in MiB. */
  readonly files: number;
  readonly diskSpace: number;
}

export interface BmpCollectorConfig {
  readonly address: Address;
  readonly port: number;
  readonly sourceAddress: Address | undefined;
  /** Adj-RIB-In before import. */
  readonly prePolicy: boolean;
  /** Adj-RIB-In after import. */
  readonly postPolicy: boolean;
  /** Adj-RIB-Out as sent (RFC 8671). */
  readonly adjRibOut: boolean;
  /** RFC 9069. */
  readonly locRib: boolean;
  /** 0: none. */
  readonly statisticsIntervalSec: number;
}

export interface FibConfig {
  readonly enabled: boolean;
  readonly protocol: number;
  readonly table: number;
  /** Metric of unicast routes; `local-pref` computes 2^31−1 − LOCAL_PREF (PRIO-4). */
  readonly metric: number | 'local-pref';
  readonly maximumPaths: number;
  /** How next hops share the traffic of a prefix (FIB-10): `link-bandwidth` where all its paths say theirs. */
  readonly multipathWeights: 'equal' | 'link-bandwidth';
  /** Prefixes, and all inside them, that must not enter the kernel (FIB-1). */
  readonly rejectPrefixes: readonly Prefix[];
  /** Own subnet per family: decides direct or tunnel for ipip-cross-subnet pools (FIB-5, FIB-9). */
  readonly localSubnets: readonly { readonly address: Address; readonly length: number }[];
  /** Next hops whose routes another agent programs (FIB-4). */
  readonly rejectNextHops: readonly Address[];
  /** Kernel routes of other software may be announced, as far as export policies say (LEARN-4). */
  readonly learn: boolean;
  /** Globs; what subnets these interfaces are in does not count for next hops (LEARN-5). */
  readonly ignoredInterfaces: readonly string[];
}

export interface BlockConfig {
  readonly cidr: Prefix;
  readonly advertise: boolean;
  readonly blackhole: boolean;
  readonly state: string;
  /** What it was made of, such as `BlockAffinity/…`; undefined in files that do not say. */
  readonly source: string | undefined;
}

export interface OriginateConfig {
  readonly cidr: Prefix;
  readonly kind: 'reachable-by' | 'service-range' | 'service';
  readonly via: Address | undefined;
  readonly source: string | undefined;
}

/** Another agent of the node that announces routes through our sessions. */
export interface BrokerOwnerConfig {
  readonly name: string;
  /** What it may announce. */
  readonly prefixes: readonly PrefixRange[];
  /** So many routes at a time. */
  readonly quota: number;
  /** Of routes that come without one. */
  readonly leaseSec: number;
  readonly maximumLeaseSec: number;
  /** Ids of users and groups that may speak for it, root apart; both empty: whoever may open the socket. */
  readonly users: readonly number[];
  readonly groups: readonly number[];
  readonly source: string | undefined;
}

export type Encapsulation = 'none' | 'ipip-always' | 'ipip-cross-subnet' | 'vxlan';

export interface PoolConfig {
  readonly cidr: Prefix;
  readonly encapsulation: Encapsulation;
  /** Whether routes inside go into the kernel (FIB-5). */
  readonly program: boolean;
  /** Whether routes inside are announced (EXPORT-2, EXPORT-9); the policies carry it out. */
  readonly export: boolean;
  readonly source: string | undefined;
}

export type Role = 'provider' | 'rs' | 'rs-client' | 'customer' | 'peer';

/** A limit on prefixes; with action `restart` the neighbor is left alone so long. */
export interface PrefixLimitConfig {
  readonly limit: number;
  readonly restartAfterSec: number;
}

/** What neighbours and neighbour ranges share. */
export interface SessionConfig {
  readonly port: number;
  readonly asNumber: number;
  readonly localAsNumber: number;
  readonly sourceAddress: Address | undefined;
  readonly passive: boolean;
  readonly password: string | undefined;
  readonly passwordFile: string | undefined;
  readonly ttlSecurity: number | undefined;
  readonly holdTimeSec: number;
  readonly keepaliveTimeSec: number | undefined;
  /** RFC 9687; undefined for eight minutes or twice the hold time, 0 for never. */
  readonly sendHoldTimeSec: number | undefined;
  readonly connectRetryTimeSec: number;
  readonly families: readonly Family[];
  readonly routeReflectorClient: boolean;
  readonly nextHop: 'auto' | 'self' | 'keep';
  /** Stands for next hop self in a family; absent for our address on the session or beside it. */
  readonly nextHopAddress: Readonly<Partial<Record<Family, Address>>>;
  readonly allowLocalAs: number;
  /** How `localAsNumber` stands in for the router's AS. */
  readonly localAs: { readonly replaceAs: boolean; readonly noPrepend: boolean };
  readonly asOverride: boolean;
  readonly removePrivateAs: PrivateAsRemoval | undefined;
  /** Cluster the client is in; undefined for that of the router. */
  readonly clusterId: number | undefined;
  /** Of its routes, where no import rule sets one. */
  readonly weight: number;
  readonly gracefulRestart: {
    readonly enabled: boolean;
    readonly restartTimeSec: number;
    /** RFC 8538. */
    readonly notification: boolean;
    /** RFC 9494; 0 does not ask for it. */
    readonly longLivedStaleTimeSec: number;
    /** Stands for the time above in the families it names. */
    readonly longLivedStaleTimesSec: Readonly<Partial<Record<Family, number>>>;
    /** An internal neighbor that does not know RFC 9494 is told long-lived stale routes all the same (§4.7). */
    readonly longLivedToAll: boolean;
  };
  /** Announcements carry GRACEFUL_SHUTDOWN (RFC 8326), by the neighbor's own key or the router's. */
  readonly gracefulShutdown: boolean;
  readonly addPath: {
    readonly send: boolean;
    readonly receive: boolean;
    /** Send so many paths of a prefix, the best ones; undefined for all. */
    readonly best: number | undefined;
  };
  /** Messages up to 65535 octets (RFC 8654). */
  readonly extendedMessages: boolean;
  /** IPv4 routes may have IPv6 next hops (RFC 8950). */
  readonly extendedNextHop: boolean;
  /** Our role towards the neighbour (RFC 9234). */
  readonly role: Role | undefined;
  /** A neighbour that tells no role is refused. */
  readonly strictRole: boolean;
  /** A path must begin with the neighbour's AS (RFC 4271 §6.3). */
  readonly enforceFirstAs: boolean;
  /** What the neighbour is told of us beyond need. */
  readonly announce: { readonly hostName: boolean; readonly softwareVersion: boolean };
  /** What is more is held back; the action comes on top. */
  readonly maximumPrefixesOut:
    | (PrefixLimitConfig & { readonly action: 'block' | 'restart' | 'shutdown' })
    | undefined;
  readonly maximumPrefixes:
    | (PrefixLimitConfig & { readonly action: 'warn' | 'restart' | 'shutdown' })
    | undefined;
  /** Present: the path is watched by BFD (RFC 5880); RFC 5883 when multihop. */
  readonly bfd:
    | { readonly intervalMs: number; readonly multiplier: number; readonly multihop: boolean }
    | undefined;
  readonly import: readonly string[];
  readonly export: readonly string[];
  /** Present: the session stays down and shows this as its reason (a missing secret, SESS-9). */
  readonly waitingFor: string | undefined;
  /** The object it was made of, such as `BGPPeer/rack2-tor`. */
  readonly source: string | undefined;
}

export interface NeighborConfig extends SessionConfig {
  readonly name: string;
  /** Unspecified (`::`) for whoever is found on the interface. */
  readonly address: Address;
  /** Of a link-local address, and of one yet to be found; undefined for all others. */
  readonly interface: string | undefined;
}

export interface NeighborRangeConfig extends SessionConfig {
  readonly prefix: Prefix;
  readonly limit: number;
}
