/** ExaBGP as a peer of the matrix: commands through a file it follows, answers from its JSON events. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { canonicalText, sortWords } from '../route-set.ts';
import {
  ANNOUNCED,
  familiesOf,
  type PeerConfig,
  type PeerProgram,
  type PeerRoute,
  type PeerSession,
  type PeerStart,
  RESTART_TIME_SEC,
  type Reflected,
  type RunningPeer,
  versionOf,
} from './peer.ts';

export const exabgpPeer: PeerProgram = {
  name: 'ExaBGP',
  needs: ['exabgp'],
  lacks: {
    reflection: 'has no RIB to reflect from; it announces what a reflector would',
    roles: 'does not offer them',
    bfd: 'has none',
    'extended-next-hop': 'puts no routes into the kernel: not played',
    'long-lived': 'keeps no RIB',
    helper: 'keeps no RIB, hence no stale routes',
    'shutdown-text-in': 'shows no text of a Cease in its events or its log',
    'shutdown-text-out': 'its teardown command takes a subcode only',
  },
  start,
};

/** In an environment of its own: nothing dropped, no named pipes, no limit of attempts. */
const ENVIRONMENT = [
  'exabgp.daemon.user=root',
  'exabgp.daemon.drop=false',
  'exabgp.api.ack=false',
  'exabgp.api.cli=false',
  'exabgp.log.destination=stdout',
  'exabgp.tcp.attempts=0',
];

function start({ lab, name, namespace, config }: PeerStart): RunningPeer {
  const file = lab.path(`${name}.conf`);
  const script = lab.path(`${name}.sh`);
  const commands = lab.path(`${name}.commands`);
  const events = lab.path(`${name}.events`);
  writeFileSync(commands, '');
  writeFileSync(events, '');
  writeFileSync(script, helperScript(commands, events), { mode: 0o755 });
  writeFileSync(file, config.sessions.map((session) => neighbor(config, session)).join('\n'));
  appendFileSync(file, `process api { run ${script}; encoder json; }\n`);
  const daemon = lab.start(name, namespace, ['env', ...ENVIRONMENT, 'exabgp', file]);
  const own = (prefix: string) => config.addresses[versionOf(prefix)];
  const command = (text: string) => appendFileSync(commands, `${text}\n`);
  const eventsOf = ({ address }: PeerSession) =>
    parseEvents(events).filter(({ neighbor }) => neighbor?.address.peer === address);
  return {
    state(session) {
      const last = eventsOf(session).findLast(({ type }) => type === 'state');
      return last?.neighbor?.state === 'up' ? 'Established' : (last?.neighbor?.state ?? 'none');
    },
    routes: (session) => replay(eventsOf(session)),
    announce(prefix, reflected) {
      for (const words of announcements(config, prefix, reflected)) command(words);
    },
    withdraw(prefix) {
      for (const session of sessionsFor(config, prefix)) {
        command(`neighbor ${session.address} withdraw ${routeWords(session, prefix, own(prefix))}`);
      }
    },
    count: (session) => replay(eventsOf(session)).length,
    async *table(session) {
      for (const { prefix, text } of replay(eventsOf(session))) yield [prefix, text];
    },
    askRefresh: ({ address, version }) =>
      command(`neighbor ${address} announce route-refresh ipv${version} unicast`),
    shutDown: ({ address }) => command(`neighbor ${address} teardown 2`),
    lastWords: () => readFileSync(events, 'utf8') + daemon.logTail(20),
    kill: () => daemon.stop('SIGKILL'),
  };
}

/** ExaBGP speaks to its helper on standard input; `tail` ends with ExaBGP. */
function helperScript(commands: string, events: string): string {
  return `#!/bin/sh
exec 3<&0
cat <&3 > ${events} &
exec tail -n +1 -f -s 0.1 --pid=$PPID ${commands}
`;
}

function neighbor(config: PeerConfig, session: PeerSession): string {
  const { version, address, asNumber, password } = session;
  return `neighbor ${address} {
  router-id ${config.routerId}; local-address ${config.addresses[version]};
  local-as ${config.asNumber}; peer-as ${asNumber};
  ${password ? `md5-password "${password}";` : ''}
  ${session.hasTtlSecurity ? 'incoming-ttl 255; outgoing-ttl 255;' : ''}
  capability {
    route-refresh enable; graceful-restart ${RESTART_TIME_SEC};
    ${session.hasAddPath ? 'add-path send/receive;' : ''}
    ${session.hasExtendedMessages ? 'extended-message enable;' : ''}
  }
  family { ${familiesOf(session)
    .map((family) => `ipv${family} unicast;`)
    .join(' ')} }
  api {
    processes [ api ]; neighbor-changes;
    receive { parsed; update; notification; refresh; }
  }
}
`;
}

function sessionsFor(config: PeerConfig, prefix: string): readonly PeerSession[] {
  return config.sessions.filter((session) => familiesOf(session).includes(versionOf(prefix)));
}

