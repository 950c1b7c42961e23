import t from 'tap';
import type { SessionError } from '../../src/bgp/session/session.ts';
import { likelyCause, type SessionFacts } from '../../src/daemon/session-cause.ts';

const NOW = 100_000;
const ENDPOINT = {
  address: Uint8Array.of(192, 0, 2, 1),
  port: 179,
  passive: false,
  password: undefined,
  ttlSecurity: undefined,
};

type State = SessionFacts['session']['state'];

function cause(
  config: Partial<SessionFacts['config']>,
  lastError?: SessionError,
  state: State = 'Active',
  obstacle?: string,
) {
  const session = { lastError, state, since: NOW - 60_000 };
  return likelyCause({ obstacle, session, config: { ...ENDPOINT, ...config } }, NOW);
}

function failed(text: string): SessionError {
  return { at: NOW - 5000, text, code: undefined, subcode: undefined, direction: undefined };
}

function notified(code: number, subcode: number, direction: 'sent' | 'received'): SessionError {
  return { at: NOW - 5000, text: 'NOTIFICATION', code, subcode, direction };
}

t.test('NOTIFICATIONs are read by who sent them', (t) => {
  t.match(cause({}, notified(2, 2, 'sent')), { code: 'wrong-as', text: /5 s ago; asNumber of/ });
  t.match(cause({}, notified(2, 2, 'received')), { code: 'wrong-as', text: /expects another AS/ });
  t.match(cause({}, notified(6, 2, 'received')), { code: 'shut-down', text: /by the operator/ });
  t.match(cause({}, notified(4, 0, 'sent')), { code: 'hold-timer' });
  t.same(cause({}, notified(5, 1, 'sent')), { code: 'notification', text: 'NOTIFICATION 5 s ago' });
  t.end();
});

t.test('what TCP says: refused, no route, closed by a peer that does not know us', (t) => {
  t.match(cause({}, failed('nothing listens there (ECONNREFUSED)')), {
    code: 'connection-refused',
  });
  t.match(cause({}, failed('no route to the host (EHOSTUNREACH)')), { code: 'no-route' });
  t.match(cause({}, failed('no such address (EADDRNOTAVAIL)')), { code: 'no-source-address' });
  t.match(cause({}, failed('the peer closed the TCP connection')), { code: 'closed-by-peer' });
  t.match(cause({}, failed('odd')), { code: 'connection-failed' });
  t.end();
});

t.test('silence: a wrong password, too many hops, or nobody there', (t) => {
  const silent = failed('no answer (ETIMEDOUT)');
  t.match(cause({ password: 'x' }, silent), {
    code: 'wrong-password',
    text: /the password differs/,
  });
  t.match(cause({ ttlSecurity: 1 }, silent), { code: 'ttl', text: /more than 1 hops away/ });
  t.match(cause({}, silent), { code: 'no-answer', text: /192.0.2.1 port 179: it is down/ });
  const stale = notified(6, 4, 'received');
  t.match(cause({ password: 'x' }, stale, 'Connect'), { code: 'wrong-password' }, 'attempts go on');
  t.end();
});

t.test(
  'a connection, and silence on it: packets are dropped for their TTL, or the peer hangs',
  (t) => {
    t.match(cause({ ttlSecurity: 1 }, undefined, 'OpenSent'), { code: 'ttl', text: /TTL 255/ });
    t.match(cause({}, failed('old'), 'OpenSent'), { code: 'no-open', text: /TTL security/ });
    t.end();
  },
);

t.test('nothing wrong yet, or held down here', (t) => {
  t.match(cause({ passive: true }), { code: 'waiting-for-peer' });
  t.match(cause({}), { code: 'connecting' });
  t.match(cause({}, undefined, 'Idle', 'shut down by an operator'), {
    code: 'held-down',
    text: 'shut down by an operator',
  });
  t.end();
});
