/**
 * `show protocols [all] [NAME]`: neighbours of the socket's family as BGP protocols, and the protocols a
 * BIRD of Calico has beside them (OBS-1, OBS-2, OBS-5, OBS-6).
 */
import type { NeighborView } from '../api/views.ts';
import type { BirdHost } from './host.ts';
import { TABLE } from './host.ts';
import {
  type Answer,
  OK,
  PROTOCOL,
  PROTOCOL_DETAILS,
  PROTOCOL_HEADER,
  type Reply,
} from './reply.ts';
import { shortTime } from './times.ts';

/** One row; `neighbor` is there for BGP. */
export interface Protocol {
  readonly name: string;
  readonly proto: 'BGP' | 'Device' | 'Kernel' | 'Static' | 'Direct';
  readonly table: string;
  readonly state: 'up' | 'start' | 'down';
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly info: string;
  readonly neighbor?: NeighborView;
}

/** Sources of ours by the names BIRD's configuration in Calico gives them. */
const BUILT_IN: readonly Pick<Protocol, 'name' | 'proto' | 'table'>[] = [
  { name: 'static1', proto: 'Static', table: TABLE },
  { name: 'kernel1', proto: 'Kernel', table: TABLE },
  { name: 'device1', proto: 'Device', table: TABLE },
  { name: 'direct1', proto: 'Direct', table: TABLE },
];

/** Everything the socket shows, the built-in ones first. */
export function protocolsOf({ views, status, family }: BirdHost): Protocol[] {
  const since = status().startedAt;
  const builtIn = BUILT_IN.map((each) => ({ ...each, state: 'up' as const, since, info: '' }));
  const neighbors = views.neighbors().filter(({ families }) => family in families);
  return [...builtIn, ...neighbors.map(protocolOf)];
}

export function* showProtocols(
  { wallTime, family }: BirdHost,
  protocols: readonly Protocol[],
  hasDetails: boolean,
): Answer {
  const now = wallTime();
  yield [PROTOCOL_HEADER, row('name', 'proto', 'table', 'state', 'since', 'info')];
  for (const each of protocols) {
    const { name, proto, table, state, info } = each;
    yield [PROTOCOL, row(name, proto, table, state, shortTime(each.since, now), info)];
    if (hasDetails) yield* details(each, family);
  }
  return [OK, ''];
}

function protocolOf(neighbor: NeighborView): Protocol {
  const { name, state, since, lastError } = neighbor;
  const isDown = neighbor['shutDown'] === true;
  const info = isDown ? '' : `${state.padEnd(14)}${isUp(neighbor) ? '' : errorText(lastError)}`;
  return {
    name,
    proto: 'BGP',
    table: TABLE,
    state: isUp(neighbor) ? 'up' : isDown ? 'down' : 'start',
    since: Date.parse(since),
    info,
    neighbor,
  };
}

function isUp({ state }: NeighborView): boolean {
  return state === 'Established';
}

function errorText(lastError: string | null): string {
  return lastError === null ? '' : `Error: ${lastError}`;
}

function row(...[name, proto, table, state, since, info]: readonly string[]): string {
  const columns = [name!.padEnd(8), proto!.padEnd(8), table!.padEnd(8), state!.padEnd(6)];
  return `${columns.join(' ')} ${since!.padEnd(10)}  ${info}`;
}

function* details({ neighbor }: Protocol, family: string): Generator<Reply> {
  if (neighbor) for (const line of neighborLines(neighbor)) yield [PROTOCOL_DETAILS, line];
  if (neighbor) for (const line of channelLines(neighbor, family)) yield [PROTOCOL_DETAILS, line];
  yield [PROTOCOL_DETAILS, ''];
}

function neighborLines(neighbor: NeighborView): string[] {
  const text = (value: unknown) => (value == null ? undefined : String(value));
  const internal = neighbor.asNumber === neighbor.localAsNumber ? 'internal' : 'external';
  return [
    field('  BGP state:', neighbor['shutDown'] === true ? 'Down' : neighbor.state),
    field('    Neighbor address:', neighbor.address),
    field('    Neighbor AS:', String(neighbor.asNumber)),
    field('    Local AS:', String(neighbor.localAsNumber)),
    field('    Neighbor ID:', text(neighbor['routerId'])),
    field('    Session:', `${internal}${neighbor.routeReflectorClient ? ' route-reflector' : ''}`),
    field('    Source address:', text(neighbor['localAddress'])),
    field('    Hold timer:', text(neighbor['holdTime'])),
    field('    Keepalive timer:', text(neighbor['keepaliveTime'])),
    field('    Last error:', isUp(neighbor) ? undefined : (neighbor.lastError ?? undefined)),
  ].filter((line) => line !== undefined);
}

function channelLines(neighbor: NeighborView, family: string): string[] {
  const { accepted, received, advertised } = neighbor.families[family]!;
  const routes = `${accepted} imported, ${received - accepted} filtered, ${advertised} exported`;
  return [
    `  Channel ${family === 'ipv4-unicast' ? 'ipv4' : 'ipv6'}`,
    field('    State:', isUp(neighbor) ? 'UP' : 'DOWN')!,
    field('    Table:', TABLE)!,
    field('    Routes:', routes)!,
  ];
}

function field(label: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${label.padEnd(21)} ${value}`;
}
