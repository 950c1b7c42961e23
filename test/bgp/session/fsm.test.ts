import fc from 'fast-check';
import t from 'tap';
import {
  type FsmAction,
  type FsmEvent,
  SessionFsm,
  type SessionState,
} from '../../../src/bgp/session/fsm.ts';

const NO_DATA = new Uint8Array(0);
const fault = (code: number, subcode: number) => ({ code, subcode, data: NO_DATA, reason: 'bad' });
const cease = { code: 6, subcode: 2, data: NO_DATA };

/** One of each; the key is what the table below calls it. */
const EVENTS: Record<string, FsmEvent> = {
  ManualStart: { kind: 'ManualStart' },
  AutomaticStart: { kind: 'AutomaticStart' },
  ManualStartPassive: { kind: 'ManualStartWithPassiveTcpEstablishment' },
  AutomaticStartPassive: { kind: 'AutomaticStartWithPassiveTcpEstablishment' },
  ManualStop: { kind: 'ManualStop', notification: cease, reason: '' },
  SilentStop: { kind: 'ManualStop', notification: undefined, reason: '' },
  AutomaticStop: {
    kind: 'AutomaticStop',
    notification: { ...cease, subcode: 1 },
    reason: 'it sent too much',
  },
  ConnectRetryTimerExpires: { kind: 'ConnectRetryTimerExpires' },
  HoldTimerExpires: { kind: 'HoldTimerExpires' },
  KeepaliveTimerExpires: { kind: 'KeepaliveTimerExpires' },
  SendHoldTimerExpires: { kind: 'SendHoldTimerExpires' },
  TcpCrAcked: { kind: 'TcpCrAcked' },
  TcpConnectionConfirmed: { kind: 'TcpConnectionConfirmed' },
  TcpConnectionFails: { kind: 'TcpConnectionFails', reason: 'reset' },
  BgpOpen: { kind: 'BgpOpen', holdTimeSec: 90, keepaliveTimeSec: 30 },
  BgpHeaderErr: { kind: 'BgpHeaderErr', fault: fault(1, 1) },
  BgpOpenMsgErr: { kind: 'BgpOpenMsgErr', fault: fault(2, 2) },
  OpenCollisionDump: { kind: 'OpenCollisionDump' },
  NotifMsgVerErr: { kind: 'NotifMsgVerErr', notification: { ...cease, code: 2, subcode: 1 } },
  NotifMsg: { kind: 'NotifMsg', notification: cease },
  KeepAliveMsg: { kind: 'KeepAliveMsg' },
  UpdateMsg: { kind: 'UpdateMsg' },
  UpdateMsgErr: { kind: 'UpdateMsgErr', fault: fault(3, 1) },
  RouteRefreshMsg: { kind: 'RouteRefreshMsg' },
  RouteRefreshMsgErr: { kind: 'RouteRefreshMsgErr', fault: fault(7, 1) },
};

/** The way to each state. */
const PATHS: Record<SessionState, string[]> = {
  Idle: [],
  Connect: ['AutomaticStart'],
  Active: ['AutomaticStart', 'TcpCrAcked', 'TcpConnectionFails'],
  OpenSent: ['AutomaticStart', 'TcpCrAcked'],
  OpenConfirm: ['AutomaticStart', 'TcpCrAcked', 'BgpOpen'],
  Established: ['AutomaticStart', 'TcpCrAcked', 'BgpOpen', 'KeepAliveMsg'],
};

/**
 * Next state, then the NOTIFICATION if one is sent. `-` means nothing happens at all.
 * Columns: Idle, Connect, Active, OpenSent, OpenConfirm, Established.
 */
