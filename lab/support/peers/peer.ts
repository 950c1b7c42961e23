/** What the interop matrix asks of a BGP implementation, whatever its configuration and its CLI look like. */
import type { Laboratory } from '../laboratory.ts';
import type { Routes } from '../route-set.ts';

export type IpVersion = 4 | 6;

/** One session of a peer; unicast of the family its addresses are of, unless `families` says otherwise. */
export interface PeerSession {
  readonly version: IpVersion;
  readonly families?: readonly IpVersion[];
  /** The other end. */
  readonly address: string;
  readonly asNumber: number;
  /** The peer reflects routes to the other end. */
  readonly isClient?: boolean;
  /** The peer waits for the other end to dial. */
  readonly isPassive?: boolean;
  readonly password?: string;
  /** GTSM with a distance of one hop (RFC 5082). */
  readonly hasTtlSecurity?: boolean;
  readonly hasAddPath?: boolean;
  /** RFC 8654. */
  readonly hasExtendedMessages?: boolean;
  /** The peer insists on being the customer of the other end (RFC 9234). */
  readonly isCustomer?: boolean;
  /** RFC 9494, behind a graceful restart of so many seconds. */
  readonly longLivedAfterSec?: number;
}

export interface PeerConfig {
  readonly asNumber: number;
  readonly routerId: string;
  readonly clusterId?: string;
  /** Own address of each version. */
  readonly addresses: Readonly<Record<IpVersion, string>>;
  readonly sessions: readonly PeerSession[];
  /** Its log has errors alone: some write a line for every route. */
  readonly isQuiet?: boolean;
}

/** A route a peer received, in the spelling of `catbird show`. */
export interface PeerRoute {
  readonly prefix: string;
  readonly nextHop: string;
  /** AS numbers with blanks between. */
  readonly asPath: string;
  readonly localPref: number | null;
  readonly communities: readonly string[];
  readonly originatorId: string | null;
  readonly clusterList: readonly string[];
}

/** What every announced route carries; MED and LOCAL_PREF where the session is internal. */
export const ANNOUNCED = { community: '65010:9', med: 9, localPref: 120 } as const;

/** Restart time all ask for: whoever looks late, on a busy machine, still finds what is kept. */
export const RESTART_TIME_SEC = 600;

/** An announcement as a reflector would pass it on, for peers that cannot reflect themselves. */
export interface Reflected {
  readonly originatorId: string;
  readonly clusterId: string;
}

export interface RunningPeer {
  /** `Established`, or another word. */
  state(session: PeerSession): string;
  /** What it received in a session and holds. */
  routes(session: PeerSession): readonly PeerRoute[];
  announce(prefix: string, reflected?: Reflected): void;
  withdraw(prefix: string): void;
  /** Sends a ROUTE-REFRESH (RFC 2918). */
  askRefresh(session: PeerSession): void;
  /** Takes a session down with a text for the other end (RFC 9003). */
  shutDown(session: PeerSession, text: string): void;
  /** How many prefixes it took from a session. */
  count(session: PeerSession): number;
  /** All it holds from a session, with every attribute; see `route-set.ts`. */
  table(session: PeerSession): Routes;
  /** Whatever it tells about how the session ended. */
  lastWords(session: PeerSession): string;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
}

export interface PeerStart {
  readonly lab: Laboratory;
  readonly name: string;
  readonly namespace: string;
  readonly config: PeerConfig;
}

/** Features that some peers lack. */
export type PeerGap =
  | 'reflection'
  | 'helper'
  | 'restarter'
  | 'shutdown-text-out'
  | 'shutdown-text-in'
  | 'refresh'
  | 'refresh-answer'
  | 'both-families'
  | 'extended-messages'
  | 'roles'
  | 'long-lived'
  | 'bfd'
  | 'extended-next-hop';

export interface PeerProgram {
  readonly name: string;
  readonly needs: readonly string[];
  /** What it cannot do, each with the reason. */
  readonly lacks: Readonly<Partial<Record<PeerGap, string>>>;
  start(start: PeerStart): RunningPeer;
}

/** Families of a session. */
export function familiesOf({ version, families = [version] }: PeerSession): readonly IpVersion[] {
  return families;
}

export function versionOf(prefixOrAddress: string): IpVersion {
  return prefixOrAddress.includes(':') ? 6 : 4;
}
