/**
 * The BGP finite state machine (RFC 4271 §8) of one connection: pure and total.
 *
 * It has no clock and no socket. An event goes in, a list of actions comes out, for every state and
 * every event; `connection-driver.ts` carries the actions out in order.
 *
 *     Idle ──start──► Connect ──TCP up──► OpenSent ──OPEN──► OpenConfirm ──KEEPALIVE──► Established
 *      │                 ▲ │ retry            │ TCP lost
 *      └─passive start─► Active ◄─────────────┘            anything fatal ──► Idle
 *
 * What is left out, and why: DelayOpen (events 12, 20) helps only speakers that cannot hold two
 * connections; IdleHold and peer oscillation damping (6, 7, 13) live in the session, which outlives
 * a connection; TcpCrInvalid (14, 15) is the listener's, which knows the neighbours.
 */
import {
  CEASE,
  CEASE_COLLISION_RESOLUTION,
  FSM_ERROR,
  FSM_UNEXPECTED_IN_ESTABLISHED,
  FSM_UNEXPECTED_IN_OPEN_CONFIRM,
  FSM_UNEXPECTED_IN_OPEN_SENT,
  HOLD_TIMER_EXPIRED,
  SEND_HOLD_TIMER_EXPIRED,
} from '../wire/constants.ts';
import { describeNotification, type Notification } from '../wire/notification.ts';

export type SessionState =
  | 'Idle'
  | 'Connect'
  | 'Active'
  | 'OpenSent'
  | 'OpenConfirm'
  | 'Established';

/** Why we send a NOTIFICATION; `NotificationError` and `UpdateFault` are both of this shape. */
export interface Fault extends Notification {
  /** One sentence for operators; may be empty. */
  readonly reason: string;
}

/** Events by their name in RFC 4271 §8.1, plus those of RFC 2918, 7313 and 9687. */
export type FsmEvent =
  | { readonly kind: 'ManualStart' | 'AutomaticStart' }
  | {
      readonly kind:
        | 'ManualStartWithPassiveTcpEstablishment'
        | 'AutomaticStartWithPassiveTcpEstablishment';
    }
  /** Without a notification the connection is closed silently. */
  | {
      readonly kind: 'ManualStop' | 'AutomaticStop';
      readonly notification: Notification | undefined;
      /** Beside what the notification says; may be empty. */
      readonly reason: string;
    }
  | { readonly kind: 'ConnectRetryTimerExpires' }
  | { readonly kind: 'HoldTimerExpires' }
  | { readonly kind: 'KeepaliveTimerExpires' }
  | { readonly kind: 'SendHoldTimerExpires' }
  | { readonly kind: 'TcpCrAcked' | 'TcpConnectionConfirmed' }
  | { readonly kind: 'TcpConnectionFails'; readonly reason: string }
  /** A valid OPEN; the times are the negotiated ones, 0 for none. */
  | { readonly kind: 'BgpOpen'; readonly holdTimeSec: number; readonly keepaliveTimeSec: number }
  | {
      readonly kind: 'BgpHeaderErr' | 'BgpOpenMsgErr' | 'UpdateMsgErr' | 'RouteRefreshMsgErr';
      readonly fault: Fault;
    }
  | { readonly kind: 'OpenCollisionDump' }
  | { readonly kind: 'NotifMsgVerErr' | 'NotifMsg'; readonly notification: Notification }
  | { readonly kind: 'KeepAliveMsg' }
  | { readonly kind: 'UpdateMsg' }
  | { readonly kind: 'RouteRefreshMsg' };

export type FsmTimer = 'connect-retry' | 'hold' | 'keepalive';

/** Why a connection, and with it perhaps the session, ended. */
export interface ConnectionEnd {
  /** One sentence for operators; text from the peer in it is escaped. */
  readonly text: string;
  /** Graceful restart may bridge it: TCP died without a NOTIFICATION, or RFC 8538 is agreed. */
  readonly isGraceful: boolean;
  readonly notification: Notification | undefined;
  /** Who sent the notification. */
  readonly sentByUs: boolean;
}

