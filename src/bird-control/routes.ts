/** `show route [for P] [all] [count] …` in the form that Calico's status reader takes apart (OBS-5). */
import type { RouteView } from '../api/views.ts';
import type { BirdHost } from './host.ts';
import { protocolsOf } from './protocols.ts';
import {
  type Answer,
  NOT_FOUND,
  OK,
  type Reply,
  ROUTE,
  ROUTE_ATTRIBUTES,
  ROUTE_TOTAL,
  ROUTE_TYPE,
} from './reply.ts';
import { shortTime } from './times.ts';

export interface RouteQuestion {
  /** Exactly this prefix, as text. */
  readonly prefix?: string;
  /** The most specific prefix that contains this address or prefix. */
  readonly target?: string;
  /** Of this source only. */
  readonly protocol?: string;
  /** What this neighbour is told. */
  readonly exportedTo?: string;
  readonly isPrimaryOnly: boolean;
  readonly hasDetails: boolean;
  readonly isCount: boolean;
}

/** What BIRD calls a source of ours, and how much it prefers it. */
const LOCAL: Readonly<Record<string, { readonly name: string; readonly preference: number }>> = {
  static: { name: 'static1', preference: 200 },
  broker: { name: 'static1', preference: 200 },
  kernel: { name: 'kernel1', preference: 10 },
  direct: { name: 'direct1', preference: 240 },
};
const BGP_PREFERENCE = 100;

const ORIGINS: Readonly<Record<string, { readonly mark: string; readonly word: string }>> = {
  igp: { mark: 'i', word: 'IGP' },
  egp: { mark: 'e', word: 'EGP' },
  incomplete: { mark: '?', word: 'Incomplete' },
};

/** @throws CatbirdError when prefix or target is neither a prefix nor an address */
export function* showRoute(host: BirdHost, question: RouteQuestion): Answer {
  const routes = select(host, question);
  if (question.isCount) return yield* count(routes, question);
  const addresses = new Map(protocolsOf(host).map((each) => [each.name, each.neighbor?.address]));
  let before = '';
  for (const route of routes) {
    if (!isMeant(route, question)) yield undefined;
    else {
      const from = addresses.get(sourceName(route)) ?? '';
      const isRepeated = route.prefix === before;
      yield [ROUTE, line(route, { from, now: host.wallTime(), isRepeated })];
      if (question.hasDetails) yield* details(route);
      before = route.prefix;
    }
  }
  const isOne = question.prefix !== undefined || question.target !== undefined;
  return before === '' && isOne ? [NOT_FOUND, 'Network not found'] : [OK, ''];
}

function* select(host: BirdHost, question: RouteQuestion): Generator<RouteView> {
  for (const route of candidates(host, question)) {
    if (route.prefix.includes(':') === (host.family === 'ipv6-unicast')) yield route;
  }
}

function candidates(
  { views }: BirdHost,
  { prefix, target, exportedTo }: RouteQuestion,
): Iterable<RouteView> {
  if (exportedTo !== undefined) return views.adjOut(exportedTo) ?? [];
  if (target !== undefined) return longest(views, target);
  return views.rib(prefix);
}

/** An address by the table's longest match; a prefix by asking for it and then for shorter ones. */
function longest(views: BirdHost['views'], target: string): RouteView[] {
  const [address, bits] = target.split('/');
  if (bits === undefined) return [...views.rib(target)];
  for (let length = Number(bits); length > 0; length--) {
    const routes = [...views.rib(`${address}/${length}`)];
    if (routes.length > 0) return routes;
  }
  return [...views.rib(address!.includes(':') ? '::/0' : '0.0.0.0/0')];
}

function isMeant(route: RouteView, { protocol, isPrimaryOnly }: RouteQuestion): boolean {
  if (route['rejected'] !== undefined || (isPrimaryOnly && !route.best)) return false;
  return protocol === undefined || sourceName(route) === protocol;
}

/** Paths of a prefix follow each other. */
function* count(routes: Iterable<RouteView>, question: RouteQuestion): Answer {
  let [meant, all, networks, before] = [0, 0, 0, ''];
  for (const route of routes) {
    all++;
    if (route.prefix !== before) networks++;
    if (isMeant(route, question)) meant++;
    before = route.prefix;
    yield undefined;
  }
  return [ROUTE_TOTAL, `${meant} of ${all} routes for ${networks} networks`];
}

function sourceName({ neighbor }: RouteView): string {
  return LOCAL[neighbor]?.name ?? neighbor;
}

interface LineFacts {
  /** Address of the neighbour, empty for our own. */
  readonly from: string;
  readonly now: number;
  /** A second path to the prefix in the line before. */
  readonly isRepeated: boolean;
}

function line(route: RouteView, { from, now, isRepeated }: LineFacts): string {
  const since = shortTime(now - route.ageSec * 1000, now);
  const sender = from === '' || from === route.nextHop ? '' : ` from ${from}`;
  const columns = [
    (isRepeated ? '' : route.prefix).padEnd(18),
    destination(route),
    `[${sourceName(route)} ${since}${sender}]`,
    ...(route.best ? ['*'] : []),
    preference(route),
    ...(LOCAL[route.neighbor] ? [] : [`[${originOf(route)}]`]),
  ];
  return columns.join(' ');
}

function destination(route: RouteView): string {
  const dev = typeof route['interface'] === 'string' ? route['interface'] : '';
  if (route.nextHop === null) return dev ? `dev ${dev}` : 'blackhole';
  if (!route.valid) return 'unreachable';
  return dev ? `via ${route.nextHop} on ${dev}` : `via ${route.nextHop}`;
}

function preference(route: RouteView): string {
  const local = LOCAL[route.neighbor];
  if (local) return `(${local.preference})`;
  const cost = route['igpCost'];
  return `(${BGP_PREFERENCE}/${typeof cost === 'number' ? cost : '?'})`;
}

function originOf({ asPath, origin }: RouteView): string {
  const last = /(\d+)\D*$/.exec(asPath)?.[1];
  return `${last === undefined ? '' : `AS${last}`}${ORIGINS[origin]?.mark ?? '?'}`;
}

function* details(route: RouteView): Generator<Reply> {
  if (LOCAL[route.neighbor]) return yield [ROUTE_TYPE, '\tType: static univ'];
  yield [ROUTE_TYPE, '\tType: BGP univ'];
  for (const [name, value] of attributes(route)) {
    yield [ROUTE_ATTRIBUTES, `\tBGP.${name}: ${value}`];
  }
}

function attributes(route: RouteView): [string, string][] {
  const all: [string, string | number | null][] = [
    ['origin', ORIGINS[route.origin]?.word ?? route.origin],
    ['as_path', route.asPath],
    ['next_hop', route.nextHop],
    ['med', route.med],
    ['local_pref', route.localPref],
    ['community', listOf(route.communities, ',')],
    ['large_community', listOf(route.largeCommunities, ', ')],
    ['originator_id', route.originatorId],
    ['cluster_list', route.clusterList.join(' ') || null],
  ];
  return all.flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]]));
}

/** `64512:1` as `(64512,1)`. */
function listOf(communities: readonly string[], between: string): string | null {
  if (communities.length === 0) return null;
  return communities.map((each) => `(${each.split(':').join(between)})`).join(' ');
}
