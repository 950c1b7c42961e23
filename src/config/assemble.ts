/** From a document as read to the `Config` it means: defaults filled in, frozen. */
import { addressFamily } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import { parseAddress } from '../net/text.ts';
import type { PolicyRule } from '../policy/model.ts';
import { deepFreeze } from './freeze.ts';
import type {
  BlockConfig,
  BmpCollectorConfig,
  BrokerOwnerConfig,
  Config,
  FibConfig,
  NeighborConfig,
  NeighborRangeConfig,
  OriginateConfig,
  PoolConfig,
  RecorderConfig,
  RouterConfig,
  SessionConfig,
} from './model.ts';
import type { RuleDraft } from './policy-schema.ts';
import type { ConfigDraft, NeighborDraft, NeighborRangeDraft, SessionDraft } from './schema.ts';

/** What a configuration without the key means; printing leaves out what equals it. */
export const DEFAULTS = {
  port: 179,
  holdTimeSec: 240,
  connectRetryTimeSec: 5,
  restartTimeSec: 120,
  restartAfterSec: 60,
  selectionDeferralTimeSec: 240,
  rangeLimit: 1000,
  localPref: 100,
  bfdIntervalMs: 300,
  bfdMultiplier: 3,
  normalPriority: 1024,
  protocol: 12,
  table: 254,
  metric: 1024,
  maximumPaths: 16,
  blockState: 'confirmed',
  brokerQuota: 100,
  brokerLeaseSec: 60,
  brokerMaximumLeaseSec: 86_400,
  logLevel: 'info',
  decision: {
    alwaysCompareMed: false,
    deterministicMed: true,
    missingMedAsWorst: false,
    compareRouterId: true,
    ignoreAsPath: false,
    ignoreIgpMetric: false,
    multipath: { internal: 256, external: 256, relaxAsPath: true },
  },
  bmp: {
    port: 1790,
    prePolicy: true,
    postPolicy: false,
    adjRibOut: false,
    locRib: false,
    statisticsIntervalSec: 60,
  },
  recorder: {
    directory: '/var/lib/catbird/recordings',
    periodSec: 600,
    memory: 64,
    memoryPerNeighbor: 4,
    sent: false,
    files: 32,
    diskSpace: 256,
  },
} as const;

const ANY_ADDRESS = ['0.0.0.0', '::'].map((text) => parseAddress(text)!);

/** A neighbour that is known by its interface only. */
const FOUND_ON_INTERFACE = { address: parseAddress('::')!, interface: undefined };

type StaleTimes = NonNullable<SessionDraft['gracefulRestart']>['longLivedStaleTimes'];

/** Fills in every default. The result is frozen, typed arrays inside excepted. */
export function assembleConfig(draft: ConfigDraft): Config {
  const { router, neighbors = [], neighborRanges = [] } = draft;
  return deepFreeze({
    router: assembleRouter(router),
    fib: assembleFib(draft.fib ?? {}),
    blocks: (draft.blocks ?? []).map(assembleBlock),
    originate: (draft.originate ?? []).map(assembleOriginate),
    pools: (draft.pools ?? []).map(assemblePool),
    neighbors: neighbors.map((entry) => assembleNeighbor(entry, router.asNumber)),
    neighborRanges: neighborRanges.map((entry) => assembleRange(entry, router.asNumber)),
    policies: assemblePolicies(draft.policies ?? {}),
    brokerOwners: (draft.brokerOwners ?? []).map(assembleBrokerOwner),
    log: { level: draft.log?.level ?? DEFAULTS.logLevel },
  });
}

/** What an entry's assembly depends on, and what it comes to. */
export interface EntryAssembly {
  readonly blocks: { readonly context: number; readonly value: BlockConfig };
  readonly originate: { readonly context: number; readonly value: OriginateConfig };
  readonly pools: { readonly context: number; readonly value: PoolConfig };
  readonly neighbors: { readonly context: number; readonly value: NeighborConfig };
  readonly neighborRanges: { readonly context: number; readonly value: NeighborRangeConfig };
  readonly brokerOwners: { readonly context: number; readonly value: BrokerOwnerConfig };
  readonly policies: { readonly context: string; readonly value: readonly PolicyRule[] };
}

/** How an entry is made of its draft; the caller pairs section and draft, which types cannot say. */
const ENTRIES: {
  readonly [S in keyof EntryAssembly]: (
    draft: never,
    context: EntryAssembly[S]['context'],
  ) => EntryAssembly[S]['value'];
} = {
  blocks: assembleBlock,
  originate: assembleOriginate,
  pools: assemblePool,
  neighbors: assembleNeighbor,
  neighborRanges: assembleRange,
  brokerOwners: assembleBrokerOwner,
  policies: assemblePolicy,
};