export type FsmAction =
  | { readonly kind: 'connect' }
  | { readonly kind: 'sendOpen' }
  | { readonly kind: 'sendKeepalive' }
  | { readonly kind: 'sendNotification'; readonly notification: Notification }
  /** Starts, or starts again; 0 seconds means the timer does not run. */
  | { readonly kind: 'startTimer'; readonly timer: FsmTimer; readonly delaySec: number }
  | { readonly kind: 'stopTimers' }
  /** Something was received: the hold timer counts from now. */
  | { readonly kind: 'restartHoldTimer' }
  | { readonly kind: 'becomeEstablished' }
  | { readonly kind: 'deliverUpdate' }
  | { readonly kind: 'deliverRouteRefresh' }
  /** After what was sent has left. */
  | { readonly kind: 'closeConnection' }
  /** Always the last action of a list. */
  | { readonly kind: 'end'; readonly wasEstablished: boolean; readonly end: ConnectionEnd };

export interface FsmOptions {
  /** Never dials: ConnectRetryTimer does not run. For connections the peer opened. */
  readonly isPassive: boolean;
  readonly connectRetryTimeSec: number;
}

/** Hold time until the peer's OPEN has come (RFC 4271 §8.2.2 "a large value"; SESS-1). */
export const OPEN_HOLD_TIME_SEC = 240;

const NO_DATA = new Uint8Array(0);
const NOTHING: readonly FsmAction[] = [];
const CONNECT: FsmAction = { kind: 'connect' };
const SEND_OPEN: FsmAction = { kind: 'sendOpen' };
const SEND_KEEPALIVE: FsmAction = { kind: 'sendKeepalive' };
const STOP_TIMERS: FsmAction = { kind: 'stopTimers' };
const CLOSE: FsmAction = { kind: 'closeConnection' };
const RESTART_HOLD: FsmAction = { kind: 'restartHoldTimer' };
const START_OPEN_HOLD: FsmAction = {
  kind: 'startTimer',
  timer: 'hold',
  delaySec: OPEN_HOLD_TIME_SEC,
};
const ON_TCP_UP: readonly FsmAction[] = [STOP_TIMERS, SEND_OPEN, START_OPEN_HOLD];
// Shared lists for what happens per message: nothing is allocated for them.
const ON_KEEPALIVE: readonly FsmAction[] = [RESTART_HOLD];
const ON_UPDATE: readonly FsmAction[] = [RESTART_HOLD, { kind: 'deliverUpdate' }];
const ON_ROUTE_REFRESH: readonly FsmAction[] = [RESTART_HOLD, { kind: 'deliverRouteRefresh' }];
const ON_ESTABLISHED: readonly FsmAction[] = [RESTART_HOLD, { kind: 'becomeEstablished' }];

/** RFC 6608 §3, by state. */
const UNEXPECTED_SUBCODES: Readonly<Record<SessionState, number>> = {
  Idle: 0,
  Connect: 0,
  Active: 0,
  OpenSent: FSM_UNEXPECTED_IN_OPEN_SENT,
  OpenConfirm: FSM_UNEXPECTED_IN_OPEN_CONFIRM,
  Established: FSM_UNEXPECTED_IN_ESTABLISHED,
};

/** See the head of the file. `handle` never throws. */
export class SessionFsm {
  readonly #isPassive: boolean;
  readonly #startConnectRetry: FsmAction;
  #state: SessionState = 'Idle';
  #keepaliveTimeSec = 0;

