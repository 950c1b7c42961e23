/**
 * One BMP collector: dials it, tells it everything, then what changes, as fast as it reads.
 *
 * Nothing waits for a slow collector but state: sessions that came or went, at most one entry per session, and the
 * marks of the {@link RouteMonitor}. What it is told when it has room again is how things are then. A collector
 * that is gone is dialled again, ever less often; it then gets everything anew.
 */

import { readU16 } from '../bgp/wire/octets.ts';
import { encodeEndOfRib } from '../bgp/wire/update-writer.ts';
import type { BmpCollectorConfig } from '../config/model.ts';
import type { Family } from '../net/family.ts';
import { formatAddress } from '../net/text.ts';
import type { PeerId } from '../rib/ids.ts';
import type { MonitorSink, MonitorView, RouteMonitor } from '../rib/route-monitor.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Connection, ConnectionHandler, Transport } from '../runtime/transport.ts';
import type { Log } from '../telemetry/log.ts';
import {
  type BmpPeerDown,
  encodeInitiation,
  encodePeerDown,
  encodePeerUp,
  encodeRouteMonitoring,
  encodeStatistics,
  encodeTermination,
} from './messages.ts';
import type { MonitoredPeer, MonitoredPeers, PeersFollower } from './peers.ts';

export interface CollectorPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly peers: MonitoredPeers;
  /** Opens the tables for one connection. */
  monitor(views: ReadonlySet<MonitorView>, wake: () => void): RouteMonitor;
  /** What an Initiation says of us. */
  readonly systemName: string;
  readonly description: string;
}

/** Prefixes looked at before other work gets its turn. */
const PREFIXES_PER_TURN = 512;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** A connection that lasted so long was a good one: the next retry is quick again. */
const GOOD_AFTER_MS = 60_000;
/** Where the length of a BGP message stands. */
const LENGTH_AT = 16;

export type CollectorState = 'waiting' | 'connecting' | 'up';

/** See the head of the file. */
export class Collector implements ConnectionHandler, MonitorSink, PeersFollower {
  readonly config: BmpCollectorConfig;
  readonly #ports: CollectorPorts;
  readonly #views: ReadonlySet<MonitorView>;
  #connection: Connection | undefined;
  #monitor: RouteMonitor | undefined;
  #retryTimer: Timer | undefined;
  #statisticsTimer: Timer | undefined;
  #retryMs = FIRST_RETRY_MS;
  #upSince = 0;
  #isPumping = false;
  #isFull = false;
  /** Peers a Peer Up was sent for. */
  readonly #told = new Map<PeerId, MonitoredPeer>();
  /** What is to be told of peers: those that are gone, then those that came. */
  readonly #gone = new Map<MonitoredPeer, BmpPeerDown>();
  readonly #come = new Set<MonitoredPeer>();
  /** Encoded in this turn. */
  #out: Uint8Array[] = [];

  constructor(config: BmpCollectorConfig, ports: CollectorPorts) {
    this.config = config;
    this.#ports = ports;
    this.#views = viewsOf(config);
  }

