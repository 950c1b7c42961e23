/**
 * What the API can ask of the daemon: read views in the fixed JSON shapes, and a few commands.
 *
 * The daemon implements these; the server only carries them. Route views are iterables made on demand,
 * so that a table of a million routes is streamed and never held.
 */

export interface NeighborView {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly asNumber: number;
  readonly localAsNumber: number;
  /** One of the six names of RFC 4271 §8.2.2. */
  readonly state: string;
  /** When the state was entered, ISO 8601. */
  readonly since: string;
  readonly passive: boolean;
  readonly routeReflectorClient: boolean;
  readonly families: Readonly<Record<string, FamilyCountersView>>;
  /** Seconds Established; 0 otherwise. */
  readonly uptimeSec: number;
  readonly lastError: string | null;
  /** State of the BFD session beside it; null without one. */
  readonly bfd: string | null;
  readonly messages: {
    readonly received: Readonly<Record<string, number>>;
    readonly sent: Readonly<Record<string, number>>;
  };
  readonly [more: string]: unknown;
}

/** A neighbour by itself. */
export interface NeighborDetailView extends NeighborView {
  /** Latest first; the last 32. */
  readonly history: readonly SessionEventView[];
}

export interface SessionEventView {
  /** `failed`: an attempt that did not come to a session; `count` of them in a row for one reason. */
  readonly event: 'up' | 'down' | 'failed';
  readonly text: string;
  /** ISO 8601. */
  readonly firstTime: string;
  readonly lastTime: string;
  readonly count: number;
}

export interface FamilyCountersView {
  readonly received: number;
  readonly accepted: number;
  readonly advertised: number;
  readonly addPath: { readonly send: boolean; readonly receive: boolean };
}

export interface RouteView {
  readonly prefix: string;
  readonly best: boolean;
  readonly valid: boolean;
  readonly neighbor: string;
  readonly nextHop: string | null;
  readonly asPath: string;
  readonly origin: string;
  readonly localPref: number | null;
  readonly med: number | null;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly originatorId: string | null;
  readonly clusterList: readonly string[];
  readonly pathId: number;
  readonly ageSec: number;
  readonly kernel: 'installed' | 'pending' | 'rejected' | 'none';
  readonly [more: string]: unknown;
}

export interface FibRouteView {
  readonly prefix: string;
  readonly type: string;
  readonly nextHops: readonly {
    readonly via: string | null;
    readonly dev: string | null;
    readonly onlink: boolean;
    /** Share of the traffic among several next hops. */
    readonly weight: number;
  }[];
  readonly metric: number;
  readonly protocol: number;
  readonly state: 'installed' | 'missing' | 'foreign' | 'failed';
  readonly error: string | null;
  /** What another program did to the route lately, and how often; null when nobody did. */
  readonly contest: {
    readonly did: 'deleted' | 'replaced' | 'changed';
    /** rtm_protocol and metric of the route it left, or took away. */
    readonly protocol: number;
    readonly metric: number;
    /** Its netlink port, mostly its process id; null when unknown. */
    readonly port: number | null;
    readonly losses: number;
    readonly forSec: number;
    /** 0 when nothing is held back. */
    readonly retryInSec: number;
  } | null;
}

export interface BlockView {
  readonly cidr: string;
  readonly state: string;
  readonly advertise: boolean;
  readonly blackhole: boolean;
  /** What the kernel holds for it. */
  readonly kernel: string;
}

/** One thing that is not as it should be. */
export interface StatusReason {
  /** Stable, for scripts. */
  readonly code: string;
  readonly text: string;
  /** What to edit; null for nothing. */
  readonly object: string | null;
}

/** A session that is not Established. */
export interface StatusSession {
  readonly name: string;
  readonly address: string;
  readonly object: string;
  readonly state: string;
  /** For how long. */
  readonly stateSec: number;
  readonly cause: { readonly code: string; readonly text: string };
  readonly lastError: { readonly text: string; readonly ageSec: number } | null;
  readonly lastNotification: {
    readonly direction: 'sent' | 'received';
    readonly code: number;
    readonly subcode: number;
    readonly name: string;
    readonly text: string;
    readonly ageSec: number;
  } | null;
}

export interface StatusView {
  /** `degraded`: ready, but `reasons` are not empty. */
  readonly state: 'ready' | 'degraded' | 'not-ready';
  readonly isReady: boolean;
  /** As `/readyz` puts it. */
  readonly readiness: readonly string[];
  readonly version: string;
  readonly node: string;
  readonly asNumber: number;
  readonly routerId: string;
  readonly uptimeSec: number;
  readonly sessions: { readonly total: number; readonly established: number };
  readonly reasons: readonly StatusReason[];
  readonly down: readonly StatusSession[];
  /** Addresses that connect and have no session, heard of last first. */
  readonly unknownPeers: readonly {
    readonly address: string;
    readonly reason: string;
    readonly count: number;
    /** Since the first and the last attempt. */
    readonly sinceSec: number;
    readonly lastSec: number;
  }[];
}

