/**
 * One neighbour: joins its BGP session to its place in the RIB.
 *
 * The session tells what happens on the wire, the RIB decides what it means; nothing here looks at a
 * route.
 */

import type { ConnectionEnd, SessionState } from '../bgp/session/fsm.ts';
import type { NegotiatedSession } from '../bgp/session/negotiate.ts';
import {
  Session,
  type SessionDown,
  type SessionEvents,
  type SessionLink,
  type SessionPorts,
  type StopReason,
} from '../bgp/session/session.ts';
import {
  CEASE_BFD_DOWN,
  CEASE_CONFIGURATION_CHANGE,
  CEASE_MAX_PREFIXES,
  MAXIMUM_MESSAGE_SIZE,
  REFRESH_REQUEST,
} from '../bgp/wire/constants.ts';
import type { PrefixBound } from '../bgp/wire/notification.ts';
import type { FaultAction, UpdateFault } from '../bgp/wire/update-fault.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import { addressFamily } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import type { PeerId } from '../rib/ids.ts';
import type { RibSession } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';
import type { Log } from '../telemetry/log.ts';
import { BfdWatch, type BfdWatchPorts } from './bfd-watch.ts';
import type { Forwarding } from './forwarding.ts';
import { type LimitKey, LimitPenalty } from './limit-penalty.ts';
import { LingeringClient } from './lingering-client.ts';
import { NextHopPair } from './next-hop-pair.ts';
import type { OwnAddresses } from './own-addresses.ts';
import { PrefixLimit } from './prefix-limit.ts';
import type { Quarantine } from './quarantine.ts';
import { RefreshWatch } from './refresh-watch.ts';
import { RestartHelper } from './restart-helper.ts';
import { ribPeerOf } from './rib-peer.ts';
import { SessionHistory } from './session-history.ts';
import { lossOf, pathOf, type SessionPath } from './session-path.ts';
import { sessionSettingsOf } from './session-settings.ts';

export interface NeighborPorts extends SessionPorts, BfdWatchPorts {
  readonly forwarding: Forwarding;
  readonly rib: Rib;
  /** For neighbours that may know it. */
  readonly softwareVersion?: string;
  readonly log: Log;
  readonly quarantine: Quarantine;
  readonly ownAddresses: OwnAddresses;
}

/** What a neighbour tells the daemon. */
export interface NeighborOwner {
  /** It delivered its routes, or is gone (START-1). */
  settled(name: string): void;
  /** It turned out to owe no End-of-RIB: no graceful restart, or restarting itself (RFC 4724 §4.1). */
  owesNothing(name: string): void;
  /** Its session came up, or was lost. */
  present(name: string, isPresent: boolean): void;
  /** True while we restart: whoever bridges it is told nothing yet (RFC 4724 §4.1). */
  isDeferring(): boolean;
  /** Before anything is said in the new state. */
  changed(neighbor: Neighbor, from: SessionState, to: SessionState): void;
  /** Its session is Established. */
  sessionUp(neighbor: Neighbor, negotiated: NegotiatedSession, link: SessionLink): void;
  sessionDown(neighbor: Neighbor, reason: SessionDown): void;
  /** It is forgotten; nothing more is heard of it. */
  removed(neighbor: Neighbor): void;
  /** Its session is in another state. */
  moved(name: string, from: SessionState, to: SessionState, reason: string): void;
  /** It may have become {@link Neighbor.isResting}. */
  rested(neighbor: Neighbor): void;
}

/** See the head of the file. */
export class Neighbor implements SessionEvents {
  readonly session: Session;
  readonly peerId: PeerId;
  readonly bfd: BfdWatch;
  readonly history = new SessionHistory();
  readonly #ports: NeighborPorts;
  readonly #owner: NeighborOwner;
  /** Faulty UPDATE messages by consequence (RFC 7606). */
  readonly faults: Record<FaultAction, number> = {
    'attribute-discard': 0,
    'treat-as-withdraw': 0,
    'afi-safi-disable': 0,
    'session-reset': 0,
  };
  readonly #ribPeer: LingeringClient;
  #config: NeighborConfig;
  #negotiated: NegotiatedSession | undefined;
  /** Families whose End-of-RIB has not come yet. */
  #endOfRibs = new Set<Family>();
  readonly #helper: RestartHelper;
  /** What it is not told as long as our routes are not complete. */
  #deferral: RibSession['deferral'];
  readonly #penalty: LimitPenalty;
  readonly #prefixLimit: PrefixLimit;
  readonly #refresh: RefreshWatch;
  readonly #pair: NextHopPair;
  /** Of the established session. */
  #path: SessionPath | undefined;
  #isShutDown = false;
  /** While Established with a family that the session's own address is not of. */
  #beside: ReturnType<OwnAddresses['follow']> | undefined;