/**
 * One entry, frozen.
 *
 * @param draft as the schema of its section gives it
 * @param context the router's AS number; of policies the name
 */
export function entryAssembly<S extends keyof EntryAssembly>(
  section: S,
  draft: object,
  context: EntryAssembly[S]['context'],
): EntryAssembly[S]['value'] {
  return deepFreeze(ENTRIES[section](draft as never, context));
}

function assembleRouter(draft: ConfigDraft['router']): RouterConfig {
  const { normalPriority = {} } = draft;
  return {
    asNumber: draft.asNumber,
    routerId: draft.routerId,
    clusterId: draft.clusterId,
    listen: {
      port: draft.listen?.port ?? DEFAULTS.port,
      addresses: draft.listen?.addresses ?? ANY_ADDRESS,
    },
    hostName: draft.hostName,
    domainName: draft.domainName,
    gracefulShutdown: draft.gracefulShutdown ?? false,
    selectionDeferralTimeSec: draft.selectionDeferralTime ?? DEFAULTS.selectionDeferralTimeSec,
    defaultLocalPref: draft.defaultLocalPref ?? DEFAULTS.localPref,
    normalPriority: {
      'ipv4-unicast': normalPriority['ipv4-unicast'] ?? DEFAULTS.normalPriority,
      'ipv6-unicast': normalPriority['ipv6-unicast'] ?? DEFAULTS.normalPriority,
    },
    clientToClient: draft.clientToClient ?? true,
    requirePolicy: draft.requirePolicy ?? false,
    decision: assembleDecision(draft.decision ?? {}),
    bmp: (draft.bmp ?? []).map(assembleCollector),
    recorder: draft.recorder && assembleRecorder(draft.recorder),
  };
}

function assembleRecorder(draft: NonNullable<ConfigDraft['router']['recorder']>): RecorderConfig {
  const { recorder } = DEFAULTS;
  return {
    directory: draft.directory ?? recorder.directory,
    periodSec: draft.period ?? recorder.periodSec,
    memory: draft.memory ?? recorder.memory,
    memoryPerNeighbor: draft.memoryPerNeighbor ?? recorder.memoryPerNeighbor,
    sent: draft.sent ?? recorder.sent,
    files: draft.files ?? recorder.files,
    diskSpace: draft.diskSpace ?? recorder.diskSpace,
  };
}

function assembleCollector(
  draft: NonNullable<ConfigDraft['router']['bmp']>[number],
): BmpCollectorConfig {
  const { bmp } = DEFAULTS;
  return {
    address: draft.address,
    port: draft.port ?? bmp.port,
    sourceAddress: draft.sourceAddress,
    prePolicy: draft.prePolicy ?? bmp.prePolicy,
    postPolicy: draft.postPolicy ?? bmp.postPolicy,
    adjRibOut: draft.adjRibOut ?? bmp.adjRibOut,
    locRib: draft.locRib ?? bmp.locRib,
    statisticsIntervalSec: draft.statisticsInterval ?? bmp.statisticsIntervalSec,
  };
}

function assembleDecision(
  draft: NonNullable<ConfigDraft['router']['decision']>,
): RouterConfig['decision'] {
  const { decision } = DEFAULTS;
  const { multipath = {} } = draft;
  return {
    alwaysCompareMed: draft.alwaysCompareMed ?? decision.alwaysCompareMed,
    deterministicMed: draft.deterministicMed ?? decision.deterministicMed,
    missingMedAsWorst: draft.missingMedAsWorst ?? decision.missingMedAsWorst,
    compareRouterId: draft.compareRouterId ?? decision.compareRouterId,
    ignoreAsPath: draft.ignoreAsPath ?? decision.ignoreAsPath,
    ignoreIgpMetric: draft.ignoreIgpMetric ?? decision.ignoreIgpMetric,
    multipath: {
      internal: multipath.internal ?? decision.multipath.internal,
      external: multipath.external ?? decision.multipath.external,
      relaxAsPath: multipath.relaxAsPath ?? decision.multipath.relaxAsPath,
    },
  };
}

