/**
 * A configuration as plain JSON data, in the shape configuration files are written in: for
 * `catbird render`, `show config` and the texts of a plan. Parsing what is printed (secrets shown)
 * gives an equal configuration.
 */
import { type Address, isUnspecified } from '../net/address.ts';
import { formatAddress, formatIpv4Number, formatPrefix, formatScopedAddress } from '../net/text.ts';
import { DEFAULTS } from './assemble.ts';
import type {
  BmpCollectorConfig,
  BrokerOwnerConfig,
  Config,
  FibConfig,
  NeighborConfig,
  NeighborRangeConfig,
  RecorderConfig,
  RouterConfig,
  SessionConfig,
} from './model.ts';
import { type PlainObject, present } from './plain-object.ts';
import { formatPrefixRange } from './prefix-range.ts';
import { printRule } from './print-policy.ts';

/** Stands where a password would. */
export const HIDDEN = '********';

export interface PrintOptions {
  /** Passwords as they are; otherwise {@link HIDDEN}. */
  readonly showSecrets: boolean;
}

const HIDE: PrintOptions = { showSecrets: false };

/** Neighbours always carry their identity, other keys only where they differ from the default. */
export function printConfig(config: Config, options: PrintOptions = HIDE): PlainObject {
  return {
    router: printRouter(config.router),
    fib: printFib(config.fib),
    blocks: config.blocks.map(({ cidr, ...rest }) =>
      present({ cidr: formatPrefix(cidr), ...rest }),
    ),
    originate: config.originate.map(({ cidr, kind, via, source }) =>
      present({ cidr: formatPrefix(cidr), kind, via: via && formatAddress(via), source }),
    ),
    pools: config.pools.map(({ cidr, ...rest }) => present({ cidr: formatPrefix(cidr), ...rest })),
    neighbors: config.neighbors.map((neighbor) => printNeighbor(neighbor, options)),
    neighborRanges: config.neighborRanges.map((range) => printRange(range, options)),
    policies: Object.fromEntries(
      Object.entries(config.policies).map(([name, rules]) => [name, rules.map(printRule)]),
    ),
    brokerOwners: config.brokerOwners.map(printBrokerOwner),
    log: { ...config.log },
  };
}

/** Keys of `router`, absent ones left out. */
export function printRouter(router: RouterConfig): PlainObject {
  const { clusterId, listen, selectionDeferralTimeSec } = router;
  const isDefault = selectionDeferralTimeSec === DEFAULTS.selectionDeferralTimeSec;
  return present({
    asNumber: router.asNumber,
    routerId: formatIpv4Number(router.routerId),
    clusterId: clusterId === undefined ? undefined : formatIpv4Number(clusterId),
    listen: { port: listen.port, addresses: texts(listen.addresses) },
    hostName: router.hostName,
    domainName: router.domainName,
    gracefulShutdown: router.gracefulShutdown || undefined,
    selectionDeferralTime: isDefault ? undefined : selectionDeferralTimeSec,
    defaultLocalPref: router.defaultLocalPref,
    normalPriority: { ...router.normalPriority },
    clientToClient: router.clientToClient ? undefined : false,
    requirePolicy: router.requirePolicy || undefined,
    decision: printDecision(router),
    bmp: router.bmp.length > 0 ? router.bmp.map(printCollector) : undefined,
    recorder: router.recorder && printRecorder(router.recorder),
  });
}

function printRecorder({ periodSec, ...rest }: RecorderConfig): PlainObject {
  return { ...rest, period: periodSec };
}

function printCollector(collector: BmpCollectorConfig): PlainObject {
  const { address, port, sourceAddress, statisticsIntervalSec } = collector;
  const { prePolicy, postPolicy, adjRibOut, locRib } = collector;
  return present({
    address: formatAddress(address),
    port,
    sourceAddress: sourceAddress && formatAddress(sourceAddress),
    ...{ prePolicy, postPolicy, adjRibOut, locRib },
    statisticsInterval: statisticsIntervalSec,
  });
}

/** The switches that are not as by default; undefined when all are. */
function printDecision({ decision }: RouterConfig): PlainObject | undefined {
  const { multipath, ...switches } = decision;
  const changed = {
    ...differing(switches, DEFAULTS.decision),
    multipath: differing(multipath, DEFAULTS.decision.multipath),
  };
  return differing(present(changed), {});
}

/** The keys whose values differ; undefined when none does. */
function differing(values: object, defaults: PlainObject): PlainObject | undefined {
  const changed = Object.entries(values).filter(([key, value]) => value !== defaults[key]);
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}

/** Keys of `fib`. */
export function printFib(fib: FibConfig): PlainObject {
  return {
    ...fib,
    rejectPrefixes: fib.rejectPrefixes.map(formatPrefix),
    localSubnets: fib.localSubnets.map((own) => `${formatAddress(own.address)}/${own.length}`),
    rejectNextHops: texts(fib.rejectNextHops),
    ignoredInterfaces: [...fib.ignoredInterfaces],
  };
}

/** Keys of a neighbour that say something. */
export function printNeighbor(neighbor: NeighborConfig, options: PrintOptions = HIDE): PlainObject {
  const { families } = neighbor;
  const { name, interface: zone } = neighbor;
  const isFound = isUnspecified(neighbor.address);
  const address = isFound ? undefined : formatScopedAddress(neighbor.address, zone);
  const identity = { name, ...(isFound ? { interface: zone } : { address }) };
  const { port, asNumber, localAsNumber, passive } = neighbor;
  const always = { ...identity, port, asNumber, localAsNumber, passive, families: [...families] };
  return { ...always, ...withoutDefaults(printSession(neighbor, options)) };
}

