/**
 * What the two OPENs agree on (RFC 4271 §6.2, RFC 5492): pure, from our settings and the peer's OPEN.
 *
 * What goes beyond plain BGP-4 is offered only when asked for: Calico nodes offer none of it (SESS-2).
 */
import type { Family } from '../../net/family.ts';
import { afiSafiOf, familyOf } from '../wire/afi-safi.ts';
import type { Capability } from '../wire/capabilities.ts';
import {
  AFI_IPV6,
  CAPABILITY_MULTIPROTOCOL,
  EXTENDED_MESSAGE_SIZE,
  MAXIMUM_MESSAGE_SIZE,
  OPEN_BAD_BGP_IDENTIFIER,
  OPEN_BAD_PEER_AS,
  OPEN_ERROR,
  OPEN_ROLE_MISMATCH,
  OPEN_UNACCEPTABLE_HOLD_TIME,
  OPEN_UNSUPPORTED_CAPABILITY,
} from '../wire/constants.ts';
import { NotificationError } from '../wire/notification.ts';
import type { Open } from '../wire/open.ts';
import { counterpart, type Role, roleNumber, roleOf } from '../wire/role.ts';
import type { WireOptions } from '../wire/wire-options.ts';
import type { SessionSettings } from './settings.ts';

/** The graceful-restart capability of the peer (RFC 4724 §3), cut down to the agreed families. */
export interface PeerGracefulRestart {
  /** How long its routes may be kept after it went away. */
  readonly restartTimeSec: number;
  /** The R bit: it has restarted and waits for our End-of-RIB. */
  readonly isRestarting: boolean;
  readonly families: readonly {
    readonly family: Family;
    readonly isForwardingPreserved: boolean;
  }[];
  /** Both sides set the N bit: only a Hard Reset ends the session for good (RFC 8538 §3). */
  readonly bridgesNotifications: boolean;
  /** Agreed families it asks us to keep for long (RFC 9494 §3). */
  readonly longLived: readonly {
    readonly family: Family;
    readonly isForwardingPreserved: boolean;
    readonly staleTimeSec: number;
  }[];
  /** It knows what LLGR_STALE means. */
  readonly isLongLivedAware: boolean;
}

/** What both OPENs agreed. */
export interface NegotiatedSession extends WireOptions {
  /** Never empty; in the order of our settings. */
  readonly families: readonly Family[];
  /** 0: neither hold timer nor keepalives. */
  readonly holdTimeSec: number;
  readonly keepaliveTimeSec: number;
  readonly remoteRouterId: number;
  readonly remoteAsNumber: number;
  readonly hasRouteRefresh: boolean;
  readonly hasEnhancedRouteRefresh: boolean;
  /** The neighbour's role (RFC 9234); undefined when it told none, or one that has no meaning here. */
  readonly remoteRole: Role | undefined;
  /** All that its OPEN told, in its order; for views. */
  readonly remoteCapabilities: readonly Capability[];
  /** Undefined when either side does not do graceful restart. */
  readonly gracefulRestart: PeerGracefulRestart | undefined;
}

/** Modes of the ADD-PATH capability (RFC 7911 §4). */
const ADD_PATH_RECEIVE = 1;
const ADD_PATH_SEND = 2;

/** Our OPEN (SESS-2, SESS-3). */
export function buildOpen(settings: SessionSettings): Open {
  return {
    asNumber: settings.localAsNumber,
    holdTimeSec: settings.holdTimeSec,
    routerId: settings.routerId,
    capabilities: settings.isPlain ? [] : capabilitiesOf(settings),
  };
}

function capabilitiesOf(settings: SessionSettings): Capability[] {
  return [
    ...settings.families.map(multiprotocol),
    { kind: 'route-refresh' },
    { kind: 'enhanced-route-refresh' },
    { kind: 'four-octet-as', asNumber: settings.localAsNumber },
    ...addPathCapability(settings),
    ...optionalCapabilities(settings),
    ...restartCapabilities(settings),
  ];
}