function assembleFib(draft: NonNullable<ConfigDraft['fib']>): FibConfig {
  return {
    enabled: draft.enabled ?? true,
    protocol: draft.protocol ?? DEFAULTS.protocol,
    table: draft.table ?? DEFAULTS.table,
    metric: draft.metric ?? DEFAULTS.metric,
    maximumPaths: draft.maximumPaths ?? DEFAULTS.maximumPaths,
    multipathWeights: draft.multipathWeights ?? 'equal',
    rejectPrefixes: draft.rejectPrefixes ?? [],
    localSubnets: draft.localSubnets ?? [],
    rejectNextHops: draft.rejectNextHops ?? [],
    learn: draft.learn ?? false,
    ignoredInterfaces: draft.ignoredInterfaces ?? [],
  };
}

function assembleBlock(draft: NonNullable<ConfigDraft['blocks']>[number]): BlockConfig {
  const { cidr, advertise = true, blackhole = true, state = DEFAULTS.blockState } = draft;
  return { cidr, advertise, blackhole, state, source: draft.source };
}

function assembleOriginate(draft: NonNullable<ConfigDraft['originate']>[number]): OriginateConfig {
  return { cidr: draft.cidr, kind: draft.kind, via: draft.via, source: draft.source };
}

function assembleBrokerOwner(
  draft: NonNullable<ConfigDraft['brokerOwners']>[number],
): BrokerOwnerConfig {
  const { name, prefixes, users = [], groups = [], source } = draft;
  const leaseSec = draft.lease ?? DEFAULTS.brokerLeaseSec;
  return {
    name,
    prefixes,
    quota: draft.quota ?? DEFAULTS.brokerQuota,
    leaseSec,
    maximumLeaseSec: draft.maximumLease ?? Math.max(leaseSec, DEFAULTS.brokerMaximumLeaseSec),
    users,
    groups,
    source,
  };
}

function assemblePool(draft: NonNullable<ConfigDraft['pools']>[number]): PoolConfig {
  const { cidr, encapsulation = 'none', program = true, source } = draft;
  return { cidr, encapsulation, program, export: draft.export ?? true, source };
}

function assembleNeighbor(draft: NeighborDraft, asNumber: number): NeighborConfig {
  const { name } = draft;
  const { address, interface: zone } = draft.address ?? FOUND_ON_INTERFACE;
  const session = assembleSession(draft, asNumber, addressFamily(address), false);
  return { name, address, interface: draft.interface ?? zone, ...session };
}

/** Dynamic neighbours dial in: a range is passive unless told otherwise. */
function assembleRange(draft: NeighborRangeDraft, asNumber: number): NeighborRangeConfig {
  const { prefix, limit = DEFAULTS.rangeLimit } = draft;
  return { prefix, limit, ...assembleSession(draft, asNumber, prefix.family, true) };
}

function assembleSession(
  draft: SessionDraft,
  asNumber: number,
  family: Family,
  passive: boolean,
): SessionConfig {
  const { gracefulRestart, addPath, maximumPrefixes } = draft;
  return {
    port: draft.port ?? DEFAULTS.port,
    asNumber: draft.asNumber,
    localAsNumber: draft.localAsNumber ?? asNumber,
    sourceAddress: draft.sourceAddress,
    passive: draft.passive ?? passive,
    password: draft.password,
    passwordFile: draft.passwordFile,
    ttlSecurity: draft.ttlSecurity,
    holdTimeSec: draft.holdTime ?? DEFAULTS.holdTimeSec,
    keepaliveTimeSec: draft.keepaliveTime,
    sendHoldTimeSec: draft.sendHoldTime,
    connectRetryTimeSec: draft.connectRetryTime ?? DEFAULTS.connectRetryTimeSec,
    families: draft.families ? [...new Set(draft.families)] : [family],
    routeReflectorClient: draft.routeReflectorClient ?? false,
    nextHop: draft.nextHop ?? 'auto',
    nextHopAddress: assembleNextHopAddress(draft.nextHopAddress),
    allowLocalAs: draft.allowLocalAs ?? 0,
    gracefulShutdown: draft.gracefulShutdown ?? false,
    ...assembleRouting(draft),
    gracefulRestart: {
      enabled: gracefulRestart?.enabled ?? true,
      restartTimeSec: gracefulRestart?.restartTime ?? DEFAULTS.restartTimeSec,
      notification: gracefulRestart?.notification ?? false,
      longLivedStaleTimeSec: gracefulRestart?.longLivedStaleTime ?? 0,
      longLivedStaleTimesSec: given(gracefulRestart?.longLivedStaleTimes),
      longLivedToAll: gracefulRestart?.longLivedToAll ?? false,
    },
    addPath: {
      send: addPath?.send ?? true,
      receive: addPath?.receive ?? true,
      best: addPath?.best,
    },
    ...assembleProtocol(draft),
    maximumPrefixesOut: draft.maximumPrefixesOut && {
      limit: draft.maximumPrefixesOut.limit,
      action: draft.maximumPrefixesOut.action ?? 'block',
      restartAfterSec: draft.maximumPrefixesOut.restartAfter ?? DEFAULTS.restartAfterSec,
    },
    maximumPrefixes: maximumPrefixes && {
      limit: maximumPrefixes.limit,
      action: maximumPrefixes.action ?? 'restart',
      restartAfterSec: maximumPrefixes.restartAfter ?? DEFAULTS.restartAfterSec,
    },
    bfd: draft.bfd && assembleBfd(draft.bfd, draft, asNumber),
    import: draft.import ?? [],
    export: draft.export ?? [],
    waitingFor: draft.waitingFor,
    source: draft.source,
  };
}