function routeWords(session: PeerSession, prefix: string, own: string, pathId = 1): string {
  const path = session.hasAddPath ? ` path-information 0.0.0.${pathId}` : '';
  return `route ${prefix} next-hop ${own}${path}`;
}

function announcements(config: PeerConfig, prefix: string, reflected?: Reflected): string[] {
  const { community, localPref, med } = ANNOUNCED;
  const common = `community [ ${community} ] med ${med}`;
  const reflection = reflected
    ? ` originator-id ${reflected.originatorId} cluster-list [ ${reflected.clusterId} ]`
    : '';
  return sessionsFor(config, prefix).map((session) => {
    const isInternal = session.asNumber === config.asNumber;
    const internal = isInternal ? ` local-preference ${localPref}` : '';
    const path = routeWords(
      session,
      prefix,
      config.addresses[versionOf(prefix)],
      reflected ? 2 : 1,
    );
    return `neighbor ${session.address} announce ${path} ${common}${internal}${reflection}`;
  });
}

interface Attributes {
  readonly origin?: string;
  readonly med?: number;
  readonly 'atomic-aggregate'?: boolean;
  readonly aggregator?: string;
  readonly 'as-path'?: readonly number[];
  readonly 'as-set'?: readonly number[];
  readonly 'local-preference'?: number;
  readonly community?: readonly (readonly number[])[];
  readonly 'originator-id'?: string;
  readonly 'cluster-list'?: readonly string[];
}

interface Nlri {
  readonly nlri: string;
  readonly 'path-information'?: string;
}

interface Event {
  readonly type: string;
  readonly neighbor?: {
    readonly address: { readonly peer: string };
    readonly state?: string;
    readonly message?: {
      readonly update?: {
        readonly attribute?: Attributes;
        readonly announce?: Record<string, Record<string, readonly Nlri[]>>;
        readonly withdraw?: Record<string, readonly Nlri[]>;
      };
    };
  };
}

/** The peer of an event, found in lines that are not JSON too. */
const PEER = /"peer": "([^"]+)"/;

/** The last line may still be under way. */
function parseEvents(file: string): readonly Event[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.filter((line) => !line.includes('notification')).map(parseEvent);
}

/** ExaBGP quotes the reason of a lost session in a way that is not JSON: such a line says "down". */
function parseEvent(line: string): Event {
  try {
    return JSON.parse(line) as Event;
  } catch {
    const peer = PEER.exec(line)?.[1] ?? '';
    return { type: 'state', neighbor: { address: { peer }, state: 'down' } };
  }
}

/** The routes that are left when all events since the session came up have happened. */
function replay(events: readonly Event[]): readonly HeldRoute[] {
  const routes = new Map<string, HeldRoute>();
  const key = (nlri: Nlri) => `${nlri.nlri} ${nlri['path-information'] ?? ''}`;
  for (const { type, neighbor } of events) {
    if (type === 'state') routes.clear();
    const { announce = {}, withdraw = {}, attribute = {} } = neighbor?.message?.update ?? {};
    for (const nlri of Object.values(withdraw).flat()) routes.delete(key(nlri));
    for (const [nextHop, nlris] of Object.values(announce).flatMap(
      Object.entries<readonly Nlri[]>,
    )) {
      for (const nlri of nlris) routes.set(key(nlri), routeOf(nlri.nlri, nextHop, attribute));
    }
  }
  return [...routes.values()];
}

/** A route, and all its attributes as `route-set.ts` spells them. */
interface HeldRoute extends PeerRoute {
  readonly text: string;
}

function routeOf(prefix: string, nextHop: string, attribute: Attributes): HeldRoute {
  return {
    prefix,
    text: textOf(nextHop, attribute),
    nextHop,
    asPath: (attribute['as-path'] ?? []).join(' '),
    localPref: attribute['local-preference'] ?? null,
    communities: (attribute.community ?? []).map((parts) => parts.join(':')),
    originatorId: attribute['originator-id'] ?? null,
    clusterList: attribute['cluster-list'] ?? [],
  };
}

function textOf(nextHop: string, attribute: Attributes): string {
  const path = (attribute['as-path'] ?? []).join(' ');
  const set = attribute['as-set']?.map(String);
  const communities = (attribute.community ?? []).map((parts) => parts.join(':'));
  const { med, 'local-preference': localPref, 'originator-id': originatorId } = attribute;
  return canonicalText({
    origin: attribute.origin ?? '',
    asPath: set ? `${path} {${sortWords(set)}}`.trim() : path,
    nextHop,
    ...(med !== undefined && { med: String(med) }),
    ...(localPref !== undefined && { localPref: String(localPref) }),
    ...(originatorId !== undefined && { originatorId }),
    clusterList: (attribute['cluster-list'] ?? []).join(' '),
    communities: sortWords(communities),
    ...(attribute['atomic-aggregate'] && { atomicAggregate: 'yes' }),
    aggregator: (attribute.aggregator ?? '').replace(/[()]/g, '').replace(':', ' '),
  });
}