function multiprotocol(family: Family): Capability {
  return { kind: 'multiprotocol', ...afiSafiOf(family) };
}

function addPathCapability({ addPath, families }: SessionSettings): Capability[] {
  const mode = (addPath.receive ? ADD_PATH_RECEIVE : 0) | (addPath.send ? ADD_PATH_SEND : 0);
  if (mode === 0) return [];
  return [{ kind: 'add-path', families: families.map((f) => ({ ...afiSafiOf(f), mode })) }];
}

/** RFC 8654, 8950, 9234 and what neighbours may know of us. */
function optionalCapabilities(settings: SessionSettings): Capability[] {
  const { role, hostName, domainName = '', softwareVersion } = settings;
  const capabilities: Capability[] = [];
  if (settings.extendedMessages) capabilities.push({ kind: 'extended-message' });
  if (offersExtendedNextHop(settings)) {
    const ipv4 = { ...afiSafiOf('ipv4-unicast'), nextHopAfi: AFI_IPV6 };
    capabilities.push({ kind: 'extended-next-hop', families: [ipv4] });
  }
  if (role && !isInternal(settings)) capabilities.push({ kind: 'role', role: roleNumber(role) });
  if (hostName !== undefined) capabilities.push({ kind: 'fqdn', hostName, domainName });
  if (softwareVersion !== undefined) {
    capabilities.push({ kind: 'software-version', text: softwareVersion });
  }
  return capabilities;
}

function offersExtendedNextHop({ extendedNextHop, families }: SessionSettings): boolean {
  return extendedNextHop === true && families.includes('ipv4-unicast');
}

function isInternal({ asNumber, localAsNumber }: SessionSettings): boolean {
  return asNumber === localAsNumber;
}

/**
 * LLGR without families says that we understand it as a helper. The F bits are set while we recover
 * (SESS-3); with RFC 8538 always, as a session that was reset leaves our forwarding as it is.
 */
function restartCapabilities(settings: SessionSettings): Capability[] {
  const { enabled, restartTimeSec, notification } = settings.gracefulRestart;
  const { longLivedStaleTimeSec, longLivedStaleTimesSec } = settings.gracefulRestart;
  if (!enabled) return [];
  const isForwardingPreserved = settings.restarting || notification;
  const families = settings.families.map((f) => ({ ...afiSafiOf(f), isForwardingPreserved }));
  const longLived = settings.families.flatMap((family) => {
    const staleTimeSec = longLivedStaleTimesSec?.[family] ?? longLivedStaleTimeSec;
    return staleTimeSec > 0 ? [{ ...afiSafiOf(family), isForwardingPreserved, staleTimeSec }] : [];
  });
  return [
    {
      kind: 'graceful-restart',
      isRestarting: settings.restarting,
      hasNotificationSupport: notification,
      restartTimeSec,
      families,
    },
    { kind: 'long-lived-graceful-restart', families: longLived },
  ];
}

/**
 * Compares the peer's OPEN with our settings.
 *
 * @returns what was agreed; or the NOTIFICATION to send: 2/2 wrong AS, 2/3 our own identifier on an
 *   internal session (RFC 6286 §2.2), 2/6 hold time, 2/7 no family in common (SESS-11), 2/11 roles that
 *   do not fit (RFC 9234 §4.2)
 */