/** Of the families those that are given. */
function given(times: StaleTimes = {}): Readonly<Partial<Record<Family, number>>> {
  const { 'ipv4-unicast': ipv4, 'ipv6-unicast': ipv6 } = times;
  return {
    ...(ipv4 !== undefined && { 'ipv4-unicast': ipv4 }),
    ...(ipv6 !== undefined && { 'ipv6-unicast': ipv6 }),
  };
}

/** What goes beyond plain BGP-4 and is off unless asked for. */
function assembleProtocol({ announce, ...draft }: SessionDraft) {
  return {
    extendedMessages: draft.extendedMessages ?? false,
    extendedNextHop: draft.extendedNextHop ?? false,
    role: draft.role,
    strictRole: draft.strictRole ?? false,
    enforceFirstAs: draft.enforceFirstAs ?? false,
    announce: {
      hostName: announce?.hostName ?? false,
      softwareVersion: announce?.softwareVersion ?? false,
    },
  };
}

function assembleNextHopAddress({ ipv4, ipv6 }: SessionDraft['nextHopAddress'] = {}) {
  return { ...(ipv4 && { 'ipv4-unicast': ipv4 }), ...(ipv6 && { 'ipv6-unicast': ipv6 }) };
}

/** What the routing table does for the neighbour. */
function assembleRouting({ localAs, removePrivateAs, ...draft }: SessionDraft) {
  return {
    weight: draft.weight ?? 0,
    localAs: { replaceAs: localAs?.replaceAs ?? true, noPrepend: localAs?.noPrepend ?? true },
    asOverride: draft.asOverride ?? false,
    removePrivateAs: removePrivateAs && {
      all: removePrivateAs.all ?? false,
      replace: removePrivateAs.replace ?? false,
    },
    clusterId: draft.clusterId,
  };
}

/** Internal peers may be routers away, external ones are neighbours unless `ttlSecurity` allows more hops. */
function assembleBfd(
  bfd: NonNullable<SessionDraft['bfd']>,
  { asNumber, localAsNumber, ttlSecurity }: SessionDraft,
  routerAsNumber: number,
): SessionConfig['bfd'] {
  const isInternal = asNumber === (localAsNumber ?? routerAsNumber);
  return {
    intervalMs: bfd.interval ?? DEFAULTS.bfdIntervalMs,
    multiplier: bfd.multiplier ?? DEFAULTS.bfdMultiplier,
    multihop: bfd.multihop ?? (ttlSecurity === undefined ? isInternal : ttlSecurity > 1),
  };
}

function assemblePolicies(
  drafts: Readonly<Record<string, readonly RuleDraft[]>>,
): Record<string, readonly PolicyRule[]> {
  const policies = Object.entries(drafts).map(([policy, rules]) => [
    policy,
    assemblePolicy(rules, policy),
  ]);
  return Object.fromEntries(policies);
}

function assemblePolicy(rules: readonly RuleDraft[], policy: string): PolicyRule[] {
  return rules.map((rule, index) => assembleRule(rule, `${policy} ${index + 1}`));
}

/** A rule without a name is called by its list and its place in it. */
function assembleRule(draft: RuleDraft, name: string): PolicyRule {
  const { match = {}, set = {}, action, source } = draft;
  // Parsing leaves out absent keys; only its type says they could be undefined.
  return {
    name: draft.name ?? name,
    match: match as PolicyRule['match'],
    set: set as PolicyRule['set'],
    action,
    ...(source === undefined ? {} : { source }),
  };
}