  constructor(
    neighbor: NeighborConfig,
    config: Config,
    isRestarting: boolean,
    ports: NeighborPorts,
    owner: NeighborOwner,
  ) {
    this.#config = neighbor;
    this.#ports = ports;
    this.#owner = owner;
    this.#penalty = new LimitPenalty(ports.clock, () => this.start());
    this.#prefixLimit = new PrefixLimit(neighbor.maximumPrefixes);
    this.bfd = new BfdWatch(ports, () => this.#pathBroke({ subcode: CEASE_BFD_DOWN }));
    this.#ribPeer = new LingeringClient(ports, ribPeerOf(neighbor, config));
    this.peerId = this.#ribPeer.peerId;
    this.#helper = new RestartHelper(ports, this.peerId, () => owner.rested(this));
    const settings = sessionSettingsOf(neighbor, config, isRestarting, ports.softwareVersion);
    this.session = new Session(settings, ports, this);
    this.#pair = new NextHopPair(ports);
    this.#refresh = new RefreshWatch(ports.clock, ports.rib, this.peerId);
  }

  get config(): NeighborConfig {
    return this.#config;
  }

  /** Taken down by an operator; accepts nothing until it is enabled again. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /**
   * True while it has no connection, owes no wait after an error and keeps no routes for a restart:
   * nothing is lost by forgetting it. Never of one that something holds down.
   */
  get isResting(): boolean {
    return this.session.state === 'Active' && !this.#helper.isKeeping;
  }

  /** Its session is up and has brought every route it has, as far as it tells (RFC 4724 §2). */
  get hasDelivered(): boolean {
    if (this.session.state !== 'Established') return false;
    return this.#endOfRibs.size === 0 || this.#negotiated?.gracefulRestart === undefined;
  }

  /** What holds the session down, for views; undefined when nothing does. */
  get obstacle(): string | undefined {
    if (this.#isShutDown) return 'shut down by an operator';
    if (this.#penalty.excess) return this.#penalty.excess;
    return this.#config.waitingFor && `waits for ${this.#config.waitingFor}`;
  }

  /** Lets the session come up, unless something holds it down (SESS-9). */
  start(): void {
    if (this.obstacle !== undefined) return;
    this.bfd.follow(this.#config);
    this.session.start();
  }

  /** Takes over a configuration; restarts the session only when it must (RECONF-1). */
  reconfigure(neighbor: NeighborConfig, config: Config, isRestarting: boolean): void {
    this.#config = neighbor;
    this.#prefixLimit.set(neighbor.maximumPrefixes);
    this.#penalty.reconsider(neighbor);
    this.#ribPeer.update(ribPeerOf(neighbor, config), this.session.state === 'Established');
    if (neighbor.waitingFor !== undefined) this.stop({ subcode: CEASE_CONFIGURATION_CHANGE });
    const { softwareVersion } = this.#ports;
    const changed = this.session.update(
      sessionSettingsOf(neighbor, config, isRestarting, softwareVersion),
    );
    if (changed.length > 0) {
      this.#ports.log.info(
        { neighbor: neighbor.name, changed },
        'session restarts with new settings',
      );
    }
    this.start();
  }

  /** Ends the session, and with it what is kept for a restart. */
  stop(reason: StopReason): void {
    this.session.stop(reason);
    this.bfd.stop();
    this.#helper.abandon();
  }

  /** Our routes are complete, or have been waited for long enough. */
  announce(): void {
    if (!this.#deferral) return;
    this.#deferral = undefined;
    this.#ports.rib.endDeferral(this.peerId);
  }

  /** Forgets the neighbour: its session and its routes. */
  remove(reason: StopReason): void {
    this.stop(reason);
    this.#penalty.lift();
    this.#ribPeer.stop();
    this.#pair.forget();
    this.#ports.rib.removePeer(this.peerId);
  }

  /** Takes it down until `enable`. */
  shutDown(reason: StopReason): void {
    this.#isShutDown = true;
    this.stop(reason);
  }

  enable(): void {
    this.#isShutDown = false;
    this.#penalty.lift();
    this.start();
  }

  /** Interfaces or addresses changed. */
  networkChanged(): void {
    const loss = this.#path && lossOf(this.#path, this.#ports.forwarding);
    if (!loss) return;
    this.#ports.log.warn({ neighbor: this.#config.name, loss }, 'session lost its path');
    this.#pathBroke({ subcode: CEASE_CONFIGURATION_CHANGE, text: loss });
  }

  stateChanged(from: SessionState, to: SessionState, reason: string): void {
    this.history.note(from, to, reason, this.#ports.clock.now());
    const fields = { neighbor: this.#config.name, from, to, reason };
    const isNews = from === 'Established' || to === 'Established';
    this.#ports.log[isNews ? 'info' : 'debug'](fields, 'session state');
    this.#owner.moved(this.#config.name, from, to, reason);
    this.#owner.changed(this, from, to);
    if (to === 'Active') this.#owner.rested(this);
  }

  established(negotiated: NegotiatedSession, link: SessionLink): void {
    const { gracefulRestart } = negotiated;
    const owesRoutes = gracefulRestart !== undefined && !gracefulRestart.isRestarting;
    const { address, interface: zone } = this.#config;
    this.#path = pathOf(this.#config, link.localAddress, this.#ports.forwarding);
    if (zone !== undefined) this.#ports.forwarding.locate(address, zone);
    this.#helper.up(negotiated);
    this.#negotiated = negotiated;
    const bridges = gracefulRestart !== undefined && this.#owner.isDeferring();
    const deferral = owesRoutes ? 'routes' : 'end-of-rib';
    this.#deferral = bridges ? deferral : undefined;
    this.#endOfRibs = new Set(negotiated.families);
    this.#followAddress(negotiated, link);
    if (!this.#helper.isKeeping) this.#pair.forget();
    const localLinkLocal = this.#pair.up(address, link.localAddress, negotiated.isInternal);
    this.#ports.rib.peerUp(this.peerId, {
      wire: negotiated,
      families: negotiated.families,
      remoteRouterId: negotiated.remoteRouterId,
      localAddress: link.localAddress,
      localAddressOther: this.#beside?.beside,
      localLinkLocal,
      pairedNextHop: (nextHop) => this.#pair.told(nextHop),
      hasEnhancedRefresh: negotiated.hasEnhancedRouteRefresh,
      isLongLivedAware: gracefulRestart?.isLongLivedAware ?? false,
      deferral: this.#deferral,
      outbound: link,
      outboundLimitReached: () => this.#outboundLimitReached(),
    });
    this.#owner.present(this.#config.name, true);
    this.bfd.sessionUp(link.localAddress);
    this.#owner.sessionUp(this, negotiated, link);
    if (!owesRoutes) this.#owner.owesNothing(this.#config.name);
  }

  update(bytes: Uint8Array, at: number, end: number): UpdateFault | undefined {
    const fault = this.#ports.rib.receiveUpdate(this.peerId, bytes, at, end);
    if (!fault) return undefined;
    this.#noteFault(fault);
    // What resets the session comes to `rejected`.
    if (fault.action !== 'session-reset') this.#quarantine(fault, bytes, at, end);
    return fault;
  }

  rejected(
    { text, notification }: ConnectionEnd,
    bytes: Uint8Array,
    at: number,
    stop: number,
  ): void {
    const { code, subcode } = notification!;
    const fault = { action: 'session-reset', code, subcode, reason: text } as const;
    this.#quarantine(fault, bytes, at, stop);
  }

  #quarantine(
    { action, code, subcode, reason }: Omit<UpdateFault, 'data'>,
    bytes: Uint8Array,
    at: number,
    end: number,
  ): void {
    const { quarantine, clock } = this.#ports;
    const decodeWith = decodeWords(this.session.negotiated);
    const rejection = { peer: this.#config.name, action, code, subcode, reason, decodeWith };
    quarantine.add(rejection, clock.wallTime(), bytes, at, end);
  }

  /** The RIB saw the End-of-RIB of a family. */
  endOfRib(family: Family): void {
    this.#helper.endOfRib(family);
    this.#endOfRibs.delete(family);
    if (this.#endOfRibs.size === 0) this.#owner.settled(this.#config.name);
  }

  routeRefresh(family: Family, subtype: number): void {
    if (subtype === REFRESH_REQUEST) this.#ports.rib.routeRefresh(this.peerId, family);
    else if (this.#negotiated?.hasEnhancedRouteRefresh) this.#refresh.mark(family, subtype);
  }

  /**
   * Judges what the peer sent anew, and asks it to send everything again where it can; or sends it
   * everything again.
   *
   * @returns false when the session is not Established
   */
  softClear(direction: 'in' | 'out'): boolean {
    const { negotiated } = this.session;
    if (!negotiated) return false;
    const { rib } = this.#ports;
    if (direction === 'in') {
      rib.reimport(this.peerId);
      this.session.requestRefresh();
    } else for (const family of negotiated.families) rib.routeRefresh(this.peerId, family);
    return true;
  }

  writable(): void {
    this.#ports.rib.peerWritable(this.peerId);
  }

  /** A chunk of input is done: a good time to look at the number of prefixes. */
  batchEnd(): void {
    const { maximumPrefixes, families } = this.#config;
    if (!maximumPrefixes) return;
    const counts = families.map((family) => this.#ports.rib.counters(this.peerId, family).received);
    const most = Math.max(...counts);
    const verdict = this.#prefixLimit.judge(most);
    if (!verdict) return;
    const { limit: maximum } = maximumPrefixes;
    const family = families[counts.indexOf(most)]!;
    const excess = `it sent more than ${maximum} prefixes`;
    this.#actOnLimit(verdict, excess, 'maximumPrefixes', { family, maximum });
  }

  /** The RIB holds routes back; it is in the middle of a run. */
  #outboundLimitReached(): void {
    const { clock } = this.#ports;
    clock.defer(() => {
      const { maximumPrefixesOut } = this.#config;
      if (!maximumPrefixesOut || this.session.state !== 'Established') return;
      const { limit, action } = maximumPrefixesOut;
      const excess = `it would be told more than ${limit} prefixes`;
      this.#actOnLimit(action === 'block' ? 'warn' : action, excess, 'maximumPrefixesOut');
    });
  }

  #followAddress({ families }: NegotiatedSession, { localAddress }: SessionLink): void {
    if (families.every((family) => family === addressFamily(localAddress))) return;
    const { rib, ownAddresses } = this.#ports;
    this.#beside = ownAddresses.follow(localAddress, this.#config.interface, (beside) =>
      rib.setLocalAddressOther(this.peerId, beside),
    );
  }

  down(reason: SessionDown): void {
    this.#beside?.stop();
    this.#beside = undefined;
    this.#refresh.cancel();
    this.#pair.down();
    this.#path = undefined;
    this.#helper.down(reason.isGraceful ? this.#negotiated?.gracefulRestart : undefined);
    this.#deferral = undefined;
    this.#owner.present(this.#config.name, false);
    this.#owner.sessionDown(this, reason);
    this.#ports.log.warn({ neighbor: this.#config.name, reason: reason.text }, 'session down');
  }

  #actOnLimit(
    verdict: 'warn' | 'restart' | 'shutdown',
    excess: string,
    key: LimitKey,
    limit?: PrefixBound,
  ): void {
    this.#ports.log.warn({ neighbor: this.#config.name, excess, verdict }, 'too many prefixes');
    if (verdict === 'warn') return;
    this.#penalty.impose(excess, key, this.#config);
    this.stop({ subcode: CEASE_MAX_PREFIXES, text: excess, ...(limit && { limit }) });
  }

  /** An Established session ends at once (RFC 9384), and may come back at once. */
  #pathBroke(reason: StopReason): void {
    if (this.session.state !== 'Established') return;
    this.session.stop(reason);
    this.session.start();
  }

  #noteFault({ action, reason }: UpdateFault): void {
    this.faults[action]++;
    this.#ports.log.debug({ neighbor: this.#config.name, action, reason }, 'faulty UPDATE');
  }
}

/** Words for `catbird decode`. */
function decodeWords(negotiated: NegotiatedSession | undefined): string {
  if (!negotiated) return '';
  const words = negotiated.asWidth === 4 ? ['--as4'] : [];
  if (negotiated.addPathReceive.length > 0) words.push('--add-path');
  if (negotiated.maximumMessageSize > MAXIMUM_MESSAGE_SIZE) words.push('--extended');
  return words.join(' ');
}