/** Keys of a neighbour range that say something. */
export function printRange(range: NeighborRangeConfig, options: PrintOptions = HIDE): PlainObject {
  const { port, asNumber, localAsNumber, passive, families, limit } = range;
  const always = { prefix: formatPrefix(range.prefix), limit, port, asNumber, localAsNumber };
  const session = withoutDefaults(printSession(range, options));
  return { ...always, passive, families: [...families], ...session };
}

/** Every key of a session; undefined where it is off. */
export function printSession(session: SessionConfig, options: PrintOptions): PlainObject {
  const { password, sourceAddress, gracefulRestart } = session;
  return {
    port: session.port,
    asNumber: session.asNumber,
    localAsNumber: session.localAsNumber,
    sourceAddress: sourceAddress && formatAddress(sourceAddress),
    passive: session.passive,
    password: password === undefined || options.showSecrets ? password : HIDDEN,
    passwordFile: session.passwordFile,
    ttlSecurity: session.ttlSecurity,
    holdTime: session.holdTimeSec,
    keepaliveTime: session.keepaliveTimeSec,
    sendHoldTime: session.sendHoldTimeSec,
    connectRetryTime: session.connectRetryTimeSec,
    families: [...session.families],
    routeReflectorClient: session.routeReflectorClient,
    nextHop: session.nextHop,
    nextHopAddress: printNextHopAddress(session.nextHopAddress),
    allowLocalAs: session.allowLocalAs,
    weight: session.weight,
    gracefulRestart: printGracefulRestart(gracefulRestart),
    gracefulShutdown: session.gracefulShutdown,
    localAs: { ...session.localAs },
    asOverride: session.asOverride,
    removePrivateAs: session.removePrivateAs && { ...session.removePrivateAs },
    clusterId: session.clusterId === undefined ? undefined : formatIpv4Number(session.clusterId),
    addPath: present({ ...session.addPath }),
    extendedMessages: session.extendedMessages,
    extendedNextHop: session.extendedNextHop,
    role: session.role,
    strictRole: session.strictRole,
    enforceFirstAs: session.enforceFirstAs,
    announce: { ...session.announce },
    maximumPrefixesOut: session.maximumPrefixesOut && printLimit(session.maximumPrefixesOut),
    maximumPrefixes: session.maximumPrefixes && printLimit(session.maximumPrefixes),
    bfd: session.bfd && {
      interval: session.bfd.intervalMs,
      multiplier: session.bfd.multiplier,
      multihop: session.bfd.multihop,
    },
    import: [...session.import],
    export: [...session.export],
    waitingFor: session.waitingFor,
    source: session.source,
  };
}

/** Keys of an entry of `brokerOwners`, who may speak for it only where that is said. */
export function printBrokerOwner(owner: BrokerOwnerConfig): PlainObject {
  const { users, groups } = owner;
  return present({
    name: owner.name,
    prefixes: owner.prefixes.map(formatPrefixRange),
    quota: owner.quota,
    lease: owner.leaseSec,
    maximumLease: owner.maximumLeaseSec,
    users: users.length === 0 ? undefined : [...users],
    groups: groups.length === 0 ? undefined : [...groups],
    source: owner.source,
  });
}

function printNextHopAddress(addresses: SessionConfig['nextHopAddress']): PlainObject {
  const { 'ipv4-unicast': ipv4, 'ipv6-unicast': ipv6 } = addresses;
  return present({ ipv4: ipv4 && formatAddress(ipv4), ipv6: ipv6 && formatAddress(ipv6) });
}

function printLimit({
  limit,
  action,
  restartAfterSec,
}: NonNullable<SessionConfig[`maximumPrefixes${'' | 'Out'}`]>): PlainObject {
  const restartAfter = restartAfterSec === DEFAULTS.restartAfterSec ? undefined : restartAfterSec;
  return present({ limit, action, restartAfter });
}

/** The extensions only where they are on. */
function printGracefulRestart(settings: SessionConfig['gracefulRestart']): PlainObject {
  return present({
    enabled: settings.enabled,
    restartTime: settings.restartTimeSec,
    notification: settings.notification || undefined,
    longLivedStaleTime: settings.longLivedStaleTimeSec || undefined,
    longLivedStaleTimes:
      Object.keys(settings.longLivedStaleTimesSec).length > 0
        ? { ...settings.longLivedStaleTimesSec }
        : undefined,
    longLivedToAll: settings.longLivedToAll || undefined,
  });
}

/** What needs no saying. Keys that are always printed are not in here. */
const SESSION_DEFAULTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    holdTime: DEFAULTS.holdTimeSec,
    connectRetryTime: DEFAULTS.connectRetryTimeSec,
    routeReflectorClient: false,
    nextHop: 'auto',
    nextHopAddress: {},
    allowLocalAs: 0,
    weight: 0,
    localAs: { replaceAs: true, noPrepend: true },
    asOverride: false,
    gracefulRestart: { enabled: true, restartTime: DEFAULTS.restartTimeSec },
    gracefulShutdown: false,
    addPath: { send: true, receive: true },
    extendedMessages: false,
    extendedNextHop: false,
    strictRole: false,
    enforceFirstAs: false,
    announce: { hostName: false, softwareVersion: false },
    import: [],
    export: [],
  }).map(([key, value]) => [key, JSON.stringify(value)]),
);

function withoutDefaults(session: PlainObject): PlainObject {
  return Object.fromEntries(
    Object.entries(session).filter(
      ([key, value]) => value !== undefined && JSON.stringify(value) !== SESSION_DEFAULTS[key],
    ),
  );
}

function texts(addresses: readonly Address[]): string[] {
  return addresses.map((address) => formatAddress(address));
}
