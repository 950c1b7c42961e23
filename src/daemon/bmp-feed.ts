/** What BMP collectors are told of this daemon: its sessions as they come and go, its tables, figures. */
import { hostname } from 'node:os';
import type { NegotiatedSession } from '../bgp/session/negotiate.ts';
import type { SessionDown, SessionLink } from '../bgp/session/session.ts';
import { afiSafiOf } from '../bgp/wire/afi-safi.ts';
import { encodeNotification } from '../bgp/wire/notification.ts';
import { encodeOpen } from '../bgp/wire/open.ts';
import { Collectors } from '../bmp/collectors.ts';
import type { BmpPeerDown, Statistic } from '../bmp/messages.ts';
import { type MonitoredPeer, MonitoredPeers } from '../bmp/peers.ts';
import type { Config } from '../config/model.ts';
import { FAMILIES } from '../net/family.ts';
import type { Rib } from '../rib/rib.ts';
import { NO_PEER } from '../rib/route-monitor.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../runtime/transport.ts';
import type { Log } from '../telemetry/log.ts';
import type { Neighbor } from './neighbor.ts';

export interface BmpFeedPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly softwareVersion?: string;
}

/** Types of figures (RFC 7854 §4.8, RFC 8671 §6.2). */
const UPDATES_TREATED_AS_WITHDRAW = 11;
const ADJ_RIB_IN = 7;
const LOC_RIB = 8;
const ADJ_RIB_IN_OF_FAMILY = 9;
const LOC_RIB_OF_FAMILY = 10;
const ADJ_RIB_OUT_POST_POLICY = 15;
const ADJ_RIB_OUT_POST_POLICY_OF_FAMILY = 17;

/** See the head of the file. */
export class BmpFeed {
  readonly collectors: Collectors;
  readonly #rib: Rib;
  readonly #clock: Clock;
  readonly #peers = new MonitoredPeers();
  /** The router as Loc-RIB knows it, as text, to compare. */
  #identity = '';

  constructor(rib: Rib, ports: BmpFeedPorts) {
    this.#rib = rib;
    this.#clock = ports.clock;
    this.collectors = new Collectors({
      ...ports,
      peers: this.#peers,
      monitor: (views, wake) => rib.monitor(views, wake),
      systemName: hostname(),
      description: ports.softwareVersion ?? 'Catbird',
    });
  }

  apply({ router }: Config): void {
    this.#tellIdentity(router.asNumber, router.routerId);
    this.collectors.apply(router.bmp);
  }

  stop(): void {
    this.collectors.stop();
  }

  sessionUp(neighbor: Neighbor, negotiated: NegotiatedSession, link: SessionLink): void {
    const { peerId: id, config } = neighbor;
    const { localAddress, localPort, remotePort, openSent, openReceived } = link;
    this.#peers.up({
      id,
      isLocRib: false,
      address: config.address,
      asNumber: negotiated.remoteAsNumber,
      routerId: negotiated.remoteRouterId,
      ...{ localAddress, localPort, remotePort, openSent, openReceived },
      upAt: this.#clock.wallTime(),
      statistics: () => this.#statisticsOf(neighbor),
    });
  }

  sessionDown({ peerId }: Neighbor, { notification, sentByUs }: SessionDown): void {
    const message = notification && encodeNotification(notification);
    this.#peers.down(peerId, { sentByUs, notification: message });
  }

  /** Loc-RIB has a peer of its own that is always up (RFC 9069 §4.4). */
  #tellIdentity(asNumber: number, routerId: number): void {
    const identity = `${asNumber} ${routerId}`;
    if (identity === this.#identity) return;
    this.#identity = identity;
    const silent: BmpPeerDown = { sentByUs: true, notification: undefined };
    this.#peers.down(NO_PEER, silent);
    this.#peers.up(this.#locRib(asNumber, routerId));
  }

  #locRib(asNumber: number, routerId: number): MonitoredPeer {
    const none = new Uint8Array(4);
    const families = FAMILIES.map((family) => ({
      kind: 'multiprotocol' as const,
      ...afiSafiOf(family),
    }));
    const capabilities = [...families, { kind: 'four-octet-as' as const, asNumber }];
    const open = encodeOpen({ asNumber, holdTimeSec: 0, routerId, capabilities });
    const ends = { address: none, localAddress: none, localPort: 0, remotePort: 0 };
    const opens = { openSent: open, openReceived: open };
    const upAt = this.#clock.wallTime();
    const statistics = () => this.#statisticsOfLocRib();
    return { id: NO_PEER, isLocRib: true, asNumber, routerId, ...ends, ...opens, upAt, statistics };
  }

  #statisticsOf({ peerId, session, faults }: Neighbor): Statistic[] {
    const families = session.negotiated?.families ?? [];
    const counts = families.map((family) => {
      const { afi } = afiSafiOf(family);
      return { afi, ...this.#rib.counters(peerId, family) };
    });
    const sum = (key: 'received' | 'advertised') =>
      counts.reduce((total, count) => total + count[key], 0);
    const byFamily = counts.flatMap(({ afi, received, advertised }) => [
      gauge(ADJ_RIB_IN_OF_FAMILY, received, afi),
      gauge(ADJ_RIB_OUT_POST_POLICY_OF_FAMILY, advertised, afi),
    ]);
    return [
      { type: UPDATES_TREATED_AS_WITHDRAW, value: faults['treat-as-withdraw'], width: 4 },
      gauge(ADJ_RIB_IN, sum('received')),
      gauge(ADJ_RIB_OUT_POST_POLICY, sum('advertised')),
      ...byFamily,
    ];
  }

  #statisticsOfLocRib(): Statistic[] {
    const sizes = FAMILIES.map((family) => {
      const { best } = this.#rib.views.sizes(family);
      return { afi: afiSafiOf(family).afi, best };
    });
    const total = sizes.reduce((sum, { best }) => sum + best, 0);
    return [
      gauge(LOC_RIB, total),
      ...sizes.map(({ afi, best }) => gauge(LOC_RIB_OF_FAMILY, best, afi)),
    ];
  }
}

function gauge(type: number, value: number, afi?: number): Statistic {
  return { type, value, width: 8, ...(afi !== undefined && { afi }) };
}
