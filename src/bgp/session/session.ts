/**
 * The BGP session with one neighbour, over whatever connections it takes.
 *
 * At most three connections exist: one we dial, one the peer opened, and the Established one. The
 * first valid OPEN that meets a rival connection decides which of them stays (`collision.ts`). This
 * file knows when to dial, when to wait and when to refuse; what happens on a connection is in
 * `peer-connection.ts`.
 */
import type { Address } from '../../net/address.ts';
import type { Family } from '../../net/family.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Connection, Transport } from '../../runtime/transport.ts';
import { familyOf } from '../wire/afi-safi.ts';
import {
  CEASE_COLLISION_RESOLUTION,
  CEASE_CONFIGURATION_CHANGE,
  CEASE_CONNECTION_REJECTED,
  OPEN_ERROR,
  OPEN_UNSUPPORTED_PARAMETER,
  REFRESH_END,
  REFRESH_REQUEST,
} from '../wire/constants.ts';
import { type Notification, NotificationError } from '../wire/notification.ts';
import { encodeOpen, type Open } from '../wire/open.ts';
import { encodeRouteRefresh, type RouteRefresh } from '../wire/route-refresh.ts';
import type { UpdateFault } from '../wire/update-fault.ts';
import {
  type CeaseReason,
  cease,
  hardReset,
  isBridged,
  isCease,
  isError,
  unsaidText,
} from './cease.ts';
import { resolveCollision } from './collision.ts';
import { makeCounters, type SessionCounters } from './counters.ts';
import type { ConnectionEnd, SessionState } from './fsm.ts';
import type { TapSocket } from './message-tap.ts';
import { buildOpen, type NegotiatedSession, negotiate } from './negotiate.ts';
import { type ConnectionOwner, PeerConnection } from './peer-connection.ts';
import {
  endpointOf,
  needsRestart,
  plainSettings,
  protect,
  type SessionSettings,
} from './settings.ts';
import { connectDelayMs, ErrorBackoff, jittered } from './timers.ts';

/** Why the session left Established. */
export type SessionDown = ConnectionEnd;

export interface SessionPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
}

/** The sending side of an Established session; dead once `down` was told. */
export interface SessionLink {
  /** Our end of the TCP connection. */
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remotePort: number;
  /** Whole messages, for those who tell others of the session. */
  readonly openSent: Uint8Array;
  readonly openReceived: Uint8Array;
  /**
   * Sends `[at, end)` of a buffer: whole messages, shared with other sessions, never written again.
   * What is sent in one turn of the event loop leaves in one system call.
   *
   * @returns false when there is no room for more: these bytes are taken, wait for `writable`
   */
  send(bytes: Uint8Array, at: number, end: number): boolean;
}

/** What a session tells its owner. Any call to the session is allowed from inside. */
export interface SessionEvents {
  stateChanged(from: SessionState, to: SessionState, reason: string): void;
  /** After the state change to Established; `down` follows exactly once. */
  established(negotiated: NegotiatedSession, link: SessionLink): void;
  /**
   * One whole UPDATE message, header included, at `[at, end)`; borrowed until the return.
   *
   * @returns a `session-reset` fault makes the session send its NOTIFICATION and go down
   */
  update(bytes: Uint8Array, at: number, end: number): UpdateFault | undefined;
  /**
   * A message, or the header of one, at `[at, stop)` made us end a connection, for the reason in `end`;
   * borrowed until the return. The session need not have been up.
   */
  rejected(end: ConnectionEnd, bytes: Uint8Array, at: number, stop: number): void;
  /** Only for agreed families and known subtypes (REFRESH_REQUEST, REFRESH_BEGIN, REFRESH_END). */
  routeRefresh(family: Family, subtype: number): void;
  /** There is room again after `send` answered false. */
  writable(): void;
  down(reason: SessionDown): void;
  /** A chunk of input has been worked through: a good time to schedule decisions. */
  batchEnd(): void;
}

