/**
 * The shape of a configuration: every key there is, with the values it takes. Objects are strict, an
 * unknown key is a fault. Defaults are filled in by `assemble.ts`, rules across keys are in `checks.ts`.
 *
 * Shapes stay open as plain records of schemas, because checks, impact table and suggestions need
 * their keys.
 */
import { z } from 'zod';
import { policyRules, prefixRange } from './policy-schema.ts';
import {
  address,
  asNumber,
  choice,
  cidr,
  duration,
  endAddress,
  endAddressOf,
  family,
  flag,
  fromText,
  holdTime,
  integer,
  interfaceAddress,
  interfaceName,
  MAX_PRIORITY,
  peerAddress,
  quad,
  scalar,
  text,
} from './values.ts';

const port = integer(1, 65_535);
const priority = integer(1, MAX_PRIORITY - 1);

const listen = z.strictObject({
  port: integer(0, 65_535).optional(),
  addresses: z.array(address).optional(),
});

const decision = z.strictObject({
  alwaysCompareMed: flag.optional(),
  deterministicMed: flag.optional(),
  missingMedAsWorst: flag.optional(),
  compareRouterId: flag.optional(),
  ignoreAsPath: flag.optional(),
  ignoreIgpMetric: flag.optional(),
  multipath: z
    .strictObject({
      internal: integer(1, 256).optional(),
      external: integer(1, 256).optional(),
      relaxAsPath: flag.optional(),
    })
    .optional(),
});

/** A BMP collector (RFC 7854). */
const bmpCollector = z.strictObject({
  address: endAddress,
  port: port.optional(),
  sourceAddress: endAddress.optional(),
  prePolicy: flag.optional(),
  postPolicy: flag.optional(),
  adjRibOut: flag.optional(),
  locRib: flag.optional(),
  statisticsInterval: duration(0, 86_400).optional(),
});

/** The flight recorder; sizes in MiB. */
const recorder = z.strictObject({
  directory: text.optional(),
  period: duration(1, 86_400).optional(),
  memory: integer(1, 16_384).optional(),
  memoryPerNeighbor: integer(1, 1024).optional(),
  sent: flag.optional(),
  files: integer(1, 10_000).optional(),
  diskSpace: integer(1, 1_048_576).optional(),
});

/** Keys of `router`. */
export const routerShape = {
  gracefulShutdown: flag.optional(),
  selectionDeferralTime: duration(0, 3600).optional(),
  asNumber,
  routerId: quad,
  clusterId: quad.optional(),
  listen: listen.optional(),
  hostName: text.optional(),
  domainName: text.optional(),
  defaultLocalPref: integer(0, 0xffff_ffff).optional(),
  normalPriority: z
    .strictObject({ 'ipv4-unicast': priority.optional(), 'ipv6-unicast': priority.optional() })
    .optional(),
  clientToClient: flag.optional(),
  requirePolicy: flag.optional(),
  decision: decision.optional(),
  bmp: z.array(bmpCollector).max(16, 'name at most 16 collectors').optional(),
  recorder: recorder.optional(),
};

const metric = scalar(
  'a metric from 0 to 4294967295, or local-pref',
  (raw) => {
    if (raw === 'local-pref') return raw;
    const isMetric =
      Number.isInteger(raw) && (raw as number) >= 0 && (raw as number) <= 0xffff_ffff;
    return isMetric ? (raw as number) : undefined;
  },
  { anyOf: [{ type: 'integer', minimum: 0, maximum: 0xffff_ffff }, { const: 'local-pref' }] },
);

/** Keys of `fib`. */
export const fibShape = {
  enabled: flag.optional(),
  protocol: integer(1, 255).optional(),
  table: integer(1, 0xffff_ffff).optional(),
  metric: metric.optional(),
  maximumPaths: integer(1, 256).optional(),
  multipathWeights: choice('equal', 'link-bandwidth').optional(),
  rejectPrefixes: z.array(cidr).optional(),
  localSubnets: z.array(interfaceAddress).optional(),
  rejectNextHops: z.array(address).optional(),
  learn: flag.optional(),
  ignoredInterfaces: z.array(text).optional(),
};

/** The object an entry was made of; says who is to be asked, does nothing. */
const source = text.optional();

/** Keys of an entry of `blocks`. */
export const blockShape = {
  cidr,
  advertise: flag.optional(),
  blackhole: flag.optional(),
  state: fromText('text', (raw) => raw).optional(),
  source,
};

/** Keys of an entry of `originate`. */
export const originateShape = {
  cidr,
  kind: choice('reachable-by', 'service-range', 'service'),
  via: address.optional(),
  source,
};

/** Keys of an entry of `pools`. */
export const poolShape = {
  cidr,
  encapsulation: choice('none', 'ipip-always', 'ipip-cross-subnet', 'vxlan').optional(),
  program: flag.optional(),
  export: flag.optional(),
  source,
};

/** By the family of the routes that get them. */
const nextHopAddress = z.strictObject({
  ipv4: endAddressOf('ipv4-unicast').optional(),
  ipv6: endAddressOf('ipv6-unicast').optional(),
});

/** 24 bits (RFC 9494 §3). */
const staleTime = duration(0, 0xff_ffff);

