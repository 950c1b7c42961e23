/** The API's table of paths: which view or command answers which request. */
import { CatbirdError } from '../net/error.ts';
import { orderOf } from './originate.ts';
import { fieldOf, textOf } from './request-body.ts';
import { hasDrifted, routeFilter } from './route-filter.ts';
import {
  type Caller,
  type DaemonCommands,
  type DaemonViews,
  FEED_TOPICS,
  type RouteView,
  TABLE_VIEWS,
  type Watcher,
} from './views.ts';

export interface ApiContext {
  readonly views: DaemonViews;
  readonly commands: DaemonCommands;
  /** Resolves after what else waits was served: sessions come before long listings. */
  pause(): Promise<void>;
}

export interface ApiRequest {
  /** The path's variable parts, decoded. */
  readonly parameters: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON, undefined when there was none. */
  readonly body: unknown;
  /** Undefined where the system cannot tell. */
  readonly caller?: Caller | undefined;
}

/** One document; or many values, as one JSON line each or together as one JSON array. */
export type ApiAnswer =
  | { readonly value: unknown }
  | { readonly pending: Promise<unknown> }
  | { readonly lines: Iterable<unknown>; readonly keeps?: ((value: never) => boolean) | undefined }
  | { readonly list: Iterable<unknown>; readonly keeps?: ((value: never) => boolean) | undefined }
  | { readonly octets: Iterable<Uint8Array> }
  | { readonly follow: Watcher };

type Handler = (context: ApiContext, request: ApiRequest) => ApiAnswer | undefined;

interface RouteEntry {
  readonly method: string;
  readonly path: RegExp;
  readonly run: Handler;
  readonly notFound: string;
}

/** From GRACEFUL_SHUTDOWN to the withdrawals: enough for neighbors nearby to choose other paths. */
const DRAIN_WAIT_SEC = 30;
/** A day. */
const LONGEST_WAIT_SEC = 86_400;

const NO_NEIGHBOR = 'there is no neighbor of that name; `catbird show neighbors` lists them';

const ROUTES: readonly RouteEntry[] = [
  get('/v1/version', ({ views }) => ({ value: views.version() })),
  get('/v1/status', ({ views }) => ({ value: views.status() })),
  get('/v1/diff', ({ views }) => ({ value: views.diff() })),
  get('/v1/neighbors', ({ views }) => ({ value: views.neighbors() })),
  get('/v1/neighbors/([^/]+)', ({ views }, { parameters }) => one(views.neighbor(parameters[0]!))),
  get('/v1/rib', ({ views }, { query }) => many(views.rib(query.get('query') ?? undefined), query)),
  get('/v1/adj-in/([^/]+)', ({ views }, { parameters, query }) =>
    many(views.adjIn(parameters[0]!), query),
  ),
  get('/v1/adj-out/([^/]+)', ({ views }, { parameters, query }) =>
    many(views.adjOut(parameters[0]!), query),
  ),
  get('/v1/fib', ({ views }, { query }) => ({
    list: views.fib(),
    keeps: query.has('drift') ? hasDrifted : undefined,
  })),
  get('/v1/explain', ({ views }, { query }) =>
    one(views.explain(query.get('query') ?? '', query.get('neighbor') ?? undefined)),
  ),
  get('/v1/monitor/([^/]+)', ({ views }, { parameters }) => follow(views, parameters[0]!)),
  get('/v1/blocks', ({ views }) => ({ value: views.blocks() })),
  get('/v1/quarantine', ({ views }, { query }) => ({
    list: views.quarantine(query.get('peer') ?? undefined),
  })),
  get('/v1/record/messages', ({ views }) => ({ octets: views.messages() })),
  get('/v1/record/table', ({ views }, { query }) => ({
    octets: tableOf(views, query.get('view')),
  })),
  get('/v1/drain', ({ views }) => ({ value: views.drain() })),
  get('/v1/originated', ({ views }, { query }) => ({
    list: views.originated(query.get('owner') ?? undefined),
  })),
  get('/v1/config', ({ views }) => ({ value: views.config() })),
  post('/v1/neighbors/([^/]+)/clear', ({ commands }, { parameters, body }) => {
    const [name] = parameters;
    const direction = directionOf(body);
    if (direction) return done(commands.softClearNeighbor(name!, direction));
    return done(commands.clearNeighbor(name!, textOf(body, 'message')));
  }),
  post('/v1/neighbors/([^/]+)/shutdown', ({ commands }, { parameters, body }) =>
    done(commands.shutdownNeighbor(parameters[0]!, textOf(body, 'message'))),
  ),
  post('/v1/neighbors/([^/]+)/enable', ({ commands }, { parameters }) =>
    done(commands.enableNeighbor(parameters[0]!)),
  ),
  post('/v1/plan', ({ commands }, { body }) => ({ pending: commands.plan(body) })),
  post('/v1/apply', ({ commands }, { body }) => {
    const reason = commands.applyConfig(flagOf(body, 'force'));
    return { value: reason === undefined ? { ok: true } : { ok: false, reason } };
  }),
  post('/v1/record/save', ({ commands }) => ({
    pending: commands.saveRecording().then((path) => ({ path })),
  })),
  post('/v1/log-level', ({ commands }, { body }) => {
    commands.setLogLevel(textOf(body, 'level') ?? '');
    return { value: { ok: true } };
  }),
  post('/v1/drain', ({ commands }, { body }) => {
    const waitSec = secondsOf(body, 'waitSec') ?? DRAIN_WAIT_SEC;
    const stops = fieldOf(body, 'stop') === true;
    commands.drain({ waitSec, text: textOf(body, 'message'), stops });
    return { value: { ok: true } };
  }),
  post('/v1/drain/abort', ({ commands }) => {
    commands.abortDrain();
    return { value: { ok: true } };
  }),
  post('/v1/originated', ({ commands }, { body, caller }) => ({
    value: { ok: true, routes: commands.originate(orderOf(body), caller) },
  })),
  post('/v1/originated/remove', ({ commands }, { body, caller }) => ({
    value: { ok: true, removed: commands.withdrawOriginated(orderOf(body), caller) },
  })),
  post('/v1/stop', ({ commands }) => {
    commands.stop();
    return { value: { ok: true } };
  }),
];

