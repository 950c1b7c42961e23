/** GoBGP as a peer of the matrix, configured by JSON and asked with `gobgp -j`. */
import { writeFileSync } from 'node:fs';
import { canonicalText, sortWords } from '../route-set.ts';
import { inside, linesOf } from '../shell.ts';
import {
  ANNOUNCED,
  familiesOf,
  type IpVersion,
  type PeerConfig,
  type PeerProgram,
  type PeerRoute,
  type PeerSession,
  type PeerStart,
  RESTART_TIME_SEC,
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
    bfd: 'has none',
    'extended-next-hop': 'puts no routes into the kernel without zebra: not played',
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
    count({ address }) {
      const { afi_safis = [] } = JSON.parse(ask('-j', 'neighbor', address)) as NeighborView;
      return afi_safis.reduce((sum, { state }) => sum + (state?.received ?? 0), 0);
    },
    async *table({ address }) {
      for (const version of [4, 6] as const) {
        const words = ['-j', 'neighbor', address, 'adj-in', ...family(version)];
        const argv = inside(namespace, ['gobgp', ...words]);
        for await (const entries of linesOf(argv, BETWEEN_PREFIXES)) {
          for (const path of entries.flatMap(pathsOfEntry)) {
            yield [path.nlri.prefix, textOf(path)];
          }
        }
      }
    },
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
        'restart-time': longLivedAfterSec ?? RESTART_TIME_SEC,
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
  readonly afi_safis?: readonly { readonly state?: { readonly received?: number } }[];
  readonly state?: { readonly session_state?: number };
}

/** Attribute types, and where GoBGP puts their value. */
interface AttributeView {
  readonly type: number;
  readonly value?: unknown;
  readonly nexthop?: string;
  readonly as_paths?: readonly {
    readonly segment_type?: number;
    readonly asns: readonly number[];
  }[];
  readonly metric?: number;
  readonly as?: number;
  readonly address?: string;
  readonly communities?: readonly number[];
}

const ORIGIN = 1;
const AS_PATH = 2;
const NEXT_HOP = 3;
const MED = 4;
const LOCAL_PREF = 5;
const ATOMIC_AGGREGATE = 6;
const AGGREGATOR = 7;
const COMMUNITIES = 8;
const ORIGINATOR_ID = 9;
const CLUSTER_LIST = 10;
const MP_REACH_NLRI = 14;
/** Segment type. */
const AS_SET = 1;

interface PathView {
  readonly nlri: { readonly prefix: string };
  readonly attrs: readonly AttributeView[];
}

/** Inside `[{…}],"10.0.0.0/8":[{…}]`: a whole table is too long for one string. */
const BETWEEN_PREFIXES = /\],"(?=[\da-f:.]+\/\d+":\[)/;

/** The paths of one prefix, of which the closing bracket is there in the last entry alone. */
function pathsOfEntry(entry: string): readonly PathView[] {
  const at = entry.indexOf('[');
  if (at < 0) return []; // the table is empty
  return JSON.parse(`${entry.slice(at).replace(/\]\}\s*$/, '')}]`) as PathView[];
}

function parseRoutes(text: string): readonly PeerRoute[] {
  const rib = JSON.parse(text) as Record<string, readonly PathView[]>;
  return Object.values(rib).flat().map(routeOf);
}

/** Every attribute, see `route-set.ts`. */
function textOf(path: PathView): string {
  const { attrs } = path;
  const find = (type: number) => attrs.find((attribute) => attribute.type === type);
  const value = (type: number) => find(type)?.value as number | undefined;
  const route = routeOf(path);
  const aggregator = find(AGGREGATOR);
  return canonicalText({
    origin: ['igp', 'egp', 'incomplete'][value(ORIGIN) ?? 0]!,
    asPath: (find(AS_PATH)?.as_paths ?? [])
      .map(({ asns, segment_type }) =>
        segment_type === AS_SET ? `{${sortWords(asns.map(String))}}` : asns.join(' '),
      )
      .join(' '),
    nextHop: route.nextHop,
    ...(find(MED) && { med: String(find(MED)?.metric ?? value(MED)) }),
    ...(route.localPref !== null && { localPref: String(route.localPref) }),
    ...(route.originatorId !== null && { originatorId: route.originatorId }),
    ...(route.clusterList.length > 0 && { clusterList: route.clusterList.join(' ') }),
    ...(route.communities.length > 0 && { communities: sortWords(route.communities) }),
    ...(find(ATOMIC_AGGREGATE) && { atomicAggregate: 'yes' }),
    ...(aggregator && { aggregator: `${aggregator.as} ${aggregator.address}` }),
  });
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