export function negotiate(
  settings: SessionSettings,
  remote: Open,
): NegotiatedSession | NotificationError {
  const families = commonFamilies(settings.families, remote.capabilities);
  const fault =
    checkOpen(settings, remote) ??
    checkFamilies(settings.families, families) ??
    checkRoles(settings, remote);
  if (fault) return fault;
  const holdTimeSec = Math.min(settings.holdTimeSec, remote.holdTimeSec);
  return {
    families,
    holdTimeSec,
    keepaliveTimeSec: keepaliveTimeSec(settings, holdTimeSec),
    remoteRouterId: remote.routerId,
    remoteAsNumber: remote.asNumber,
    isInternal: isInternal(settings),
    toleratesAsZero: isInternal(settings),
    asWidth: has(remote, 'four-octet-as') && !settings.isPlain ? 4 : 2,
    maximumMessageSize:
      settings.extendedMessages && has(remote, 'extended-message')
        ? EXTENDED_MESSAGE_SIZE
        : MAXIMUM_MESSAGE_SIZE,
    hasExtendedNextHop: offersExtendedNextHop(settings) && takesIpv6NextHops(remote),
    onlyToCustomer: onlyToCustomerOf(settings),
    addPathReceive: settings.addPath.receive ? addPath(remote, families, ADD_PATH_SEND) : [],
    addPathSend: settings.addPath.send ? addPath(remote, families, ADD_PATH_RECEIVE) : [],
    hasRouteRefresh: has(remote, 'route-refresh'),
    hasEnhancedRouteRefresh: has(remote, 'enhanced-route-refresh'),
    remoteRole: rolesOf(remote).map(roleOf)[0],
    remoteCapabilities: remote.capabilities,
    gracefulRestart: settings.gracefulRestart.enabled
      ? peerGracefulRestart(remote, families, settings.gracefulRestart.notification)
      : undefined,
  };
}

function checkOpen(settings: SessionSettings, remote: Open): NotificationError | undefined {
  if (remote.asNumber !== settings.asNumber) {
    const reason = `the peer is AS ${remote.asNumber}, configured is AS ${settings.asNumber}`;
    return new NotificationError(OPEN_ERROR, OPEN_BAD_PEER_AS, undefined, reason);
  }
  if (isInternal(settings) && remote.routerId === settings.routerId) {
    const reason = 'the peer has our own BGP identifier';
    return new NotificationError(OPEN_ERROR, OPEN_BAD_BGP_IDENTIFIER, undefined, reason);
  }
  if (remote.holdTimeSec === 1 || remote.holdTimeSec === 2) {
    const reason = `a hold time of ${remote.holdTimeSec} s`;
    return new NotificationError(OPEN_ERROR, OPEN_UNACCEPTABLE_HOLD_TIME, undefined, reason);
  }
  return undefined;
}

/** Roles count on external sessions on which we have one; a role told twice must be the same. */
function checkRoles(settings: SessionSettings, remote: Open): NotificationError | undefined {
  const { role } = settings;
  if (!role || isInternal(settings)) return undefined;
  const told = rolesOf(remote);
  const isMissing = told.length === 0 && settings.strictRole;
  if (!isMissing && told.every((number) => number === roleNumber(counterpart(role)))) {
    return undefined;
  }
  const theirs = isMissing
    ? 'tells no role'
    : `is ${told.map((n) => roleOf(n) ?? n).join(' and ')}`;
  const reason = `the peer ${theirs}, our role is ${role}`;
  return new NotificationError(OPEN_ERROR, OPEN_ROLE_MISMATCH, undefined, reason);
}

function rolesOf(remote: Open): number[] {
  return remote.capabilities.flatMap((c) => (c.kind === 'role' ? [c.role] : []));
}

/** Routes from a provider, a peer or a route server are marked as its own (RFC 9234 §5). */
function onlyToCustomerOf(settings: SessionSettings): number | undefined {
  const { role } = settings;
  const marks = role === 'customer' || role === 'peer' || role === 'rs-client';
  return marks && !isInternal(settings) ? settings.asNumber : undefined;
}

function takesIpv6NextHops(remote: Open): boolean {
  const offered = remote.capabilities.flatMap((c) =>
    c.kind === 'extended-next-hop' ? c.families : [],
  );
  return offered.some(
    ({ afi, safi, nextHopAfi }) =>
      familyOf(afi, safi) === 'ipv4-unicast' && nextHopAfi === AFI_IPV6,
  );
}