const TABLE: Record<string, string> = {
  ManualStart: 'Connect | - | - | - | - | -',
  AutomaticStart: 'Connect | - | - | - | - | -',
  ManualStartPassive: 'Active | - | - | - | - | -',
  AutomaticStartPassive: 'Active | - | - | - | - | -',
  ManualStop: '- | Idle | Idle | Idle 6/2 | Idle 6/2 | Idle 6/2',
  SilentStop: '- | Idle | Idle | Idle | Idle | Idle',
  AutomaticStop: '- | Idle | Idle | Idle 6/1 | Idle 6/1 | Idle 6/1',
  ConnectRetryTimerExpires: '- | Connect | Connect | Idle 5/0 | Idle 5/0 | Idle 5/0',
  HoldTimerExpires: '- | Idle | Idle | Idle 4/0 | Idle 4/0 | Idle 4/0',
  KeepaliveTimerExpires: '- | Idle | Idle | Idle 5/0 | OpenConfirm | Established',
  SendHoldTimerExpires: '- | Idle | Idle | Idle 8/0 | Idle 8/0 | Idle 8/0',
  TcpCrAcked: '- | OpenSent | OpenSent | - | - | -',
  TcpConnectionConfirmed: '- | OpenSent | OpenSent | - | - | -',
  TcpConnectionFails: '- | Idle | Idle | Active | Idle | Idle',
  BgpOpen: '- | Idle | Idle | OpenConfirm | Idle 5/2 | Idle 5/3',
  BgpHeaderErr: '- | Idle | Idle | Idle 1/1 | Idle 1/1 | Idle 1/1',
  BgpOpenMsgErr: '- | Idle | Idle | Idle 2/2 | Idle 2/2 | Idle 2/2',
  OpenCollisionDump: '- | Idle | Idle | Idle 6/7 | Idle 6/7 | Idle 6/7',
  NotifMsgVerErr: '- | Idle | Idle | Idle | Idle | Idle',
  NotifMsg: '- | Idle | Idle | Idle | Idle | Idle',
  KeepAliveMsg: '- | Idle | Idle | Idle 5/1 | Established | Established',
  UpdateMsg: '- | Idle | Idle | Idle 5/1 | Idle 5/2 | Established',
  UpdateMsgErr: '- | Idle | Idle | Idle 5/1 | Idle 5/2 | Idle 3/1',
  RouteRefreshMsg: '- | Idle | Idle | Idle 5/1 | Idle 5/2 | Established',
  RouteRefreshMsgErr: '- | Idle | Idle | Idle 5/1 | Idle 5/2 | Idle 7/1',
};

const STATES = Object.keys(PATHS) as SessionState[];

function fsmIn(state: SessionState): SessionFsm {
  const fsm = new SessionFsm({ isPassive: false, connectRetryTimeSec: 5 });
  for (const name of PATHS[state]) fsm.handle(EVENTS[name]!);
  return fsm;
}

function outcome(before: SessionState, fsm: SessionFsm, actions: readonly FsmAction[]): string {
  if (fsm.state === before && actions.length === 0) return '-';
  const sent = actions.find((a) => a.kind === 'sendNotification');
  if (sent?.kind !== 'sendNotification') return fsm.state;
  return `${fsm.state} ${sent.notification.code}/${sent.notification.subcode}`;
}

const kinds = (actions: readonly FsmAction[]) => actions.map((action) => action.kind);

t.test('every event in every state (RFC 4271 §8.2.2, RFC 6608)', async (t) => {
  t.same(Object.keys(TABLE), Object.keys(EVENTS));
  for (const [name, row] of Object.entries(TABLE)) {
    const cells = row.split(' | ');
    STATES.forEach((state, column) => {
      const fsm = fsmIn(state);
      t.equal(fsm.state, state);
      const actions = fsm.handle(EVENTS[name]!);
      t.equal(outcome(state, fsm, actions), cells[column], `${name} in ${state}`);
    });
  }
});

t.test('the way up starts the right timers in the right order', async (t) => {
  const fsm = new SessionFsm({ isPassive: false, connectRetryTimeSec: 5 });
  t.same(fsm.handle({ kind: 'AutomaticStart' }), [
    { kind: 'startTimer', timer: 'connect-retry', delaySec: 5 },
    { kind: 'connect' },
  ]);
  t.same(fsm.handle({ kind: 'TcpCrAcked' }), [
    { kind: 'stopTimers' },
    { kind: 'sendOpen' },
    { kind: 'startTimer', timer: 'hold', delaySec: 240 },
  ]);
  t.same(fsm.handle(EVENTS['BgpOpen']!), [
    { kind: 'startTimer', timer: 'hold', delaySec: 90 },
    { kind: 'sendKeepalive' },
    { kind: 'startTimer', timer: 'keepalive', delaySec: 30 },
  ]);
  t.same(kinds(fsm.handle({ kind: 'KeepAliveMsg' })), ['restartHoldTimer', 'becomeEstablished']);
  t.same(kinds(fsm.handle({ kind: 'UpdateMsg' })), ['restartHoldTimer', 'deliverUpdate']);
});

