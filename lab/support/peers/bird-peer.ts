/** BIRD 2 as a peer of the matrix: static routes in its configuration, asked with birdc. */
import { writeFileSync } from 'node:fs';
import { routesOfBird } from '../route-set.ts';
import { inside } from '../shell.ts';
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

export const birdPeer: PeerProgram = {
  name: 'BIRD',
  needs: ['bird', 'birdc'],
  lacks: {},
  start,
};

function start({ lab, name, namespace, config }: PeerStart): RunningPeer {
  const file = lab.path(`${name}.conf`);
  const socket = lab.path(`${name}.ctl`);
  const prefixes = new Set<string>();
  const write = () => writeFileSync(file, birdConfig(config, [...prefixes]));
  const ask = (...words: string[]) => lab.run(namespace, ['birdc', '-s', socket, ...words]);
  const change = () => {
    write();
    ask('configure');
  };
  write();
  const daemon = lab.start(name, namespace, ['bird', '-f', '-R', '-c', file, '-s', socket]);
  return {
    state: (session) =>
      new RegExp(`^${sessionName(session)} .* (\\S+) *$`, 'm').exec(
        ask('show', 'protocols'),
      )?.[1] ?? 'absent',
    routes: (session) => parseRoutes(ask('show', 'route', 'all', 'protocol', sessionName(session))),
    announce(prefix) {
      prefixes.add(prefix);
      change();
    },
    withdraw(prefix) {
      prefixes.delete(prefix);
      change();
    },
    count: (session) =>
      [...ask('show', 'route', 'protocol', sessionName(session), 'count').matchAll(/^(\d+) of /gm)]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0),
    table: (session) =>
      routesOfBird(
        inside(namespace, [
          ...['birdc', '-s', socket, 'show', 'route', 'all', 'protocol'],
          sessionName(session),
        ]),
      ),
    askRefresh: (session) => void ask('reload', 'in', sessionName(session)),
    shutDown: (session, text) => void ask('disable', sessionName(session), `"${text}"`),
    lastWords: () => daemon.logTail(50),
    kill: () => daemon.stop('SIGKILL'),
  };
}

function sessionName({ address }: PeerSession): string {
  return `peer_${address.replace(/[.:]+/g, '_')}`;
}

function birdConfig(config: PeerConfig, prefixes: readonly string[]): string {
  return `
log stderr all;
router id ${config.routerId};
protocol device { }
protocol direct { ipv4; ipv6; interface "eth0"; }
${statics(4, prefixes)}
${statics(6, prefixes)}
${config.sessions.map((session) => bgp(config, session)).join('\n')}
`;
}

function statics(version: IpVersion, prefixes: readonly string[]): string {
  const attributes = `bgp_community.add((${ANNOUNCED.community.replace(':', ',')}));
    bgp_med = ${ANNOUNCED.med}; bgp_local_pref = ${ANNOUNCED.localPref};`;
  const own = prefixes.filter((prefix) => versionOf(prefix) === version);
  return `protocol static static${version} {
  ipv${version};
${own.map((prefix) => `  route ${prefix} blackhole { ${attributes} };\n`).join('')}}`;
}

function bgp(config: PeerConfig, session: PeerSession): string {
  const { version, address, asNumber } = session;
  return `protocol bgp ${sessionName(session)} {
  local ${config.addresses[version]} as ${config.asNumber};
  neighbor ${address} as ${asNumber};
  ${session.isClient ? `rr client; rr cluster id ${config.clusterId};` : ''}
  ${session.password ? `password "${session.password}";` : ''}
  ${session.hasTtlSecurity ? 'ttl security on;' : ''}
  ${session.isPassive ? 'passive;' : ''}
  connect delay time 1; connect retry time 1; error wait time 1, 2;
  graceful restart on;
  ${session.hasExtendedMessages ? 'enable extended messages on;' : ''}
  ${session.isCustomer ? 'local role customer; require roles on;' : ''}
  ${longLived(session)}
${familiesOf(session)
  .map((family) => channel(family, session))
  .join('')}}
`;
}

function longLived({ longLivedAfterSec }: PeerSession): string {
  if (longLivedAfterSec === undefined) return `graceful restart time ${RESTART_TIME_SEC};`;
  return `graceful restart time ${longLivedAfterSec};
  long lived graceful restart on; long lived stale time 600;`;
}

function channel(family: IpVersion, { hasAddPath }: PeerSession): string {
  return `  ipv${family} {
    ${hasAddPath ? 'add paths on;' : ''}
    import all;
    export where source ~ [RTS_BGP, RTS_STATIC];
  };
`;
}

/** A route's head line starts with its prefix, or with blanks for a further path to the same. */
function parseRoutes(text: string): readonly PeerRoute[] {
  const routes: { prefix: string; attributes: Map<string, string> }[] = [];
  for (const line of text.split('\n')) {
    const head = /^(\S+\/\d+|\s+)\s+\w+ \[/.exec(line);
    const attribute = /^\tBGP\.(\w+): ?(.*)$/.exec(line);
    if (head) {
      const prefix = head[1]!.trim() || (routes.at(-1)?.prefix ?? '');
      routes.push({ prefix, attributes: new Map() });
    }
    if (attribute) routes.at(-1)?.attributes.set(attribute[1]!, attribute[2]!.trim());
  }
  return routes.map(({ prefix, attributes }) => routeOf(prefix, attributes));
}

function routeOf(prefix: string, attributes: ReadonlyMap<string, string>): PeerRoute {
  const words = (name: string) => (attributes.get(name) ?? '').split(/\s+/).filter(Boolean);
  return {
    prefix,
    nextHop: words('next_hop')[0] ?? '',
    asPath: attributes.get('as_path') ?? '',
    localPref: attributes.has('local_pref') ? Number(attributes.get('local_pref')) : null,
    communities: words('community').map((word) => word.replace(/[()]/g, '').replace(',', ':')),
    originatorId: attributes.get('originator_id') ?? null,
    clusterList: words('cluster_list'),
  };
}