/** A Cease to send, or `silent`: just close the connection, as a restart that helpers bridge (START-4). */
export type StopReason = CeaseReason | 'silent';

/** For views. `at` is monotonic milliseconds of the clock. */
export interface SessionError {
  readonly at: number;
  readonly text: string;
  readonly code: number | undefined;
  readonly subcode: number | undefined;
  /** Of the NOTIFICATION; undefined when there was none. */
  readonly direction: 'sent' | 'received' | undefined;
}

/** See the head of the file. */
export class Session {
  readonly counters: SessionCounters = makeCounters();
  /** Takes a recorder. */
  readonly tap: TapSocket = { current: undefined };
  readonly #ports: SessionPorts;
  readonly #events: SessionEvents;
  readonly #backoff = new ErrorBackoff();
  readonly #owner: ConnectionOwner = this.#makeOwner();
  #settings: SessionSettings;
  #isStarted = false;
  #dialled: PeerConnection | undefined;
  #accepted: PeerConnection | undefined;
  #established: PeerConnection | undefined;
  /** Runs until the next attempt to dial, or until an error wait is over. */
  #waitTimer: Timer | undefined;
  /** After a protocol error: Idle, and closed for the peer too (SESS-1). */
  #isInErrorWait = false;
  /** Connections on which our OPEN has no capabilities. */
  readonly #plain = new WeakSet<PeerConnection>();
  #isPlainNext = false;
  #state: SessionState = 'Idle';
  #since: number;
  #lastError: SessionError | undefined;
  #lastNotification: SessionError | undefined;

  constructor(settings: SessionSettings, ports: SessionPorts, events: SessionEvents) {
    this.#settings = settings;
    this.#ports = ports;
    this.#events = events;
    this.#since = ports.clock.now();
  }

