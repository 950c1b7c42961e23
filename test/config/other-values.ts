/** For every key of the schema a value that is not the default: what impact tests change. */
import type { FIB_IMPACT, ROUTER_IMPACT, SESSION_IMPACT } from '../../src/config/impact.ts';

/** A neighbor with nothing but what it must have. */
export const BASE = 'name: a, address: 10.0.0.2, asNumber: 64512';

/** An external neighbor, as some keys need it. */
export const EXTERNAL = BASE.replace('64512', '65001');
/** What a neighbour must be for the key to be allowed. */
export const BASES: Readonly<Record<string, string>> = {
  asNumber: 'name: a, address: 10.0.0.2',
  role: EXTERNAL,
  strictRole: `${EXTERNAL}, role: peer`,
  clusterId: `${BASE}, routeReflectorClient: true`,
};

/** A value other than the default for each key of a neighbour. */
export const OTHER_VALUES: Readonly<Record<keyof typeof SESSION_IMPACT, string>> = {
  port: '1179',
  asNumber: '65001',
  localAsNumber: '65002',
  sourceAddress: '10.0.0.7',
  passive: 'true',
  password: 'x',
  passwordFile: '/x',
  ttlSecurity: '1',
  holdTime: '9',
  keepaliveTime: '3',
  sendHoldTime: '600',
  connectRetryTime: '9',
  families: '[ipv4-unicast, ipv6-unicast]',
  routeReflectorClient: 'true',
  nextHop: 'self',
  nextHopAddress: '{ ipv6: "2001:db8::7" }',
  allowLocalAs: '1',
  weight: '1',
  localAs: '{ replaceAs: false }',
  asOverride: 'true',
  removePrivateAs: '{ all: true }',
  clusterId: '10.0.0.9',
  gracefulRestart: '{ enabled: false }',
  gracefulShutdown: 'true',
  addPath: '{ send: false }',
  extendedMessages: 'true',
  extendedNextHop: 'true',
  role: 'peer',
  strictRole: 'true',
  enforceFirstAs: 'true',
  announce: '{ softwareVersion: true }',
  maximumPrefixesOut: '{ limit: 5 }',
  maximumPrefixes: '{ limit: 5 }',
  bfd: '{ interval: 100 }',
  import: '[p]',
  export: '[p]',
  waitingFor: 'a secret',
  source: 'BGPPeer/a',
};

/** A value other than the default for each key of `router`. */
export const OTHER_ROUTER_VALUES: Readonly<Record<keyof typeof ROUTER_IMPACT, string>> = {
  asNumber: '64513',
  routerId: '10.0.0.99',
  clusterId: '10.0.0.98',
  listen: '{ port: 1179 }',
  hostName: 'n',
  domainName: 'd',
  gracefulShutdown: 'true',
  selectionDeferralTime: '9',
  defaultLocalPref: '90',
  normalPriority: '{ ipv4-unicast: 512 }',
  clientToClient: 'false',
  requirePolicy: 'true',
  decision: '{ alwaysCompareMed: true }',
  bmp: '[{ address: 10.0.0.97 }]',
  recorder: '{ period: 60 }',
};

/** A value other than the default for each key of `fib`. */
export const OTHER_FIB_VALUES: Readonly<Record<keyof typeof FIB_IMPACT, string>> = {
  enabled: 'false',
  protocol: '13',
  table: '100',
  metric: '2048',
  maximumPaths: '1',
  multipathWeights: 'link-bandwidth',
  rejectPrefixes: '[10.1.2.0/24]',
  localSubnets: '[10.0.0.1/24]',
  rejectNextHops: '[10.0.0.3]',
  learn: 'true',
  ignoredInterfaces: '[tun*]',
};