/** One link of the chain from an object of the datastore to a neighbour that is told. */
export interface ExplainStep {
  readonly stage:
    | 'configuration'
    | 'session'
    | 'received'
    | 'import'
    | 'next-hop'
    | 'decision'
    | 'kernel-write'
    | 'kernel-read-back'
    | 'export'
    | 'adj-rib-out';
  /** `note` neither helps nor hinders. */
  readonly answer: 'yes' | 'no' | 'note';
  /** Stable, for scripts: `never-received`, `policy`, `not-reflected`. */
  readonly code: string;
  /** One sentence. */
  readonly text: string;
  /** The session it is about; null for none. */
  readonly neighbor: string | null;
  /** What to edit: `BGPPeer/rack2-tor`, or a key of the configuration; null for nothing. */
  readonly object: string | null;
}

/** The whole story of one destination. */
export interface ExplainView {
  readonly query: string;
  readonly prefix: string;
  /** The neighbour the story was narrowed to. */
  readonly neighbor: string | null;
  readonly outcome: string;
  /** Index in `steps` of the first "no" that holds the route up; null when nothing does. */
  readonly firstNo: number | null;
  readonly steps: readonly ExplainStep[];
  /** As in `show rib PREFIX`, best first. */
  readonly paths: readonly RouteView[];
  /** What happened to the prefix lately, latest first. */
  readonly history: readonly {
    readonly ageSec: number;
    readonly event: string;
    readonly text: string;
  }[];
}

/** Who is at the other end of the API's socket, as the system knows it. */
export interface Caller {
  readonly uid: number;
  /** Of all its groups. */
  readonly gids: readonly number[];
}

/** What another agent of the node asks to have announced, or withdrawn. */
export interface OriginateOrder {
  readonly owner: string;
  readonly prefixes: readonly string[];
  /** Instead of `prefixes`, where routes are withdrawn: whatever the owner announces. */
  readonly all: boolean;
  /** Plain or large ones. */
  readonly communities: readonly string[];
  readonly localPref: number | undefined;
  readonly med: number | undefined;
  /** The owner's default when undefined. */
  readonly leaseSec: number | undefined;
}

/** A route another agent of the node has us announce. */
export interface OriginatedView {
  readonly prefix: string;
  readonly owner: string;
  /** It is the path in use; another source has a better one otherwise. Not yet known in the answer to an order. */
  readonly best?: boolean;
  readonly localPref: number | null;
  readonly med: number | null;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly leaseSec: number;
  /** ISO 8601. */
  readonly since: string;
  readonly expiresAt: string;
  readonly expiresInSec: number;
}

/** A message that was rejected, whole or in part. */
export interface QuarantineView {
  /** Session label. */
  readonly peer: string;
  /** ISO 8601. */
  readonly time: string;
  /** `session-reset`, `treat-as-withdraw` or `attribute-discard`. */
  readonly action: string;
  readonly code: number;
  readonly subcode: number;
  readonly reason: string;
  /** Options for `catbird decode` that make it read the message as the session did. */
  readonly decodeWith: string;
  readonly hex: string;
}

/** How far a drain has come. */
export interface DrainView {
  /** `idle`, `announcing`, `withdrawing` or `drained`. */
  readonly phase: string;
  /** When the phase began, ISO 8601; null while nothing was ever drained. */
  readonly since: string | null;
  /** Until routes are withdrawn, while announcing. */
  readonly remainingSec: number;
  /** Sessions that are Established. */
  readonly sessions: number;
  /** Routes neighbors are told, over all of them. */
  readonly routes: number;
}

export interface VersionView {
  readonly version: string;
  readonly node: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly routerId: string;
  readonly asNumber: number;
}

/** What the newest configuration says against what runs. */
export interface DiffView {
  /** Nothing is left to be done. */
  readonly isInForce: boolean;
  /** As `show config` has it under `datastore`. */
  readonly held: HeldView | null;
  /** Lines of what runs (`-`) and of what is held (`+`), secrets hidden. */
  readonly changes: readonly string[];
  readonly faults: readonly string[];
  readonly needsRestart: readonly {
    readonly key: string;
    readonly from: unknown;
    readonly to: unknown;
  }[];
  /** Sessions that end when those in their place have brought their routes. */
  readonly leaving: readonly { readonly name: string; readonly address: string }[];
}

