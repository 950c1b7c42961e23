/**
 * What a change of each key does to a running daemon (RECONF-1 to RECONF-12).
 *
 * One table for the diff, the plan and the documentation; the types make sure that every key of the
 * schema has a row.
 */
import type { documentSchema, fibShape, routerShape, sessionShape } from './schema.ts';

/**
 * - `none`: no session and no route is touched;
 * - `soft`: exports or the kernel are brought up to date in place, only differences move;
 * - `refresh`: what peers have sent is judged again, sessions stay up;
 * - `reset`: the sessions concerned restart;
 * - `all`: every session restarts;
 * - `restart`: takes effect when the process starts again; until then what runs stays.
 */
export type Impact = 'none' | 'soft' | 'refresh' | 'reset' | 'all' | 'restart';

/** Weakest first. */
export const IMPACTS: readonly Impact[] = ['none', 'soft', 'refresh', 'reset', 'all', 'restart'];

export const ROUTER_IMPACT: Readonly<Record<keyof typeof routerShape, Impact>> = {
  asNumber: 'all',
  routerId: 'all',
  clusterId: 'refresh', // what is reflected changes, sessions stay
  listen: 'none', // the listener moves, sessions stay (LISTEN-5)
  hostName: 'none', // said in the next OPEN
  domainName: 'none',
  gracefulShutdown: 'soft',
  selectionDeferralTime: 'none', // counts at a start
  defaultLocalPref: 'refresh',
  normalPriority: 'refresh', // PRIO-5
  clientToClient: 'soft',
  requirePolicy: 'refresh',
  decision: 'soft',
  bmp: 'none', // collectors come and go, sessions do not notice
  recorder: 'none', // begins anew
};

export const FIB_IMPACT: Readonly<Record<keyof typeof fibShape, Impact>> = {
  enabled: 'restart',
  protocol: 'restart', // routes of the old one would be nobody's
  table: 'restart',
  metric: 'soft',
  maximumPaths: 'soft',
  multipathWeights: 'soft',
  rejectPrefixes: 'soft',
  localSubnets: 'soft',
  rejectNextHops: 'soft',
  learn: 'soft',
  ignoredInterfaces: 'soft', // RECONF-7
};

/** For keys of `neighbors` and `neighborRanges` alike. */
export const SESSION_IMPACT: Readonly<Record<keyof typeof sessionShape, Impact>> = {
  port: 'reset',
  asNumber: 'reset',
  localAsNumber: 'reset',
  sourceAddress: 'reset',
  passive: 'none', // counts when the session is down
  password: 'soft', // set on the open connection
  passwordFile: 'soft',
  ttlSecurity: 'reset',
  holdTime: 'reset',
  keepaliveTime: 'reset',
  sendHoldTime: 'none', // of the next session
  connectRetryTime: 'none', // used at the next attempt
  families: 'reset',
  routeReflectorClient: 'refresh', // what is reflected to and from it changes
  nextHop: 'soft',
  nextHopAddress: 'soft',
  allowLocalAs: 'refresh',
  localAs: 'refresh',
  asOverride: 'soft',
  removePrivateAs: 'soft',
  clusterId: 'refresh',
  weight: 'refresh',
  gracefulRestart: 'reset',
  gracefulShutdown: 'soft',
  addPath: 'reset',
  extendedMessages: 'reset',
  extendedNextHop: 'reset',
  role: 'reset',
  strictRole: 'reset',
  enforceFirstAs: 'refresh',
  announce: 'none', // said in the next OPEN
  maximumPrefixesOut: 'soft',
  maximumPrefixes: 'none', // counted against from now on
  bfd: 'soft', // BGP stays up; only a failure BFD sees ends it
  import: 'refresh',
  export: 'soft',
  waitingFor: 'reset',
  source: 'none', // said in views
};

/** Keys that make a neighbour or a range what it is. */
export const IDENTITY_IMPACT: Readonly<
  Record<'name' | 'address' | 'interface' | 'prefix' | 'limit', Impact>
> = {
  name: 'none', // RECONF-5
  address: 'reset',
  interface: 'reset',
  prefix: 'reset',
  limit: 'none',
};

/** Sections that are lists of objects; adding, changing or removing one has this impact. */
export const SECTION_IMPACT: Readonly<
  Record<Exclude<keyof typeof documentSchema.shape, 'router' | 'fib'>, Impact>
> = {
  blocks: 'soft',
  originate: 'soft',
  pools: 'soft',
  neighbors: 'reset',
  neighborRanges: 'reset',
  policies: 'refresh', // of the sessions that import through it; exports are soft
  brokerOwners: 'soft', // routes that are not allowed any more are withdrawn
  log: 'none',
};

/** The stronger of the impacts, `none` for an empty list. */
export function strongest(impacts: readonly Impact[]): Impact {
  return impacts.reduce<Impact>(
    (worst, impact) => (IMPACTS.indexOf(impact) > IMPACTS.indexOf(worst) ? impact : worst),
    'none',
  );
}