/** The data of 2/7 are the capabilities we miss (RFC 5492 §5). */
function checkFamilies(
  wanted: readonly Family[],
  common: readonly Family[],
): NotificationError | undefined {
  if (common.length > 0) return undefined;
  const data = wanted.flatMap((family) => {
    const { afi, safi } = afiSafiOf(family);
    return [CAPABILITY_MULTIPROTOCOL, 4, afi >> 8, afi & 255, 0, safi];
  });
  const reason = `the peer does not offer ${wanted.join(' or ')}`;
  return new NotificationError(
    OPEN_ERROR,
    OPEN_UNSUPPORTED_CAPABILITY,
    Uint8Array.from(data),
    reason,
  );
}

/** A peer that says nothing about families speaks IPv4 unicast (RFC 4760 §8). */
function commonFamilies(
  ours: readonly Family[],
  capabilities: readonly Capability[],
): readonly Family[] {
  const theirs = capabilities.flatMap((c) =>
    c.kind === 'multiprotocol' ? [familyOf(c.afi, c.safi)] : [],
  );
  if (theirs.length === 0) theirs.push('ipv4-unicast');
  return ours.filter((family) => theirs.includes(family));
}

/** A configured keepalive time is used as given, unless it could not keep the session alive. */
function keepaliveTimeSec(settings: SessionSettings, holdTimeSec: number): number {
  const configured = settings.keepaliveTimeSec;
  if (holdTimeSec === 0) return 0;
  if (configured !== undefined && configured > 0 && configured < holdTimeSec) return configured;
  return holdTimeSec / 3;
}

function has(remote: Open, kind: Capability['kind']): boolean {
  return remote.capabilities.some((capability) => capability.kind === kind);
}

/** Agreed families for which the peer announced `mode`; a mode beyond 3 is no mode (RFC 7911 §4). */
function addPath(remote: Open, families: readonly Family[], mode: number): readonly Family[] {
  const offered = remote.capabilities.flatMap((c) => (c.kind === 'add-path' ? c.families : []));
  return families.filter((family) => {
    const isOffered = (f: { mode: number }) => f.mode <= 3 && (f.mode & mode) !== 0;
    return offered.some((f) => familyOf(f.afi, f.safi) === family && isOffered(f));
  });
}

/** Of several capabilities the last counts (RFC 4724 §3). */
function peerGracefulRestart(
  remote: Open,
  agreed: readonly Family[],
  hasNotificationSupport: boolean,
): PeerGracefulRestart | undefined {
  const capability = remote.capabilities.findLast((c) => c.kind === 'graceful-restart');
  if (capability?.kind !== 'graceful-restart') return undefined;
  const families = capability.families.flatMap(({ afi, safi, isForwardingPreserved }) => {
    const family = familyOf(afi, safi);
    return family && agreed.includes(family) ? [{ family, isForwardingPreserved }] : [];
  });
  const { restartTimeSec, isRestarting } = capability;
  const bridgesNotifications = hasNotificationSupport && capability.hasNotificationSupport;
  return {
    restartTimeSec,
    isRestarting,
    families,
    bridgesNotifications,
    ...longLived(remote, agreed),
  };
}

/** Without graceful restart this capability means nothing (RFC 9494 §4.1). */
function longLived(
  remote: Open,
  agreed: readonly Family[],
): Pick<PeerGracefulRestart, 'longLived' | 'isLongLivedAware'> {
  const capability = remote.capabilities.findLast((c) => c.kind === 'long-lived-graceful-restart');
  if (capability?.kind !== 'long-lived-graceful-restart') {
    return { longLived: [], isLongLivedAware: false };
  }
  const families = capability.families.flatMap(({ afi, safi, ...rest }) => {
    const family = familyOf(afi, safi);
    return family && agreed.includes(family) ? [{ family, ...rest }] : [];
  });
  return { longLived: families, isLongLivedAware: true };
}