export interface HeldView {
  readonly reason: string;
  readonly since: string;
  readonly releaseInSec: number | null;
  readonly canForce: boolean;
}

/** One sample; rates are per second since the one before, durations the longest since then in milliseconds. */
export interface TrendSample {
  /** ISO 8601. */
  readonly time: string;
  readonly updatesReceived: number;
  readonly updatesSent: number;
  readonly established: number;
  readonly sessions: number;
  readonly bestPaths: number;
  /** Kernel routes found changed, gone or added by others since the sample before. */
  readonly drifted: number;
  /** Kernel routes refused at present. */
  readonly refused: number;
  /** Null when nothing was measured. */
  readonly updateToKernelMs: number | null;
  readonly changeToWireMs: number | null;
}

export interface TrendsView {
  readonly intervalSec: number;
  /** Oldest first. */
  readonly samples: readonly TrendSample[];
}

/** What can be watched. */
export const FEED_TOPICS = ['routes', 'neighbors', 'fib', 'config'] as const;
export type FeedTopic = (typeof FEED_TOPICS)[number];

/** Which paths a dump of the table has: as received, after import, or the best after import. */
export const TABLE_VIEWS = ['received', 'accepted', 'best'] as const;
export type TableView = (typeof TABLE_VIEWS)[number];

/** A live stream of events, for one reader. */
export interface Watcher {
  /** Waits for events and takes them all; empty once closed. `{event: 'lost', count}` stands for those there was no room for. */
  next(): Promise<readonly object[]>;
  close(): void;
}

export interface DaemonViews {
  /** Undefined when too many watch already. */
  watch(topic: FeedTopic): Watcher | undefined;
  version(): VersionView;
  status(): StatusView;
  diff(): DiffView;
  neighbors(): readonly NeighborView[];
  neighbor(name: string): NeighborDetailView | undefined;
  /** @param query a prefix (exact) or an address (longest match); undefined for everything */
  rib(query: string | undefined): Iterable<RouteView>;
  /** undefined: no such neighbour. */
  adjIn(name: string): Iterable<RouteView> | undefined;
  adjOut(name: string): Iterable<RouteView> | undefined;
  fib(): Iterable<FibRouteView>;
  /**
   * @param neighbor narrows the story to what came from it and goes to it
   * @returns undefined when there is no such neighbour
   */
  explain(query: string, neighbor: string | undefined): ExplainView | undefined;
  blocks(): readonly BlockView[];
  /** Oldest first; of one neighbour when it is named, which may be gone by now. */
  quarantine(name?: string): readonly QuarantineView[];
  drain(): DrainView;
  /** The routing table as MRT, in pieces made on demand. */
  table(view: TableView): Iterable<Uint8Array>;
  /** What the flight recorder holds, as MRT. @throws CatbirdError when it is off */
  messages(): Iterable<Uint8Array>;
  /** Of one owner when it is named. */
  originated(owner?: string): readonly OriginatedView[];
  /** The running configuration in the shape of the configuration file, secrets hidden, and what is wrong with the newest one. */
  config(): object;
}

export interface DaemonCommands {
  /** @returns false when there is no such neighbour */
  clearNeighbor(name: string, text: string | undefined): boolean;
  /** Refreshes the routes of one direction; the session stays. */
  softClearNeighbor(name: string, direction: 'in' | 'out'): boolean;
  shutdownNeighbor(name: string, text: string | undefined): boolean;
  enableNeighbor(name: string): boolean;
  setLogLevel(level: string): void;
  /** Writes what the flight recorder holds into its directory. @returns the path. @throws CatbirdError when it cannot */
  saveRecording(): Promise<string>;
  /**
   * Takes traffic off this router, then closes all sessions until `abortDrain`.
   *
   * @param order.stops end the process then
   */
  drain(order: { waitSec: number; text: string | undefined; stops: boolean }): void;
  abortDrain(): void;
  /**
   * Announces routes of another agent, or renews their leases: all or none.
   *
   * @param caller undefined where the system cannot tell
   * @throws CatbirdError when something is wrong with it, or the caller may not
   */
  originate(order: OriginateOrder, caller: Caller | undefined): readonly OriginatedView[];
  /** @returns how many routes there were to withdraw. @throws CatbirdError when the caller may not */
  withdrawOriginated(order: OriginateOrder, caller: Caller | undefined): number;
  /** Ends the process without a word to the neighbors, which bridge it like a restart. */
  stop(): void;
  /**
   * Reads the configuration again; or applies what is held.
   *
   * @returns why it did not, in words
   */
  applyConfig(isForced: boolean): string | undefined;
  /** What applying a configuration, in the shape of a file, would do. @throws CatbirdError when it is not valid */
  plan(document: unknown): Promise<object>;
}
