/**
 * One connection with a neighbour: runs its state machine, frames what arrives, carries out actions.
 *
 * What a peer sends ends here: a malformed message, and even an exception while one is processed,
 * becomes a NOTIFICATION on this connection and nothing else. The session above owns up to three of
 * these and decides between them.
 */
import type { Address } from '../../net/address.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Random } from '../../runtime/random.ts';
import type { Connection, ConnectionHandler } from '../../runtime/transport.ts';
import {
  CEASE,
  CEASE_OUT_OF_RESOURCES,
  MESSAGE_KEEPALIVE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_ROUTE_REFRESH,
  MESSAGE_UPDATE,
} from '../wire/constants.ts';
import { Framer } from '../wire/framer.ts';
import { KEEPALIVE } from '../wire/header.ts';
import { decodeNotification, encodeNotification, NotificationError } from '../wire/notification.ts';
import { decodeOpen, type Open } from '../wire/open.ts';
import { decodeRouteRefresh, type RouteRefresh } from '../wire/route-refresh.ts';
import type { UpdateFault } from '../wire/update-fault.ts';
import type { Origin } from './collision.ts';
import { countReceived, countSent, type SessionCounters } from './counters.ts';
import {
  type ConnectionEnd,
  type FsmAction,
  type FsmEvent,
  SessionFsm,
  type SessionState,
} from './fsm.ts';
import type { TapSocket } from './message-tap.ts';
import type { NegotiatedSession } from './negotiate.ts';
import { SendWatch } from './send-watch.ts';
import { IdleTimer, jittered, sendHoldTimeMs } from './timers.ts';

/** What a connection asks of, and tells, the session that owns it. */
export interface ConnectionOwner {
  /** Opens the TCP connection. */
  dial(): Connection;
  /** Our OPEN, encoded. */
  openMessage(from: PeerConnection): Uint8Array;
  /** Judges the peer's OPEN, and the collision it may reveal. */
  judgeOpen(from: PeerConnection, open: Open): NegotiatedSession | NotificationError | 'collision';
  /** The state may have changed. */
  progressed(): void;
  established(connection: PeerConnection): void;
  update(bytes: Uint8Array, at: number, end: number): UpdateFault | undefined;
  routeRefresh(message: RouteRefresh): void;
  /** A chunk of an Established connection has been worked through. */
  batchEnd(): void;
  writable(): void;
  /** A bug of ours came to light; the connection ends next, if it has not already. */
  failedInside(reason: string): void;
  /** A message, or the header of one, made us end the connection; borrowed until the return. */
  rejected(end: ConnectionEnd, bytes: Uint8Array, at: number, stop: number): void;
  ended(connection: PeerConnection, end: ConnectionEnd, wasEstablished: boolean): void;
}

const NONE = new Uint8Array(0);
// Shared, so that no event is allocated per message.
const UPDATE_MSG: FsmEvent = { kind: 'UpdateMsg' };
const KEEPALIVE_MSG: FsmEvent = { kind: 'KeepAliveMsg' };

/** What a connection is made of. */
export interface ConnectionSetup {
  readonly owner: ConnectionOwner;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: SessionCounters;
  readonly connectRetryTimeSec: number;
  readonly tap: TapSocket;
  readonly sendHoldTimeSec?: number | undefined;
}

