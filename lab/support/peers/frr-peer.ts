/** FRR's bgpd as a peer of the matrix: without zebra, asked and configured with vtysh. */
import { writeFileSync } from 'node:fs';
import { routesOfTableDump } from '../route-set.ts';
import { written } from '../wait.ts';
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

const BGPD = '/usr/lib/frr/bgpd';

export const frrPeer: PeerProgram = {
  name: 'FRR',
  needs: [BGPD, 'vtysh'],
  lacks: {},
  start,
};

function start({ lab, name, namespace, config }: PeerStart): RunningPeer {
  const folder = lab.folder(`${name}.vty`);
  const file = lab.path(`${name}.conf`);
  writeFileSync(file, frrConfig(config));
  const daemon = lab.start(name, namespace, [
    ...[BGPD, '-f', file, '-i', `${folder}/bgpd.pid`, '-z', `${folder}/zserv`],
    ...['-Z', '-n', '-S', '-P', '0', '--vty_socket', folder, '--log', 'stdout'],
    ...(config.isQuiet ? ['--log-level', 'errors'] : []), // each next hop zebra does not take is a warning
  ]);
  const ask = (...commands: string[]) =>
    lab.run(namespace, [
      ...['vtysh', '--vty_socket', folder],
      ...commands.flatMap((command) => ['-c', command]),
    ]);
  const change = (...commands: string[]) =>
    ask('configure terminal', `router bgp ${config.asNumber}`, ...commands);
  const network = (prefix: string, word: string) =>
    change(`address-family ipv${versionOf(prefix)} unicast`, `${word}network ${prefix}`);
  return {
    state({ address }) {
      const text = ask(`show bgp neighbors ${address} json`);
      return (JSON.parse(text) as Record<string, NeighborView>)[address]?.bgpState ?? 'absent';
    },
    routes: ({ address, version }) =>
      parseRoutes(ask(`show bgp ipv${version} unicast json detail`), address),
    announce: (prefix) =>
      void change(
        `address-family ipv${versionOf(prefix)} unicast`,
        `network ${prefix} route-map announced`,
      ),
    withdraw: (prefix) => void network(prefix, 'no '),
    count({ address }) {
      const families = JSON.parse(ask('show bgp summary json')) as Record<string, SummaryView>;
      const counts = Object.values(families).map(({ peers }) => peers?.[address]?.pfxRcd ?? 0);
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async *table() {
      const dump = lab.path(`${name}.mrt`);
      ask('configure terminal', `dump bgp routes-mrt ${dump}`);
      await written(dump);
      yield* routesOfTableDump(dump);
    },
    askRefresh: ({ address, version }) => void ask(`clear bgp ipv${version} ${address} soft in`),
    shutDown: ({ address }, text) => void change(`neighbor ${address} shutdown message ${text}`),
    lastWords: ({ address }) => ask(`show bgp neighbors ${address} json`) + daemon.logTail(50),
    kill: () => daemon.stop('SIGKILL'),
  };
}

function frrConfig(config: PeerConfig): string {
  const longLivedAfterSec = config.sessions.find(isLongLived)?.longLivedAfterSec;
  return `
route-map announced permit 10
 set community ${ANNOUNCED.community}
 set local-preference ${ANNOUNCED.localPref}
 set metric ${ANNOUNCED.med}
exit
route-map own-address permit 10
 set ipv6 next-hop global ${config.addresses[6]}
exit
router bgp ${config.asNumber}
 bgp router-id ${config.routerId}
 ${config.clusterId ? `bgp cluster-id ${config.clusterId}` : ''}
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 no bgp network import-check
 bgp graceful-restart
 bgp graceful-restart preserve-fw-state
 bgp graceful-restart restart-time ${longLivedAfterSec ?? RESTART_TIME_SEC}
 ${longLivedAfterSec === undefined ? '' : 'bgp long-lived-graceful-restart stale-time 600'}
 bgp graceful-restart select-defer-time 2
${config.sessions.map(neighbor).join('\n')}
exit
`;
}

function isLongLived({ longLivedAfterSec }: PeerSession): boolean {
  return longLivedAfterSec !== undefined;
}

function neighbor(session: PeerSession): string {
  const { address, asNumber, password } = session;
  return ` neighbor ${address} remote-as ${asNumber}
 neighbor ${address} timers connect 1
 neighbor ${address} advertisement-interval 0
 ${password ? `neighbor ${address} password ${password}` : ''}
 ${session.isPassive ? `neighbor ${address} passive` : ''}
 ${session.hasTtlSecurity ? `neighbor ${address} ttl-security hops 1` : ''}
 ${session.isCustomer ? `neighbor ${address} local-role customer strict-mode` : ''}
${familiesOf(session)
  .map((family) => addressFamily(family, session))
  .join('\n')}`;
}

/** Without zebra bgpd does not know its address of the other family. */
function addressFamily(
  family: IpVersion,
  { version, address, isClient, hasAddPath }: PeerSession,
): string {
  return ` address-family ipv${family} unicast
  neighbor ${address} activate
  ${family === version ? '' : `neighbor ${address} route-map own-address out`}
  ${isClient ? `neighbor ${address} route-reflector-client` : ''}
  ${hasAddPath ? `neighbor ${address} addpath-tx-all-paths` : ''}
 exit-address-family`;
}

interface SummaryView {
  readonly peers?: Readonly<Record<string, { readonly pfxRcd?: number }>>;
}

interface NeighborView {
  readonly bgpState: string;
}

interface PathView {
  readonly aspath: { readonly string: string };
  readonly locPrf?: number;
  readonly community?: { readonly list: readonly string[] };
  readonly originatorId?: string;
  readonly clusterList?: { readonly list: readonly string[] };
  readonly nexthops: readonly { readonly ip: string; readonly scope?: string }[];
  readonly peer: { readonly peerId: string };
}

/** A path's objects follow each other: one with the prefix, one with the rest. */
function parseRoutes(text: string, address: string): readonly PeerRoute[] {
  const { routes = {} } = JSON.parse(text) as { routes?: Record<string, readonly PathView[]> };
  return Object.entries(routes).flatMap(([prefix, paths]) =>
    paths.filter(({ peer }) => peer?.peerId === address).map((path) => routeOf(prefix, path)),
  );
}

function routeOf(prefix: string, path: PathView): PeerRoute {
  const { string } = path.aspath;
  return {
    prefix,
    nextHop: path.nexthops.find(({ scope }) => scope !== 'link-local')?.ip ?? '',
    asPath: string === 'Local' ? '' : string,
    localPref: path.locPrf ?? null,
    communities: (path.community?.list ?? []).map(numeric),
    originatorId: path.originatorId ?? null,
    clusterList: path.clusterList?.list ?? [],
  };
}

/** FRR says LLGR_STALE by name. */
function numeric(community: string): string {
  return community === 'llgrStale' ? '65535:6' : community;
}