  get settings(): SessionSettings {
    return this.#settings;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Monotonic milliseconds of the last change of state. */
  get since(): number {
    return this.#since;
  }

  /** While Established. */
  get negotiated(): NegotiatedSession | undefined {
    return this.#established?.negotiated;
  }

  get lastError(): SessionError | undefined {
    return this.#lastError;
  }

  /** The last error that was told, by whichever side; what went wrong since may be told by {@link lastError}. */
  get lastNotification(): SessionError | undefined {
    return this.#lastNotification;
  }

  /** Of the connection that has come furthest. */
  get localAddress(): Address | undefined {
    return this.#furthest()?.localAddress;
  }

  get localPort(): number | undefined {
    return this.#furthest()?.localPort;
  }

  get remotePort(): number | undefined {
    return this.#furthest()?.remotePort;
  }

  /** Administratively up. Dials after a short random delay; accepts at once. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#dialAfter(connectDelayMs(this.#ports.random));
    this.#publishState('started');
  }

  /** Administratively down, until `start`. Tells `down` before it returns, if the session was up. */
  stop(reason: StopReason): void {
    this.#isStarted = false;
    this.#isInErrorWait = false;
    this.#waitTimer?.cancel();
    const plain = reason === 'silent' ? undefined : cease(reason);
    const isBridging = this.negotiated?.gracefulRestart?.bridgesNotifications;
    const final = plain && isBridging ? hardReset(plain) : plain;
    for (const connection of [this.#dialled, this.#accepted, this.#established]) {
      const notification = connection === this.#established ? final : plain;
      connection?.handle({ kind: 'ManualStop', notification, reason: unsaidText(reason) });
    }
    this.#publishState('stopped');
  }

  /**
   * Takes new settings, restarting a started session with Cease/6 when it must (RECONF-1). Another
   * password is set on the open connections, as far as the kernel allows (SESS-9).
   *
   * @returns the names of the settings that made a restart necessary; empty when none
   */
  update(settings: SessionSettings): readonly string[] {
    const changed = [...needsRestart(this.#settings, settings)];
    if (changed.length === 0 && !this.#rekey(settings.password)) changed.push('password');
    const mustRestart = this.#isStarted && changed.length > 0;
    const text = `changed: ${changed.join(', ')}`;
    if (mustRestart) this.stop({ subcode: CEASE_CONFIGURATION_CHANGE, text });
    const dialled = !this.#settings.passive;
    this.#settings = settings;
    if (mustRestart) this.start();
    else if (dialled === settings.passive) this.#dialOrNot();
    return changed;
  }

  /** Who dials is another matter from now on; what is there stays as it is. */
  #dialOrNot(): void {
    if (!this.#isStarted || this.#isInErrorWait || this.#established) return;
    const isDialling = this.#dialled?.state === 'Connect' || this.#dialled?.state === 'Active';
    if (this.#settings.passive && isDialling) this.#dropAs(this.#dialled, 'the peer is to dial');
    if (!this.#dialled) this.#dialAfter(connectDelayMs(this.#ports.random));
  }

  /**
   * Asks the peer to send everything again (RFC 2918).
   *
   * @returns false when the session is down, or the peer cannot
   */
  requestRefresh(): boolean {
    const { negotiated } = this;
    if (!negotiated?.hasRouteRefresh) return false;
    for (const family of negotiated.families) {
      const message = encodeRouteRefresh(family, REFRESH_REQUEST);
      this.#established?.send(message, 0, message.length);
    }
    return true;
  }

  /**
   * Takes a connection the peer opened; closes it at once while the session is down or waits after
   * an error. Of an Established session that does graceful restart it is the successor, once its OPEN has
   * come (RFC 4724 §5).
   */
  accept(connection: Connection): void {
    if (!this.#isStarted || this.#isInErrorWait) {
      connection.abort(); // closed in order it would linger, and the peer may come again and again
      return;
    }
    const problem = protect(connection, this.#settings);
    if (problem) {
      this.#remember(problem, undefined, undefined);
      connection.abort();
      return;
    }
    this.#dropAs(this.#accepted, SUCCESSOR);
    this.#accepted = this.#makeConnection('accepted');
    this.#accepted.adopt(connection);
  }

  /** Answers false when a connection cannot take the key. */
  #rekey(password: string | undefined): boolean {
    if (password === this.#settings.password) return true;
    const connections = [this.#dialled, this.#accepted, this.#established];
    return connections.every((connection) => connection?.setPassword(password) === undefined);
  }

  #dropAs(connection: PeerConnection | undefined, reason: string): void {
    connection?.handle({ kind: 'TcpConnectionFails', reason });
  }

  #makeConnection(origin: 'dialled' | 'accepted'): PeerConnection {
    const { clock, random } = this.#ports;
    const { connectRetryTimeSec, sendHoldTimeSec } = this.#settings;
    const counters = this.counters;
    const owner = this.#owner;
    const times = { connectRetryTimeSec, sendHoldTimeSec };
    const setup = { owner, clock, random, counters, tap: this.tap, ...times };
    const connection = new PeerConnection(origin, setup);
    if (this.#isPlainNext) this.#plain.add(connection);
    return connection;
  }

  #settingsOf(connection: PeerConnection): SessionSettings {
    const plain = this.#plain.has(connection) ? plainSettings(this.#settings) : undefined;
    return plain ?? this.#settings;
  }

  /** A peer that refuses our capabilities as such is tried without, once (RFC 5492 §3). */
  #learnFrom(connection: PeerConnection, { notification, sentByUs }: ConnectionEnd): void {
    const { code, subcode } = notification ?? {};
    const isRefusal = code === OPEN_ERROR && subcode === OPEN_UNSUPPORTED_PARAMETER && !sentByUs;
    const wasPlain = this.#plain.has(connection);
    if (isRefusal && !wasPlain) this.#isPlainNext = true;
    else if (wasPlain) this.#isPlainNext = false;
  }

  #makeOwner(): ConnectionOwner {
    return {
      dial: () => this.#ports.transport.connect(endpointOf(this.#settings)),
      openMessage: (from) => encodeOpen(buildOpen(this.#settingsOf(from))),
      judgeOpen: (from, open) => this.#judgeOpen(from, open),
      progressed: () => this.#publishState(undefined),
      established: (connection) => this.#becomeEstablished(connection),
      update: (bytes, at, end) => this.#events.update(bytes, at, end),
      routeRefresh: (message) => this.#onRouteRefresh(message),
      batchEnd: () => this.#events.batchEnd(),
      writable: () => this.#events.writable(),
      rejected: (end, bytes, at, stop) => this.#events.rejected(end, bytes, at, stop),
      failedInside: (text) => this.#remember(text, undefined, undefined),
      ended: (connection, end, wasEstablished) => this.#ended(connection, end, wasEstablished),
    };
  }

  #dialAfter(delayMs: number): void {
    this.#waitTimer?.cancel();
    if (this.#settings.passive) return;
    this.#waitTimer = this.#ports.clock.setTimer(delayMs, () => this.#dial());
  }

  /** Not while the peer's own connection is about to be confirmed. */
  #dial(): void {
    if (this.#dialled || this.#established) return;
    if (this.#accepted?.state === 'OpenConfirm') {
      this.#dialAfter(jittered(this.#settings.connectRetryTimeSec, this.#ports.random));
      return;
    }
    this.#dialled = this.#makeConnection('dialled');
    this.#dialled.handle({ kind: 'AutomaticStart' });
  }

  #judgeOpen(
    from: PeerConnection,
    open: Open,
  ): NegotiatedSession | NotificationError | 'collision' {
    const agreed = negotiate(this.#settingsOf(from), open);
    if (agreed instanceof NotificationError) return agreed;
    const ids = {
      localRouterId: this.#settings.routerId,
      remoteRouterId: agreed.remoteRouterId,
      localAsNumber: this.#settings.localAsNumber,
      remoteAsNumber: agreed.remoteAsNumber,
    };
    for (const rival of [this.#established, this.#dialled, this.#accepted]) {
      if (!rival || rival === from) continue;
      if (rival === this.#established && this.#isRestart()) this.#dropAs(rival, SUCCESSOR);
      else if (resolveCollision(from, rival, ids) === 'fresh') return 'collision';
      else rival.handle({ kind: 'OpenCollisionDump' });
    }
    return agreed;
  }

  /** A peer that opens a second connection has lost the first, if it does graceful restart. */
  #isRestart(): boolean {
    return (this.negotiated?.gracefulRestart?.families.length ?? 0) > 0;
  }

  #becomeEstablished(connection: PeerConnection): void {
    const localAddress = connection.localAddress ?? this.#settings.sourceAddress;
    if (!localAddress) {
      this.#dropAs(connection, 'the connection has no local address any more');
      return;
    }
    this.#release(connection);
    this.#established = connection;
    this.#waitTimer?.cancel();
    for (const rival of [this.#dialled, this.#accepted])
      rival?.handle({ kind: 'OpenCollisionDump' });
    this.#publishState(undefined);
    const send = (bytes: Uint8Array, at: number, end: number) => connection.send(bytes, at, end);
    const { localPort = 0, remotePort = 0, openSent, openReceived } = connection;
    const ends = { localAddress, localPort, remotePort };
    this.#events.established(connection.negotiated!, { ...ends, openSent, openReceived, send });
  }

  #onRouteRefresh({ afi, safi, subtype }: RouteRefresh): void {
    const family = familyOf(afi, safi);
    if (!family || subtype > REFRESH_END) return;
    if (this.negotiated?.families.includes(family)) this.#events.routeRefresh(family, subtype);
  }

  #ended(connection: PeerConnection, end: ConnectionEnd, wasEstablished: boolean): void {
    const bridges = connection.negotiated?.gracefulRestart?.bridgesNotifications ?? false;
    this.#release(connection);
    this.#learnFrom(connection, end);
    this.#note(end);
    if (this.#isStarted) this.#plan(end, wasEstablished);
    if (wasEstablished) this.counters.flaps++;
    this.#publishState(end.text);
    if (wasEstablished) this.#events.down({ ...end, isGraceful: isBridged(end, bridges) });
  }

  /** Also of ends we chose: who looks wants to know that it was an operator, BFD or a limit. */
  #note({ text, notification, isGraceful, sentByUs }: ConnectionEnd): void {
    if (isCease(notification, CEASE_COLLISION_RESOLUTION)) return;
    // Why it turns us away, it said when it ended the session.
    if (isCease(notification, CEASE_CONNECTION_REJECTED) && this.#lastError?.code !== undefined)
      return;
    if (notification || isGraceful) {
      this.#remember(text, notification, sentByUs ? 'sent' : 'received');
    }
  }

  /** Decides what comes after the end of a connection. */
  #plan(end: ConnectionEnd, wasEstablished: boolean): void {
    const { clock, random } = this.#ports;
    if (this.#established || this.#dialled || this.#accepted) return;
    if (isError(end)) this.#waitAfterError(this.#backoff.failed(clock.now()));
    else if (wasEstablished) this.#dialAfter(connectDelayMs(random));
    else this.#dialAfter(jittered(this.#settings.connectRetryTimeSec, random));
  }

  #waitAfterError(delayMs: number): void {
    this.#isInErrorWait = true;
    this.#waitTimer?.cancel();
    this.#waitTimer = this.#ports.clock.setTimer(delayMs, () => {
      this.#isInErrorWait = false;
      this.#dialAfter(connectDelayMs(this.#ports.random));
      this.#publishState('the wait after an error is over');
    });
  }

  #remember(
    text: string,
    notification: Notification | undefined,
    direction: 'sent' | 'received' | undefined,
  ): void {
    this.#lastError = {
      at: this.#ports.clock.now(),
      text,
      code: notification?.code,
      subcode: notification?.subcode,
      direction: notification && direction,
    };
    if (notification) this.#lastNotification = this.#lastError;
  }

  #release(connection: PeerConnection): void {
    if (this.#dialled === connection) this.#dialled = undefined;
    if (this.#accepted === connection) this.#accepted = undefined;
    if (this.#established === connection) this.#established = undefined;
  }

  #furthest(): PeerConnection | undefined {
    if (this.#established) return this.#established;
    const [a, b] = [this.#dialled, this.#accepted];
    if (!a || !b) return a ?? b;
    return ORDER.indexOf(b.state) > ORDER.indexOf(a.state) ? b : a;
  }

  /** Without any connection a started session is Active: it waits to dial, or for the peer to. */
  #currentState(): SessionState {
    const resting = this.#isStarted && !this.#isInErrorWait ? 'Active' : 'Idle';
    return this.#furthest()?.state ?? resting;
  }

  /** Without a reason the new state is one. */
  #publishState(reason: string | undefined): void {
    const from = this.#state;
    const to = this.#currentState();
    if (from === to) return;
    this.#state = to;
    this.#since = this.#ports.clock.now();
    this.#events.stateChanged(from, to, reason ?? PROGRESS[to]);
  }
}

const SUCCESSOR = 'the peer opened a new connection';

/** By how far a connection has come. */
const ORDER: readonly SessionState[] = [
  'Idle',
  'Active',
  'Connect',
  'OpenSent',
  'OpenConfirm',
  'Established',
];

const PROGRESS: Readonly<Record<SessionState, string>> = {
  Idle: 'down',
  Active: 'waiting for a connection',
  Connect: 'dialling',
  OpenSent: 'the TCP connection is up',
  OpenConfirm: "the peer's OPEN is fine",
  Established: 'the peer confirmed our OPEN',
};