  get state(): CollectorState {
    if (this.#monitor) return 'up';
    return this.#connection ? 'connecting' : 'waiting';
  }

  start(): void {
    const { address, port, sourceAddress } = this.config;
    const source = sourceAddress && { sourceAddress };
    this.#connection = this.#ports.transport.connect({ address, port, ...source });
    this.#connection.setHandler(this);
  }

  /** Says goodbye, where somebody listens. */
  stop(): void {
    this.#retryTimer?.cancel();
    const connection = this.#connection;
    if (this.#monitor) connection?.write(encodeTermination());
    this.#disconnected();
    connection?.close();
  }

  onConnected(): void {
    const { peers, clock, systemName, description } = this.#ports;
    this.#connection!.write(encodeInitiation(systemName, description));
    this.#monitor = this.#ports.monitor(this.#views, () => this.#wake());
    this.#upSince = clock.now();
    for (const peer of peers.list()) this.peerUp(peer);
    peers.follow(this);
    this.#startStatistics();
    this.#ports.log.info({ collector: this.#name }, 'BMP collector is up');
    this.#wake();
  }

  /** A collector has nothing to say (RFC 7854 §3.2). */
  onData(): void {}

  onDrain(): void {
    this.#isFull = false;
    this.#wake();
  }

  onClose(error: string | undefined): void {
    const reason = error ?? 'the collector closed the connection';
    const { clock, random, log } = this.#ports;
    const wasGood = this.#monitor && clock.now() - this.#upSince >= GOOD_AFTER_MS;
    if (wasGood) this.#retryMs = FIRST_RETRY_MS;
    this.#disconnected();
    const waitMs = this.#retryMs * (0.75 + random.uniform() / 4);
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    log.warn({ collector: this.#name, reason, retryInMs: Math.round(waitMs) }, 'BMP collector');
    this.#retryTimer = clock.setTimer(waitMs, () => this.start());
  }

  peerUp(peer: MonitoredPeer): void {
    if (peer.isLocRib && !this.#views.has('loc-rib')) return;
    this.#come.add(peer);
    this.#wake();
  }

  peerDown(peer: MonitoredPeer, end: BmpPeerDown): void {
    this.#monitor?.remove(peer.id);
    if (this.#come.delete(peer)) return; // it was not told of
    if (!this.#told.delete(peer.id)) return;
    this.#gone.set(peer, end);
    this.#wake();
  }

  updates(view: MonitorView, peer: PeerId, bytes: Uint8Array, at: number, end: number): void {
    const about = this.#told.get(peer)!;
    const now = this.#ports.clock.wallTime();
    for (let from = at; from < end; ) {
      const next = from + readU16(bytes, from + LENGTH_AT);
      this.#out.push(encodeRouteMonitoring(about, view, now, bytes, from, next));
      from = next;
    }
  }

  endOfRib(view: MonitorView, peer: PeerId, family: Family): void {
    const message = encodeEndOfRib(family);
    this.updates(view, peer, message, 0, message.length);
  }

  #disconnected(): void {
    this.#ports.peers.unfollow(this);
    this.#monitor?.close();
    this.#monitor = undefined;
    this.#connection = undefined;
    this.#statisticsTimer?.cancel();
    this.#isFull = false;
    this.#told.clear();
    this.#gone.clear();
    this.#come.clear();
  }

  #wake(): void {
    if (this.#isPumping || this.#isFull || !this.#monitor) return;
    this.#isPumping = true;
    this.#ports.clock.defer(() => this.#pump());
  }

  /** One turn: sessions first, then some prefixes; more in the next turn, while there is room. */
  #pump(): void {
    this.#isPumping = false;
    const monitor = this.#monitor;
    if (!monitor || this.#isFull) return;
    this.#tellPeers(monitor);
    if (monitor.hasWork) monitor.take(this.#portion, this);
    this.#flush();
    if (monitor.hasWork) this.#wake();
  }

  #tellPeers(monitor: RouteMonitor): void {
    const now = this.#ports.clock.wallTime();
    for (const [peer, end] of this.#gone) this.#out.push(encodePeerDown(peer, end, now));
    this.#gone.clear();
    for (const peer of this.#come) {
      this.#out.push(encodePeerUp(peer, peer.upAt));
      this.#told.set(peer.id, peer);
      monitor.add(peer.id);
    }
    this.#come.clear();
  }

  /** With Adj-RIB-Out each prefix may mean a message per peer. */
  get #portion(): number {
    if (!this.#views.has('adj-rib-out')) return PREFIXES_PER_TURN;
    return Math.max(1, Math.floor(PREFIXES_PER_TURN / Math.max(1, this.#told.size)));
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const bytes = Buffer.concat(this.#out);
    this.#out = [];
    if (this.#connection?.write(bytes) === false) this.#isFull = true;
  }

  #startStatistics(): void {
    const { statisticsIntervalSec } = this.config;
    if (statisticsIntervalSec === 0) return;
    this.#statisticsTimer = this.#ports.clock.setTimer(statisticsIntervalSec * 1000, () => {
      this.#tellStatistics();
      this.#startStatistics();
    });
  }

  /** Not behind what a slow collector has yet to read: there will be others. */
  #tellStatistics(): void {
    if (this.#isFull) return;
    const now = this.#ports.clock.wallTime();
    for (const peer of this.#told.values()) {
      this.#out.push(encodeStatistics(peer, now, peer.statistics()));
    }
    this.#flush();
  }

  get #name(): string {
    return `${formatAddress(this.config.address)} port ${this.config.port}`;
  }
}

function viewsOf(config: BmpCollectorConfig): ReadonlySet<MonitorView> {
  const views = new Set<MonitorView>();
  if (config.prePolicy) views.add('pre-policy');
  if (config.postPolicy) views.add('post-policy');
  if (config.adjRibOut) views.add('adj-rib-out');
  if (config.locRib) views.add('loc-rib');
  return views;
}
