/** GoBGP as a peer of the matrix, configured by JSON and asked with `gobgp -j`. */
import { writeFileSync } from 'node:fs';
import {
  ANNOUNCED,
  familiesOf,
  type IpVersion,
  type PeerConfig,
  type PeerProgram,
  type PeerRoute,
  type PeerSession,
  type PeerStart,
  type RunningPeer,
  versionOf,
} from './peer.ts';

/** GoBGP's number for the Established state. */
const ESTABLISHED = 6;

export const gobgpPeer: PeerProgram = {
  name: 'GoBGP',
  needs: ['gobgpd', 'gobgp'],
  lacks: {
    refresh: 'judges its Adj-RIB-In again on softresetin and sends no ROUTE-REFRESH',
    'extended-messages': 'does not offer them',
    roles: 'does not offer them',
  },
  start,
};

function start({ lab, name, namespace, config }: PeerStart): RunningPeer {
  const file = lab.path(`${name}.json`);
  writeFileSync(file, JSON.stringify(gobgpConfig(config), null, 2));
  const argv = ['gobgpd', '-t', 'json', '-f', file, '--log-plain', '-r'];
  const daemon = lab.start(name, namespace, argv);
  const ask = (...words: string[]) => lab.run(namespace, ['gobgp', ...words]);
  const family = (version: IpVersion) => ['-a', version === 4 ? 'ipv4' : 'ipv6'];
  return {
    state(session) {
      const { state } = JSON.parse(ask('-j', 'neighbor', session.address)) as NeighborView;
      return state?.session_state === ESTABLISHED ? 'Established' : `${state?.session_state}`;
    },
    routes: ({ address, version }) =>
      parseRoutes(ask('-j', 'neighbor', address, 'adj-in', ...family(version))),
    announce(prefix) {
      const version = versionOf(prefix);
      const attributes = `nexthop ${config.addresses[version]} community ${ANNOUNCED.community}
        local-pref ${ANNOUNCED.localPref} med ${ANNOUNCED.med}`.split(/\s+/);
      ask('global', 'rib', 'add', prefix, ...family(version), ...attributes);
    },
    withdraw: (prefix) => void ask('global', 'rib', 'del', prefix, ...family(versionOf(prefix))),
    askRefresh: ({ address }) => void ask('neighbor', address, 'softresetin'),
    shutDown: ({ address }, text) => void ask('neighbor', address, 'shutdown', '--reason', text),
    lastWords: () => daemon.logTail(50),
    kill: () => daemon.stop('SIGKILL'),
  };
}

function gobgpConfig({ asNumber, routerId, clusterId, addresses, sessions }: PeerConfig): object {
  return {
    global: {
      config: {
        as: asNumber,
        'router-id': routerId,
        'local-address-list': [addresses[4], addresses[6]],
      },
    },
    neighbors: sessions.map((session) => neighbor(session, clusterId)),
  };
}

function neighbor(session: PeerSession, clusterId: string | undefined): object {
  const { address, asNumber, password, isClient, longLivedAfterSec } = session;
  return {
    config: {
      'neighbor-address': address,
      'peer-as': asNumber,
      ...(password && { 'auth-password': password }),
    },
    ...(session.isPassive && { transport: { config: { 'passive-mode': true } } }),
    timers: { config: { 'connect-retry': 1, 'idle-hold-time-after-reset': 1 } },
    ...(session.hasTtlSecurity && {
      'ttl-security': { config: { enabled: true, 'ttl-min': 255 } },
    }),
    ...(isClient && {
      'route-reflector': {
        config: { 'route-reflector-client': true, 'route-reflector-cluster-id': clusterId },
      },
    }),
    'graceful-restart': {
      config: {
        enabled: true,
        'restart-time': longLivedAfterSec ?? 60,
        'long-lived-enabled': longLivedAfterSec !== undefined,
      },
    },
    'afi-safis': familiesOf(session).map((family) => afiSafi(family, session)),
  };
}

function afiSafi(family: IpVersion, { hasAddPath, longLivedAfterSec }: PeerSession): object {
  return {
    config: { 'afi-safi-name': `ipv${family}-unicast` },
    'mp-graceful-restart': { config: { enabled: true } },
    ...(longLivedAfterSec !== undefined && {
      'long-lived-graceful-restart': { config: { enabled: true, 'restart-time': 600 } },
    }),
    ...(hasAddPath && { 'add-paths': { config: { receive: true, 'send-max': 8 } } }),
  };
}

interface NeighborView {
  readonly state?: { readonly session_state?: number };
}

/** Attribute types, and where GoBGP puts their value. */
interface AttributeView {
  readonly type: number;
  readonly value?: unknown;
  readonly nexthop?: string;
  readonly as_paths?: readonly { readonly asns: readonly number[] }[];
  readonly communities?: readonly number[];
}

const AS_PATH = 2;
const NEXT_HOP = 3;
const LOCAL_PREF = 5;
const COMMUNITIES = 8;
const ORIGINATOR_ID = 9;
const CLUSTER_LIST = 10;
const MP_REACH_NLRI = 14;

interface PathView {
  readonly nlri: { readonly prefix: string };
  readonly attrs: readonly AttributeView[];
}

function parseRoutes(text: string): readonly PeerRoute[] {
  const rib = JSON.parse(text) as Record<string, readonly PathView[]>;
  return Object.values(rib).flat().map(routeOf);
}

function routeOf({ nlri, attrs }: PathView): PeerRoute {
  const find = (...types: number[]) => attrs.find(({ type }) => types.includes(type));
  const segments = find(AS_PATH)?.as_paths ?? [];
  const communities = find(COMMUNITIES)?.communities ?? [];
  return {
    prefix: nlri.prefix,
    nextHop: find(NEXT_HOP, MP_REACH_NLRI)?.nexthop ?? '',
    asPath: segments.flatMap(({ asns }) => asns).join(' '),
    localPref: (find(LOCAL_PREF)?.value as number | undefined) ?? null,
    communities: communities.map((value) => `${value >>> 16}:${value & 0xffff}`),
    originatorId: (find(ORIGINATOR_ID)?.value as string | undefined) ?? null,
    clusterList: (find(CLUSTER_LIST)?.value as string[] | undefined) ?? [],
  };
}