/** See the head of the file. Not used again once it has ended. */
export class PeerConnection implements ConnectionHandler {
  readonly origin: Origin;
  readonly #setup: ConnectionSetup;
  readonly #fsm: SessionFsm;
  readonly #framer = new Framer();
  readonly #holdTimer: IdleTimer;
  readonly #sendWatch: SendWatch;
  #connection: Connection | undefined;
  #negotiated: NegotiatedSession | undefined;
  #openSent: Uint8Array = NONE;
  #openReceived: Uint8Array = NONE;
  #connectRetryTimer: Timer | undefined;
  #keepaliveTimer: Timer | undefined;
  #isCorked = false;
  /** The ROUTE-REFRESH being handled, for the action that delivers it. */
  #routeRefresh: RouteRefresh | undefined;
  /** True while `#message` is being handled. */
  #isReading = false;
  /** Bounds of the message being handled, for the action that delivers it. */
  readonly #message: { bytes: Uint8Array; at: number; end: number } = {
    bytes: NONE,
    at: 0,
    end: 0,
  };
  /** When the chunk being worked through came; the clock is asked once for all its messages. */
  #receivedAt = 0;
  /** Octets handed to the connection so far. */
  #sentBytes = 0;

  constructor(origin: Origin, setup: ConnectionSetup) {
    const { clock, connectRetryTimeSec } = setup;
    this.origin = origin;
    this.#setup = setup;
    this.#fsm = new SessionFsm({ isPassive: origin === 'accepted', connectRetryTimeSec });
    this.#holdTimer = new IdleTimer(
      clock,
      () => this.handle({ kind: 'HoldTimerExpires' }),
      () => this.#connection?.hasUnreadInput ?? false,
    );
    this.#sendWatch = new SendWatch(clock, () => this.handle({ kind: 'SendHoldTimerExpires' }));
  }

  get state(): SessionState {
    return this.#fsm.state;
  }

  /** Defined from OpenConfirm on. */
  get negotiated(): NegotiatedSession | undefined {
    return this.#negotiated;
  }

  /** Our OPEN as sent, empty before. */
  get openSent(): Uint8Array {
    return this.#openSent;
  }

  /** The peer's OPEN, empty before it was accepted. */
  get openReceived(): Uint8Array {
    return this.#openReceived;
  }

  get localAddress(): Address | undefined {
    return this.#connection?.localAddress;
  }

  get localPort(): number | undefined {
    return this.#connection?.localPort;
  }

  get remotePort(): number | undefined {
    return this.#connection?.remotePort;
  }

  /** Changes the TCP-MD5 key of the open connection; a sentence when the system cannot. */
  setPassword(password: string | undefined): string | undefined {
    return this.#connection?.setPassword(password);
  }

  /** Takes over a connection the peer opened. */
  adopt(connection: Connection): void {
    this.#setup.counters.connects++;
    this.handle({ kind: 'AutomaticStartWithPassiveTcpEstablishment' });
    this.#attach(connection);
    this.handle({ kind: 'TcpConnectionConfirmed' });
  }

  /**
   * Sends `[at, end)` of a shared buffer that is never written again; writes of one turn leave together.
   *
   * @returns false when there is no room for more: the bytes are taken, wait for `writable`
   */
  send(bytes: Uint8Array, at: number, end: number): boolean {
    if (!this.#connection) return false;
    this.#cork(this.#connection);
    return this.#write(this.#connection, bytes, at, end);
  }

  /** Feeds the state machine and carries out what it answers. */
  handle(event: FsmEvent): void {
    const before = this.#fsm.state;
    for (const action of this.#fsm.handle(event)) this.#perform(action);
    if (this.#fsm.state !== before) this.#setup.owner.progressed();
  }

  onConnected(): void {
    this.#setup.counters.connects++;
    this.handle({ kind: 'TcpCrAcked' });
  }

  onData(chunk: Uint8Array): void {
    this.#setup.counters.received.bytes += chunk.length;
    this.#receivedAt = this.#setup.clock.now();
    try {
      const fault = this.#framer.push(chunk, this.#onMessage);
      if (fault) this.#refuseHeader(fault);
      if (this.state === 'Established') this.#setup.owner.batchEnd();
    } catch (error) {
      this.#contain(error);
    }
    this.#isReading = false;
  }

  #refuseHeader(fault: NotificationError): void {
    const { rejected } = this.#framer;
    this.#read(rejected, 0, rejected.length);
    this.handle({ kind: 'BgpHeaderErr', fault });
  }

  #read(bytes: Uint8Array, at: number, end: number): void {
    this.#isReading = true;
    this.#message.bytes = bytes;
    this.#message.at = at;
    this.#message.end = end;
  }

  onDrain(): void {
    if (this.state === 'Established') this.#setup.owner.writable();
  }

  onClose(error: string | undefined): void {
    this.#connection = undefined;
    const reason = error ?? 'the peer closed the TCP connection';
    this.handle({ kind: 'TcpConnectionFails', reason });
  }

  /** A field, so that no closure is made per chunk. */
  readonly #onMessage = (bytes: Uint8Array, at: number, end: number, type: number): boolean => {
    countReceived(this.#setup.counters, type);
    this.#setup.tap.current?.message(bytes, at, end, false, this.#negotiated);
    this.#read(bytes, at, end);
    switch (type) {
      case MESSAGE_UPDATE:
        this.handle(UPDATE_MSG);
        break;
      case MESSAGE_KEEPALIVE:
        this.handle(KEEPALIVE_MSG);
        break;
      case MESSAGE_OPEN:
        this.#onOpen(bytes, at, end);
        break;
      case MESSAGE_NOTIFICATION:
        this.handle({ kind: 'NotifMsg', notification: decodeNotification(bytes, at, end) });
        break;
      case MESSAGE_ROUTE_REFRESH:
        this.#onRouteRefresh(bytes, at, end);
        break;
    }
    this.#isReading = false;
    return this.#connection !== undefined;
  };

  #onOpen(bytes: Uint8Array, at: number, end: number): void {
    const isExpected = this.state === 'OpenSent';
    const open = isExpected ? faultOr(() => decodeOpen(bytes, at, end)) : undefined;
    if (!open) {
      this.handle({ kind: 'BgpOpen', holdTimeSec: 0, keepaliveTimeSec: 0 });
      return;
    }
    const verdict =
      open instanceof NotificationError ? open : this.#setup.owner.judgeOpen(this, open);
    if (verdict instanceof NotificationError)
      this.handle({ kind: 'BgpOpenMsgErr', fault: verdict });
    else if (verdict === 'collision') this.handle({ kind: 'OpenCollisionDump' });
    else {
      this.#openReceived = bytes.slice(at, end);
      this.#accept(verdict);
    }
  }

  #accept(negotiated: NegotiatedSession): void {
    const { holdTimeSec, keepaliveTimeSec } = negotiated;
    this.#negotiated = negotiated;
    this.#framer.maximumMessageSize = negotiated.maximumMessageSize;
    this.handle({ kind: 'BgpOpen', holdTimeSec, keepaliveTimeSec });
  }

  #onRouteRefresh(bytes: Uint8Array, at: number, end: number): void {
    const message = faultOr(() => decodeRouteRefresh(bytes, at, end));
    if (message instanceof NotificationError) {
      this.handle({ kind: 'RouteRefreshMsgErr', fault: message });
      return;
    }
    this.#routeRefresh = message;
    this.handle({ kind: 'RouteRefreshMsg' });
  }

  #deliverUpdate(): void {
    const { bytes, at, end } = this.#message;
    const fault = this.#setup.owner.update(bytes, at, end);
    if (fault?.action === 'session-reset') this.handle({ kind: 'UpdateMsgErr', fault });
  }

  /** A bug of ours that a message brought to light costs this session, not the process. */
  #contain(error: unknown): void {
    const reason = `internal error: ${describeException(error)}`;
    this.#setup.owner.failedInside(reason);
    const fault = { code: CEASE, subcode: CEASE_OUT_OF_RESOURCES, data: NONE, reason };
    this.handle({ kind: 'BgpHeaderErr', fault });
  }

  #perform(action: FsmAction): void {
    switch (action.kind) {
      case 'restartHoldTimer':
        this.#holdTimer.touch(this.#receivedAt);
        break;
      case 'deliverUpdate':
        this.#deliverUpdate();
        break;
      case 'deliverRouteRefresh':
        this.#setup.owner.routeRefresh(this.#routeRefresh!);
        break;
      case 'connect':
        this.#attach(this.#setup.owner.dial());
        break;
      case 'sendOpen':
        this.#openSent = this.#setup.owner.openMessage(this);
        this.#sendNow(this.#openSent);
        break;
      case 'sendKeepalive':
        this.#sendNow(KEEPALIVE);
        break;
      case 'sendNotification':
        this.#sendNow(encodeNotification(action.notification));
        break;
      case 'startTimer':
        this.#startTimer(action);
        break;
      case 'stopTimers':
        this.#stopTimers();
        break;
      case 'becomeEstablished':
        this.#becomeEstablished();
        break;
      case 'closeConnection':
        this.#close();
        break;
      case 'end':
        // Whatever comes next, the session decides it, and with a new PeerConnection.
        this.#stopTimers();
        if (this.#isReading && isRejection(action.end)) this.#tellRejected(action.end);
        this.#setup.owner.ended(this, action.end, action.wasEstablished);
        break;
    }
  }

  #tellRejected(end: ConnectionEnd): void {
    const { bytes, at, end: stop } = this.#message;
    this.#setup.owner.rejected(end, bytes, at, stop);
  }

  #becomeEstablished(): void {
    const { holdTimeSec } = this.#negotiated!;
    const limitMs = sendHoldTimeMs(holdTimeSec, this.#setup.sendHoldTimeSec);
    if (limitMs > 0) this.#sendWatch.start(this.#connection!, () => this.#sentBytes, limitMs);
    this.#setup.owner.established(this);
  }

  #attach(connection: Connection): void {
    this.#framer.reset();
    this.#connection = connection;
    connection.setHandler(this);
  }

  /** Past the cork, so that a KEEPALIVE does not wait for the end of the turn. */
  #sendNow(message: Uint8Array): void {
    if (this.#connection) this.#write(this.#connection, message, 0, message.length);
  }

  #write(connection: Connection, bytes: Uint8Array, at: number, end: number): boolean {
    this.#sentBytes += end - at;
    countSent(this.#setup.counters, bytes, at, end);
    this.#setup.tap.current?.message(bytes, at, end, true, this.#negotiated);
    const isWhole = at === 0 && end === bytes.length;
    return connection.write(isWhole ? bytes : bytes.subarray(at, end));
  }

  #cork(connection: Connection): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    connection.cork();
    this.#setup.clock.defer(() => {
      this.#isCorked = false;
      connection.uncork();
    });
  }

  #close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #startTimer({ timer, delaySec }: Extract<FsmAction, { kind: 'startTimer' }>): void {
    if (timer === 'hold') this.#holdTimer.start(delaySec * 1000);
    else if (timer === 'keepalive') this.#keepaliveTimer = this.#restart(timer, delaySec);
    else this.#connectRetryTimer = this.#restart(timer, delaySec);
  }

  #restart(timer: 'keepalive' | 'connect-retry', delaySec: number): Timer | undefined {
    const isKeepalive = timer === 'keepalive';
    const running = isKeepalive ? this.#keepaliveTimer : this.#connectRetryTimer;
    running?.cancel();
    if (delaySec === 0) return undefined;
    const kind = isKeepalive ? 'KeepaliveTimerExpires' : 'ConnectRetryTimerExpires';
    const delayMs = jittered(delaySec, this.#setup.random);
    return this.#setup.clock.setTimer(delayMs, () => this.handle({ kind }));
  }

  #stopTimers(): void {
    this.#connectRetryTimer?.cancel();
    this.#keepaliveTimer?.cancel();
    this.#holdTimer.stop();
    this.#sendWatch.stop();
  }
}

/** True when a message was at fault: not for a collision, or an operator's word while one is handled. */
function isRejection({ notification, sentByUs }: ConnectionEnd): boolean {
  if (!notification || !sentByUs) return false;
  return notification.code !== CEASE || notification.subcode === CEASE_OUT_OF_RESOURCES;
}

/** Message and place, in one line. */
function describeException(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split('\n').find((line) => line.trimStart().startsWith('at '));
  return `${error.message} ${place?.trim() ?? ''}`.trim();
}

/** Runs a decoder; the NOTIFICATION it throws is a value from here on. */
function faultOr<T>(decode: () => T): T | NotificationError {
  try {
    return decode();
  } catch (error) {
    if (error instanceof NotificationError) return error;
    throw error;
  }
}