/** A route that fits, with the path's variable parts. */
export function findRoute(
  method: string,
  path: string,
): (RouteEntry & { readonly parameters: readonly string[] }) | undefined {
  for (const entry of ROUTES) {
    const match = entry.method === method ? entry.path.exec(path) : null;
    if (match) return { ...entry, parameters: match.slice(1).map(decodePart) };
  }
  return undefined;
}

function get(path: string, run: Handler): RouteEntry {
  return { method: 'GET', path: new RegExp(`^${path}$`), run, notFound: NO_NEIGHBOR };
}

function post(path: string, run: Handler): RouteEntry {
  return { method: 'POST', path: new RegExp(`^${path}$`), run, notFound: NO_NEIGHBOR };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new CatbirdError('CATBIRD_API_REQUEST', 'the path is not valid percent-encoding');
  }
}

/** @throws CatbirdError for a view there is not */
function tableOf(views: DaemonViews, name: string | null): Iterable<Uint8Array> {
  const view = TABLE_VIEWS.find((each) => each === (name ?? TABLE_VIEWS[0]));
  if (view) return views.table(view);
  throw new CatbirdError('CATBIRD_API_REQUEST', `view is ${TABLE_VIEWS.join(', ')}, not '${name}'`);
}

/** @throws CatbirdError for what cannot be watched, and when too many watch */
function follow(views: DaemonViews, topic: string): ApiAnswer {
  const known = FEED_TOPICS.find((each) => each === topic);
  const watcher = known && views.watch(known);
  if (watcher) return { follow: watcher };
  const reason = known ? 'too many watch already' : `monitor takes ${FEED_TOPICS.join(', ')}`;
  throw new CatbirdError('CATBIRD_API_REQUEST', reason);
}

function one(value: unknown): ApiAnswer | undefined {
  return value === undefined ? undefined : { value };
}

function many(
  lines: Iterable<RouteView> | undefined,
  query: URLSearchParams,
): ApiAnswer | undefined {
  return lines && { lines, keeps: routeFilter(query) };
}

function done(found: boolean): ApiAnswer | undefined {
  return found ? { value: { ok: true } } : undefined;
}

/** @throws CatbirdError for a direction that is none */
function directionOf(body: unknown): 'in' | 'out' | undefined {
  const direction = textOf(body, 'soft');
  if (direction === undefined || direction === 'in' || direction === 'out') return direction;
  throw new CatbirdError('CATBIRD_API_REQUEST', `soft is in or out, not '${direction}'`);
}

function flagOf(body: unknown, key: string): boolean {
  return (
    typeof body === 'object' && body !== null && (body as Record<string, unknown>)[key] === true
  );
}

/** @throws CatbirdError for what is no time to wait */
function secondsOf(body: unknown, key: string): number | undefined {
  const value = fieldOf(body, key);
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= LONGEST_WAIT_SEC) {
    return Number(value);
  }
  const reason = `${key} is a whole number of seconds from 0 to ${LONGEST_WAIT_SEC}`;
  throw new CatbirdError('CATBIRD_API_REQUEST', reason);
}
