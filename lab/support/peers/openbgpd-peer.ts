/** OpenBGPD as a peer of the matrix, announcing and answering through bgpctl. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { routesOfOpenbgpd } from '../route-set.ts';
import { inside } from '../shell.ts';
import {
  ANNOUNCED,
  familiesOf,
  type PeerConfig,
  type PeerProgram,
  type PeerRoute,
  type PeerSession,
  type PeerStart,
  type RunningPeer,
} from './peer.ts';

/** FRR has a program of the same name elsewhere. */
const BGPD = '/usr/sbin/bgpd';
/** Home of its user, where it confines itself. */
const CHROOT = '/run/openbgpd';

export const openbgpdPeer: PeerProgram = {
  name: 'OpenBGPD',
  needs: [BGPD, 'bgpctl'],
  lacks: {
    'refresh-answer':
      "finds every family 'not negotiated' in a ROUTE-REFRESH and sends nothing, to BIRD neither",
    'both-families':
      'announces its IPv6 routes on an IPv4 session with ::1 as next hop, whatever set nexthop says',
    'extended-messages': 'this version does not offer them',
    bfd: 'has none',
    'extended-next-hop': 'this version does not offer them',
    'long-lived': 'has none, as it is no restarting speaker',
    restarter: 'announces End-of-RIB only, never that it restarts (bgpd.conf(5), announce restart)',
  },
  start,
};

function start({ lab, name, namespace, config }: PeerStart): RunningPeer {
  mkdirSync(CHROOT, { recursive: true });
  const file = lab.path(`${name}.conf`);
  const socket = lab.path(`${name}.ctl`);
  writeFileSync(file, openbgpdConfig(config, socket), { mode: 0o600 });
  const daemon = lab.start(name, namespace, [BGPD, '-d', '-f', file]);
  const ask = (...words: string[]) => lab.run(namespace, ['bgpctl', '-s', socket, ...words]);
  const neighborView = (address: string) =>
    (JSON.parse(ask('-j', 'show', 'neighbor', address)) as NeighborsView).neighbors[0];
  return {
    state: ({ address }) => neighborView(address)?.state ?? 'absent',
    routes: ({ address, version }) =>
      parseRoutes(
        ask('-j', 'show', 'rib', version === 4 ? 'inet' : 'inet6', 'detail', 'neighbor', address),
      ),
    announce(prefix) {
      const { community, localPref, med } = ANNOUNCED;
      const attributes = `community ${community} localpref ${localPref} metric ${med}`.split(' ');
      ask('network', 'add', prefix, ...attributes);
    },
    withdraw: (prefix) => void ask('network', 'delete', prefix),
    count: ({ address }) => neighborView(address)?.stats?.prefixes.received ?? 0,
    table: ({ address }) =>
      routesOfOpenbgpd(
        inside(namespace, [
          ...['bgpctl', '-s', socket, 'show', 'rib', 'detail', 'neighbor', address],
        ]),
      ),
    askRefresh: ({ address }) => void ask('neighbor', address, 'refresh'),
    shutDown: ({ address }, text) => void ask('neighbor', address, 'down', text),
    lastWords: ({ address }) => JSON.stringify(neighborView(address)) + daemon.logTail(50),
    kill: () => daemon.stop('SIGKILL'),
  };
}

function openbgpdConfig(config: PeerConfig, socket: string): string {
  return `
AS ${config.asNumber}
router-id ${config.routerId}
fib-update no
listen on ${config.addresses[4]}
listen on ${config.addresses[6]}
socket "${socket}"
${config.sessions.map((session) => neighbor(config, session)).join('\n')}
allow from any
allow to any
`;
}

/** Statements end at the line's end; empty lines are fine. */
function neighbor(config: PeerConfig, session: PeerSession): string {
  const { version, address, asNumber, password } = session;
  return `neighbor ${address} {
  remote-as ${asNumber}
  local-address ${config.addresses[version]}
  ${familiesOf(session)
    .map((family) => `announce IPv${family} unicast`)
    .join('\n  ')}
  ${session.isCustomer ? 'announce policy customer enforce' : ''}
  ${session.isClient ? `route-reflector ${config.clusterId}` : ''}
  ${password ? `tcp md5sig password ${password}` : ''}
  ${session.isPassive ? 'passive' : ''}
  ${session.hasTtlSecurity ? 'ttl-security yes' : ''}
  ${session.hasAddPath ? 'announce add-path recv yes\n  announce add-path send all' : ''}
}`;
}

interface NeighborsView {
  readonly neighbors: readonly {
    readonly state: string;
    readonly stats?: { readonly prefixes: { readonly received: number } };
  }[];
}

interface AttributeView {
  readonly originator?: string;
  readonly cluster_list?: readonly string[];
}

interface PathView {
  readonly prefix: string;
  readonly aspath: string;
  readonly exit_nexthop: string;
  readonly localpref?: number;
  readonly communities?: readonly string[];
  /** Attributes without a key of their own. */
  readonly attributes?: readonly AttributeView[];
}

function parseRoutes(text: string): readonly PeerRoute[] {
  const { rib = [] } = JSON.parse(text) as { rib?: readonly PathView[] };
  return rib.map(routeOf);
}

function routeOf({ attributes = [], ...path }: PathView): PeerRoute {
  return {
    prefix: path.prefix,
    nextHop: path.exit_nexthop,
    asPath: path.aspath,
    localPref: path.localpref ?? null,
    communities: path.communities ?? [],
    originatorId: attributes.find(({ originator }) => originator)?.originator ?? null,
    clusterList: attributes.find(({ cluster_list }) => cluster_list)?.cluster_list ?? [],
  };
}
