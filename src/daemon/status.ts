/** How the router is, and each thing that is not as it should be: a code, a sentence, the object to edit. */
import type { StatusReason, StatusSession, StatusView } from '../api/views.ts';
import type { SessionError } from '../bgp/session/session.ts';
import { describeError } from '../bgp/wire/notification-names.ts';
import { formatAddress, formatIpv4Number, formatScopedAddress } from '../net/text.ts';
import { judgeReadiness } from '../web/readiness.ts';
import { age } from './explain-step.ts';
import type { Neighbor } from './neighbor.ts';
import { likelyCause } from './session-cause.ts';
import type { ViewContext } from './views.ts';

/** Builds the answer of `catbird status`. */
export function viewStatus(context: ViewContext): StatusView {
  const { daemon, clock, process } = context;
  const neighbors = daemon.neighbors.list();
  const uptimeMs = clock.wallTime() - Date.parse(process.startedAt);
  const { isReady, reasons: judged } = judgeReadiness(context.readiness(), {
    uptimeMs,
    hasConfig: true,
    isRecovering: daemon.isRecovering,
    neighbors: neighbors.map(({ config, session }) => {
      return { name: config.name, state: session.state };
    }),
  });
  const down = neighbors.filter(({ session }) => session.state !== 'Established');
  const sessions = down.map((neighbor) => viewSession(neighbor, clock.now()));
  const reasons = [
    ...(isReady ? [] : [notReady(context, judged)]),
    ...sessions.map(sessionReason),
    ...otherReasons(context),
  ];
  return {
    state: isReady ? (reasons.length === 0 ? 'ready' : 'degraded') : 'not-ready',
    isReady,
    readiness: judged,
    version: process.version,
    node: process.node,
    asNumber: daemon.config.router.asNumber,
    routerId: formatIpv4Number(daemon.config.router.routerId),
    uptimeSec: Math.max(0, Math.floor(uptimeMs / 1000)) || 0,
    sessions: { total: neighbors.length, established: neighbors.length - down.length },
    reasons,
    down: sessions,
    unknownPeers: unknownPeers(context),
  };
}

function notReady({ daemon }: ViewContext, [text = '']: readonly string[]): StatusReason {
  return { code: daemon.isRecovering ? 'recovering' : 'not-ready', text, object: null };
}

function viewSession(neighbor: Neighbor, now: number): StatusSession {
  const { config, session } = neighbor;
  const { lastError, lastNotification } = session;
  return {
    name: config.name,
    address: formatScopedAddress(config.address, config.interface),
    object: config.source ?? `neighbors ${config.name}`,
    state: session.state,
    stateSec: Math.floor((now - session.since) / 1000),
    cause: likelyCause(neighbor, now),
    lastError: lastError ? { text: lastError.text, ageSec: ageOf(lastError, now) } : null,
    lastNotification: lastNotification ? viewNotification(lastNotification, now) : null,
  };
}

function viewNotification(error: SessionError, now: number): StatusSession['lastNotification'] {
  const { code = 0, subcode = 0, direction = 'received', text } = error;
  const name = describeError(code, subcode);
  return { direction, code, subcode, name, text, ageSec: ageOf(error, now) };
}

function ageOf({ at }: SessionError, now: number): number {
  return Math.floor((now - at) / 1000);
}

function sessionReason({ name, state, cause, object }: StatusSession): StatusReason {
  return { code: cause.code, text: `${name} is ${state}: ${cause.text}`, object };
}

function* otherReasons(context: ViewContext): Generator<StatusReason> {
  const { daemon, forwarding } = context;
  const { phase } = daemon.drain.progress;
  if (phase !== 'idle') yield { code: 'draining', text: `the router is ${phase}`, object: null };
  for (const text of context.faults()) yield { code: 'configuration-fault', text, object: null };
  const refused = forwarding.problemCount();
  if (refused > 0) {
    const text = `the kernel does not take ${refused} routes; catbird show fib tells which and why`;
    yield { code: 'kernel-refuses', text, object: null };
  }
  for (const { address, reason, sinceSec, count } of unknownPeers(context)) {
    const often = count === 1 ? 'once' : `${count} times in ${age(sinceSec)}`;
    const text = `${address} connected ${often} and was refused: ${reason}`;
    yield { code: 'unknown-peer', text, object: null };
  }
}

/** Refused connections of known neighbours are a matter of their sessions. */
function unknownPeers({ daemon, clock }: ViewContext): StatusView['unknownPeers'] {
  const now = clock.now();
  const known = new Set(daemon.neighbors.list().map(({ config }) => formatAddress(config.address)));
  return daemon.refused
    .list()
    .filter(({ address }) => !known.has(address))
    .map(({ address, reason, firstAt, lastAt, count }) => {
      const sinceSec = Math.floor((now - firstAt) / 1000);
      return { address, reason, count, sinceSec, lastSec: Math.floor((now - lastAt) / 1000) };
    });
}
