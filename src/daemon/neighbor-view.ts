/** One neighbour as `catbird show neighbors` prints it. */
import type { FamilyCountersView, NeighborView, SessionEventView } from '../api/views.ts';
import type { NegotiatedSession } from '../bgp/session/negotiate.ts';
import { capabilityView } from '../bgp/wire/message-view.ts';
import { formatAddress, formatIpv4Number, formatScopedAddress } from '../net/text.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Neighbor } from './neighbor.ts';

/** The view; addresses and times as text. */
export function viewNeighbor(
  neighbor: Neighbor,
  rib: Rib,
  clock: Clock,
  isLeaving: boolean,
): NeighborView {
  const { config, session } = neighbor;
  const { negotiated, state } = session;
  const ageMs = clock.now() - session.since;
  return {
    name: config.name,
    address: formatScopedAddress(config.address, config.interface),
    port: config.port,
    asNumber: config.asNumber,
    localAsNumber: config.localAsNumber,
    state,
    since: new Date(wallTimeAt(clock, session.since)).toISOString(),
    passive: config.passive,
    shutDown: neighbor.isShutDown,
    leaving: isLeaving,
    routeReflectorClient: config.routeReflectorClient,
    families: Object.fromEntries(
      config.families.map((family) => [family, viewFamily(neighbor, rib, family)]),
    ),
    uptimeSec: state === 'Established' ? Math.floor(ageMs / 1000) : 0,
    lastError: neighbor.obstacle ?? session.lastError?.text ?? null,
    localAddress: session.localAddress ? formatAddress(session.localAddress) : null,
    routerId: negotiated ? formatIpv4Number(negotiated.remoteRouterId) : null,
    holdTime: negotiated?.holdTimeSec ?? null,
    keepaliveTime: negotiated?.keepaliveTimeSec ?? null,
    gracefulRestart: negotiated?.gracefulRestart
      ? { restartTime: negotiated.gracefulRestart.restartTimeSec }
      : null,
    role: config.role ?? null,
    maximumMessageSize: negotiated?.maximumMessageSize ?? null,
    peer: negotiated ? viewPeer(negotiated) : null,
    bfd: neighbor.bfd.state,
    flaps: session.counters.flaps,
    faultyUpdates: neighbor.faults,
    messages: { received: { ...session.counters.received }, sent: { ...session.counters.sent } },
  };
}

/** What became of the session lately, latest first. */
export function viewHistory({ history }: Neighbor, clock: Clock): SessionEventView[] {
  const time = (at: number) => new Date(wallTimeAt(clock, at)).toISOString();
  return history.list().map(({ firstAt, lastAt, ...rest }) => {
    return { ...rest, firstTime: time(firstAt), lastTime: time(lastAt) };
  });
}

/** What the peer told of itself; its texts were escaped when they were read. */
function viewPeer({ remoteRole, remoteCapabilities }: NegotiatedSession) {
  const name = remoteCapabilities.findLast((each) => each.kind === 'fqdn');
  const version = remoteCapabilities.findLast((each) => each.kind === 'software-version');
  return {
    hostName: name?.hostName ?? null,
    domainName: name?.domainName ?? null,
    softwareVersion: version?.text ?? null,
    role: remoteRole ?? null,
    capabilities: remoteCapabilities.map(capabilityView),
  };
}

function viewFamily(
  { peerId, session }: Neighbor,
  rib: Rib,
  family: Neighbor['config']['families'][number],
): FamilyCountersView {
  const { received, accepted, advertised } = rib.counters(peerId, family);
  const { addPathSend = [], addPathReceive = [] } = session.negotiated ?? {};
  const addPath = { send: addPathSend.includes(family), receive: addPathReceive.includes(family) };
  return { received, accepted, advertised, addPath };
}

/** Wall time less monotonic time, per clock: read anew only when the wall clock was set. */
const offsets = new WeakMap<Clock, number>();
const CLOCK_STEP_MS = 1000;

/** The same text for the same moment however often it is asked for, though both clocks are read apart. */
function wallTimeAt(clock: Clock, at: number): number {
  const offset = clock.wallTime() - clock.now();
  const known = offsets.get(clock);
  if (known === undefined || Math.abs(known - offset) > CLOCK_STEP_MS) offsets.set(clock, offset);
  return Math.round(offsets.get(clock)! + at);
}