  constructor({ isPassive, connectRetryTimeSec }: FsmOptions) {
    this.#isPassive = isPassive;
    this.#startConnectRetry = {
      kind: 'startTimer',
      timer: 'connect-retry',
      delaySec: isPassive ? 0 : connectRetryTimeSec,
    };
  }

  get state(): SessionState {
    return this.#state;
  }

  /** @returns what to do, in order; the list must not be changed */
  handle(event: FsmEvent): readonly FsmAction[] {
    switch (this.#state) {
      case 'Idle':
        return this.#inIdle(event);
      case 'Connect':
        return this.#inConnect(event);
      case 'Active':
        return this.#inActive(event);
      case 'OpenSent':
        return this.#inOpenSent(event);
      case 'OpenConfirm':
        return this.#inOpenConfirm(event);
      case 'Established':
        return this.#inEstablished(event);
    }
  }

  #inIdle(event: FsmEvent): readonly FsmAction[] {
    switch (event.kind) {
      case 'ManualStart':
      case 'AutomaticStart':
        return this.#isPassive ? this.#go('Active', NOTHING) : this.#dial();
      case 'ManualStartWithPassiveTcpEstablishment':
      case 'AutomaticStartWithPassiveTcpEstablishment':
        return this.#go('Active', [this.#startConnectRetry]);
      default:
        return NOTHING;
    }
  }

  #inConnect(event: FsmEvent): readonly FsmAction[] {
    if (event.kind === 'ConnectRetryTimerExpires') return [CLOSE, ...this.#dial()];
    return this.#beforeTcp(event);
  }

  #inActive(event: FsmEvent): readonly FsmAction[] {
    if (event.kind === 'ConnectRetryTimerExpires') return this.#isPassive ? NOTHING : this.#dial();
    return this.#beforeTcp(event);
  }

  /** Connect and Active: no connection to send a NOTIFICATION on yet. */
  #beforeTcp(event: FsmEvent): readonly FsmAction[] {
    if (isStart(event)) return NOTHING;
    if (isTcpUp(event)) return this.#go('OpenSent', ON_TCP_UP);
    return this.#end(describeEnd(event, this.#state));
  }

  #inOpenSent(event: FsmEvent): readonly FsmAction[] {
    if (event.kind === 'BgpOpen') return this.#opened(event.holdTimeSec, event.keepaliveTimeSec);
    if (event.kind === 'TcpConnectionFails') return this.#tcpLostInOpenSent(event);
    return this.#afterTcp(event);
  }

  #inOpenConfirm(event: FsmEvent): readonly FsmAction[] {
    if (event.kind === 'KeepaliveTimerExpires') return this.#keepalive();
    if (event.kind === 'KeepAliveMsg') return this.#go('Established', ON_ESTABLISHED);
    return this.#afterTcp(event);
  }

  #inEstablished(event: FsmEvent): readonly FsmAction[] {
    switch (event.kind) {
      case 'UpdateMsg':
        return ON_UPDATE;
      case 'KeepAliveMsg':
        return ON_KEEPALIVE;
      case 'RouteRefreshMsg':
        return ON_ROUTE_REFRESH;
      case 'KeepaliveTimerExpires':
        return this.#keepalive();
      case 'UpdateMsgErr':
      case 'RouteRefreshMsgErr':
        return this.#fail(event.fault, event.fault.reason);
      default:
        return this.#afterTcp(event);
    }
  }

  /** What the three states with a connection have in common. */
  #afterTcp(event: FsmEvent): readonly FsmAction[] {
    if (isStart(event) || isTcpUp(event)) return NOTHING;
    switch (event.kind) {
      case 'ManualStop':
      case 'AutomaticStop':
        return event.notification
          ? this.#fail(event.notification, event.reason)
          : this.#end(STOPPED);
      case 'HoldTimerExpires':
        return this.#fail(notification(HOLD_TIMER_EXPIRED, 0), '');
      case 'SendHoldTimerExpires':
        return this.#fail(notification(SEND_HOLD_TIMER_EXPIRED, 0), '');
      case 'OpenCollisionDump':
        return this.#fail(notification(CEASE, CEASE_COLLISION_RESOLUTION), '');
      case 'BgpHeaderErr':
      case 'BgpOpenMsgErr':
        return this.#fail(event.fault, event.fault.reason);
      case 'TcpConnectionFails':
      case 'NotifMsg':
      case 'NotifMsgVerErr':
        return this.#end(describeEnd(event, this.#state));
      default:
        return this.#unexpected(event);
    }
  }

  #dial(): readonly FsmAction[] {
    return this.#go('Connect', [this.#startConnectRetry, CONNECT]);
  }

  #opened(holdTimeSec: number, keepaliveTimeSec: number): readonly FsmAction[] {
    this.#keepaliveTimeSec = keepaliveTimeSec;
    const startHold: FsmAction = { kind: 'startTimer', timer: 'hold', delaySec: holdTimeSec };
    return this.#go('OpenConfirm', [startHold, ...this.#keepalive()]);
  }

  #keepalive(): readonly FsmAction[] {
    const delaySec = this.#keepaliveTimeSec;
    return [SEND_KEEPALIVE, { kind: 'startTimer', timer: 'keepalive', delaySec }];
  }

  #tcpLostInOpenSent(event: FsmEvent): readonly FsmAction[] {
    const end = describeEnd(event, 'OpenSent');
    const actions: FsmAction[] = [STOP_TIMERS, CLOSE, this.#startConnectRetry];
    return this.#go('Active', [...actions, { kind: 'end', wasEstablished: false, end }]);
  }

  #unexpected(event: FsmEvent): readonly FsmAction[] {
    const isMessage = event.kind === 'BgpOpen' || event.kind.includes('Msg');
    const subcode = isMessage ? UNEXPECTED_SUBCODES[this.#state] : 0;
    return this.#fail(notification(FSM_ERROR, subcode), `${event.kind} in ${this.#state}`);
  }

  /** To Idle with a NOTIFICATION of ours. */
  #fail(sent: Notification, reason: string): readonly FsmAction[] {
    const why = reason === '' ? '' : ` (${reason})`;
    const text = `sent NOTIFICATION ${describeNotification(sent)}${why}`;
    const plain = { code: sent.code, subcode: sent.subcode, data: sent.data };
    const end = { text, isGraceful: false, notification: plain, sentByUs: true };
    return [{ kind: 'sendNotification', notification: plain }, ...this.#end(end)];
  }

  #end(end: ConnectionEnd): readonly FsmAction[] {
    const wasEstablished = this.#state === 'Established';
    return this.#go('Idle', [STOP_TIMERS, CLOSE, { kind: 'end', wasEstablished, end }]);
  }

  #go(state: SessionState, actions: readonly FsmAction[]): readonly FsmAction[] {
    this.#state = state;
    return actions;
  }
}

const STOPPED: ConnectionEnd = {
  text: 'stopped without a NOTIFICATION',
  isGraceful: false,
  notification: undefined,
  sentByUs: false,
};

function isStart(event: FsmEvent): boolean {
  return event.kind.startsWith('ManualStart') || event.kind.startsWith('AutomaticStart');
}

function isTcpUp(event: FsmEvent): boolean {
  return event.kind === 'TcpCrAcked' || event.kind === 'TcpConnectionConfirmed';
}

function notification(code: number, subcode: number): Notification {
  return { code, subcode, data: NO_DATA };
}

/** The end of a connection on which we sent no NOTIFICATION. */
function describeEnd(event: FsmEvent, state: SessionState): ConnectionEnd {
  switch (event.kind) {
    case 'TcpConnectionFails':
      return { ...STOPPED, text: event.reason, isGraceful: true };
    case 'NotifMsg':
    case 'NotifMsgVerErr': {
      const text = `received NOTIFICATION ${describeNotification(event.notification)}`;
      return { ...STOPPED, text, notification: event.notification };
    }
    case 'ManualStop':
    case 'AutomaticStop':
      return STOPPED;
    default:
      return { ...STOPPED, text: `${event.kind} in ${state}` };
  }
}