/** Keys that neighbours and neighbour ranges share. */
export const sessionShape = {
  port: port.optional(),
  asNumber,
  localAsNumber: asNumber.optional(),
  sourceAddress: endAddress.optional(),
  passive: flag.optional(),
  password: text.optional(),
  passwordFile: text.optional(),
  ttlSecurity: integer(1, 255).optional(),
  holdTime: holdTime.optional(),
  keepaliveTime: duration(1, 21_845).optional(),
  sendHoldTime: duration(0, 65_535).optional(),
  connectRetryTime: duration(1, 65_535).optional(),
  families: z.array(family).nonempty('name at least one family').optional(),
  routeReflectorClient: flag.optional(),
  nextHop: choice('auto', 'self', 'keep').optional(),
  nextHopAddress: nextHopAddress.optional(),
  allowLocalAs: integer(0, 255).optional(),
  localAs: z.strictObject({ replaceAs: flag.optional(), noPrepend: flag.optional() }).optional(),
  asOverride: flag.optional(),
  removePrivateAs: z.strictObject({ all: flag.optional(), replace: flag.optional() }).optional(),
  clusterId: quad.optional(),
  weight: integer(0, 65_535).optional(),
  gracefulShutdown: flag.optional(),
  gracefulRestart: z
    .strictObject({
      enabled: flag.optional(),
      restartTime: duration(0, 4095).optional(),
      notification: flag.optional(),
      longLivedStaleTime: staleTime.optional(),
      longLivedStaleTimes: z
        .strictObject({
          'ipv4-unicast': staleTime.optional(),
          'ipv6-unicast': staleTime.optional(),
        })
        .optional(),
      longLivedToAll: flag.optional(),
    })
    .optional(),
  addPath: z
    .strictObject({
      send: flag.optional(),
      receive: flag.optional(),
      best: integer(1, 255).optional(),
    })
    .optional(),
  extendedMessages: flag.optional(),
  extendedNextHop: flag.optional(),
  role: choice('provider', 'rs', 'rs-client', 'customer', 'peer').optional(),
  strictRole: flag.optional(),
  enforceFirstAs: flag.optional(),
  announce: z
    .strictObject({ hostName: flag.optional(), softwareVersion: flag.optional() })
    .optional(),
  maximumPrefixesOut: z
    .strictObject({
      limit: integer(1, 0xffff_ffff),
      action: choice('block', 'restart', 'shutdown').optional(),
      restartAfter: duration(1, 86_400).optional(),
    })
    .optional(),
  maximumPrefixes: z
    .strictObject({
      limit: integer(1, 0xffff_ffff),
      action: choice('warn', 'restart', 'shutdown').optional(),
      restartAfter: duration(1, 86_400).optional(),
    })
    .optional(),
  bfd: z
    .strictObject({
      interval: integer(50, 60_000).optional(),
      multiplier: integer(1, 255).optional(),
      multihop: flag.optional(),
    })
    .optional(),
  import: z.array(text).optional(),
  export: z.array(text).optional(),
  waitingFor: text.optional(),
  source,
};

/** Keys of an entry of `neighbors`. */
export const neighborShape = {
  name: text,
  address: peerAddress.optional(),
  interface: interfaceName.optional(),
  ...sessionShape,
};

/** Keys of an entry of `neighborRanges`. */
export const neighborRangeShape = {
  prefix: cidr,
  limit: integer(1, 65_535).optional(),
  ...sessionShape,
};

/** A number the system knows a user or a group by. */
const systemId = integer(0, 0xffff_fffe);

/** Keys of an entry of `brokerOwners`. */
export const brokerOwnerShape = {
  name: text,
  prefixes: z.array(prefixRange).nonempty('name at least one prefix'),
  quota: integer(1, 100_000).optional(),
  lease: duration(5, 31_536_000).optional(),
  maximumLease: duration(5, 31_536_000).optional(),
  users: z.array(systemId).optional(),
  groups: z.array(systemId).optional(),
  source,
};

/** Keys of `log`. */
export const logShape = {
  level: choice('error', 'warn', 'info', 'debug', 'trace', 'silent').optional(),
};

/** The whole document. */
export const documentSchema = z.strictObject({
  router: z.strictObject(routerShape),
  fib: z.strictObject(fibShape).optional(),
  blocks: z.array(z.strictObject(blockShape)).optional(),
  originate: z.array(z.strictObject(originateShape)).optional(),
  pools: z.array(z.strictObject(poolShape)).optional(),
  neighbors: z.array(z.strictObject(neighborShape)).optional(),
  neighborRanges: z.array(z.strictObject(neighborRangeShape)).optional(),
  policies: z.record(z.string(), policyRules).optional(),
  brokerOwners: z.array(z.strictObject(brokerOwnerShape)).optional(),
  log: z.strictObject(logShape).optional(),
});

/** A document as read, before defaults. */
export type ConfigDraft = z.infer<typeof documentSchema>;
export type NeighborDraft = NonNullable<ConfigDraft['neighbors']>[number];
export type NeighborRangeDraft = NonNullable<ConfigDraft['neighborRanges']>[number];
export type SessionDraft = Omit<NeighborRangeDraft, 'prefix' | 'limit'>;