t.test('a hang in Connect is given up and dialled again', async (t) => {
  const fsm = fsmIn('Connect');
  const actions = fsm.handle({ kind: 'ConnectRetryTimerExpires' });
  t.same(kinds(actions), ['closeConnection', 'startTimer', 'connect']);
});

t.test('a passive machine never dials', async (t) => {
  const fsm = new SessionFsm({ isPassive: true, connectRetryTimeSec: 5 });
  const seen = [
    ...fsm.handle({ kind: 'ManualStart' }),
    ...fsm.handle({ kind: 'ConnectRetryTimerExpires' }),
    ...fsm.handle({ kind: 'TcpConnectionConfirmed' }),
    ...fsm.handle({ kind: 'TcpConnectionFails', reason: 'reset' }),
    ...fsm.handle({ kind: 'ConnectRetryTimerExpires' }),
  ];
  t.notOk(kinds(seen).includes('connect'));
  t.equal(fsm.state, 'Active');
});

t.test('the end tells who said what, and whether routes may be kept', async (t) => {
  const endOf = (name: string) => {
    const last = fsmIn('Established').handle(EVENTS[name]!).at(-1);
    return last?.kind === 'end' ? last : undefined;
  };
  t.match(endOf('TcpConnectionFails'), { wasEstablished: true, end: { isGraceful: true } });
  t.match(endOf('NotifMsg')?.end, {
    isGraceful: false,
    sentByUs: false,
    text: 'received NOTIFICATION Cease/Administrative Shutdown',
  });
  t.match(endOf('HoldTimerExpires')?.end, {
    isGraceful: false,
    sentByUs: true,
    notification: { code: 4, subcode: 0 },
    text: /Hold Timer Expired/,
  });
});

/** Carries actions out the way a driver would, and checks what must always hold. */
class Model {
  isConnected = false;
  isDialling = false;
  isUp = false;
  readonly running = new Set<string>();

  apply(action: FsmAction): void {
    switch (action.kind) {
      case 'connect':
        if (this.isConnected || this.isDialling) throw new Error('a second connection');
        this.isDialling = true;
        break;
      case 'sendOpen':
      case 'sendKeepalive':
      case 'sendNotification':
        if (!this.isConnected) throw new Error(`${action.kind} without a connection`);
        break;
      case 'startTimer':
        if (action.delaySec > 0) this.running.add(action.timer);
        else this.running.delete(action.timer);
        break;
      case 'stopTimers':
        this.running.clear();
        break;
      case 'becomeEstablished':
        if (this.isUp) throw new Error('up twice');
        this.isUp = true;
        break;
      case 'closeConnection':
        this.isConnected = false;
        this.isDialling = false;
        break;
      case 'end':
        if (action.wasEstablished !== this.isUp) throw new Error('down without up');
        this.isUp = false;
    }
  }
}

t.test('any order of events keeps the invariants', async (t) => {
  const names = Object.keys(EVENTS);
  const order = fc.array(fc.constantFrom(...names), { maxLength: 60 });
  fc.assert(
    fc.property(order, fc.boolean(), (events, isPassive) => {
      const fsm = new SessionFsm({ isPassive, connectRetryTimeSec: 5 });
      const model = new Model();
      for (const name of events) {
        const wasWaiting = fsm.state === 'Connect' || fsm.state === 'Active';
        if (wasWaiting && name.startsWith('TcpC') && name !== 'TcpConnectionFails') {
          model.isConnected = true;
          model.isDialling = false;
        }
        for (const action of fsm.handle(EVENTS[name]!)) model.apply(action);
        const hasTcp = ['OpenSent', 'OpenConfirm', 'Established'].includes(fsm.state);
        if (model.isConnected !== hasTcp) throw new Error(`connection in ${fsm.state}`);
        if (model.running.has('hold') !== hasTcp) throw new Error(`hold timer in ${fsm.state}`);
        if (model.isUp !== (fsm.state === 'Established')) throw new Error('report out of step');
        if (fsm.state === 'Idle' && model.running.size > 0) throw new Error('timers in Idle');
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
