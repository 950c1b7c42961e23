/**
 * Why a session is not up, as likely as can be told from here: what holds it down, what the last
 * NOTIFICATION said, what TCP said.
 */
import type { Session, SessionError } from '../bgp/session/session.ts';
import type { NeighborConfig } from '../config/model.ts';
import { formatAddress } from '../net/text.ts';
import { age } from './explain-step.ts';

/** What of a neighbour the answer depends on. */
export interface SessionFacts {
  readonly obstacle: string | undefined;
  readonly session: Pick<Session, 'lastError' | 'state' | 'since'>;
  readonly config: Endpoint;
}

type Endpoint = Pick<NeighborConfig, 'address' | 'port' | 'passive' | 'password' | 'ttlSecurity'>;

export interface SessionCause {
  /** Stable, for scripts. */
  readonly code: string;
  readonly text: string;
}

/** A session that waits longer than this for an answer is in trouble. */
const PATIENCE_SEC = 10;

/** Of a neighbour that is not Established. */
export function likelyCause(neighbor: SessionFacts, now: number): SessionCause {
  const { obstacle, session } = neighbor;
  if (obstacle !== undefined) return { code: 'held-down', text: obstacle };
  const { lastError: error, state } = session;
  const seconds = (now - session.since) / 1000;
  // Attempts that nobody answers are repeated without a word.
  if (state === 'Connect' && seconds >= PATIENCE_SEC) return silence(neighbor.config, '');
  if (state === 'OpenSent' && seconds >= PATIENCE_SEC) return withoutOpen(neighbor.config);
  if (error?.code !== undefined) return notified(error, now);
  if (error) return transport(neighbor, error, now);
  return waiting(neighbor);
}

/** What NOTIFICATIONs of one code and subcode mean, sent and received. */
const MEANINGS: Readonly<Record<string, readonly [code: string, sent: string, received: string]>> =
  {
    '2/2': [
      'wrong-as',
      'asNumber of the session is not the AS the peer is in',
      'the peer expects another AS of us; compare localAsNumber with what it has configured',
    ],
    '2/3': [
      'bad-router-id',
      'two routers have one router id',
      'the peer takes our router id for its own, or for none',
    ],
    '2/6': [
      'hold-time',
      'the hold time of the peer cannot be used',
      'the peer refuses our hold time',
    ],
    '2/7': [
      'capability',
      'the peer lacks a capability that is needed; compare families',
      'the peer asks for a capability we do not offer; compare families',
    ],
    '2/11': ['role', 'the roles of both sides do not fit', 'the roles of both sides do not fit'],
    '4/0': [
      'hold-timer',
      'nothing was heard of the peer for the hold time',
      'the peer heard nothing of us for the hold time; see whether packets get through, also large ones',
    ],
    '6/1': ['maximum-prefixes', 'it sent too many prefixes', 'we send more prefixes than it takes'],
    '6/2': ['shut-down', 'shut down here', 'shut down by the operator of the peer'],
    '6/3': [
      'deconfigured',
      'the session was removed here',
      'the peer has no such session any more',
    ],
    '6/4': ['reset', 'reset here', 'reset by the operator of the peer'],
    '6/6': ['reconfigured', 'its settings changed here', 'the peer changed its settings'],
    '6/10': ['bfd', 'BFD heard nothing of the peer', 'BFD of the peer heard nothing of us'],
    '6/5': ['rejected', 'refused here', 'the peer refuses us; it may not know our address'],
  };

function notified(error: SessionError, now: number): SessionCause {
  const { code = 0, subcode = 0, direction, text } = error;
  const [name, sent, received] = MEANINGS[`${code}/${subcode}`] ?? ['notification', '', ''];
  const meaning = direction === 'sent' ? sent : received;
  const when = age((now - error.at) / 1000);
  return { code: name, text: `${text} ${when} ago${meaning && `; ${meaning}`}` };
}

function transport({ config }: SessionFacts, error: SessionError, now: number): SessionCause {
  const text = `${error.text} ${age((now - error.at) / 1000)} ago`;
  if (/EHOSTUNREACH|ENETUNREACH/.test(error.text)) return { code: 'no-route', text };
  if (/EADDRNOTAVAIL/.test(error.text)) return { code: 'no-source-address', text };
  if (/ECONNREFUSED|connection refused/.test(error.text)) {
    return { code: 'connection-refused', text };
  }
  if (/ETIMEDOUT|timed out/.test(error.text)) return silence(config, `${text}; `);
  if (/the peer (reset|closed)/.test(error.text)) {
    const hint = 'a peer that does not know us does that; compare addresses on both sides';
    return { code: 'closed-by-peer', text: `${text}; ${hint}` };
  }
  return { code: 'connection-failed', text };
}

function waiting({ config }: SessionFacts): SessionCause {
  const address = formatAddress(config.address);
  if (config.passive) {
    const text = `waits for ${address} to connect; it has not`;
    return { code: 'waiting-for-peer', text };
  }
  return { code: 'connecting', text: `connecting to ${address}` };
}

/** The kernel answered for the peer, but nothing the peer said has come. */
function withoutOpen({ address, ttlSecurity }: Endpoint): SessionCause {
  const before = `connected with ${formatAddress(address)}, but nothing it sends arrives: it`;
  if (ttlSecurity !== undefined) {
    const hops = `does not send with TTL 255, or is more than ${ttlSecurity} hops away`;
    return { code: 'ttl', text: `${before} ${hops}` };
  }
  const text = `${before} hangs, demands TTL security, or packets of that size do not get through`;
  return { code: 'no-open', text };
}

/** Segments with a wrong key or from too far are dropped without a word. */
function silence({ address, password, ttlSecurity, port }: Endpoint, before: string): SessionCause {
  const where = `${formatAddress(address)} port ${port}`;
  if (password !== undefined) {
    const text = `${before}no answer from ${where}: the password differs, or a firewall drops it`;
    return { code: 'wrong-password', text };
  }
  if (ttlSecurity !== undefined) {
    const hops = `more than ${ttlSecurity} hops away, or does not send with TTL 255`;
    return { code: 'ttl', text: `${before}no answer from ${where}: it is ${hops}` };
  }
  const text = `${before}no answer from ${where}: it is down, a firewall drops it, or it wants a password`;
  return { code: 'no-answer', text };
}
