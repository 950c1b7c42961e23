/**
 * The API: HTTP on a unix socket, read by `catbird show` and friends.
 *
 * Requests are small and answered at once; only route listings are long, and those are written in
 * pieces that stop when the socket is full and go on when it drains, so a slow reader costs
 * nothing but its own time.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { CatbirdError } from '../net/error.ts';
import { type ApiContext, findRoute } from './routes.ts';
import type { Caller, Watcher } from './views.ts';

const MAX_BODY_BYTES = 64 * 1024;
/** A whole configuration. */
const MAX_PLAN_BYTES = 64 * 1024 * 1024;
const MAX_CONNECTIONS = 64;
const VALUES_PER_WRITE = 256;
/** A client that neither asks nor reads for this long is let go: there are others. */
const IDLE_MS = 600_000;

/** How many values become one text. */
interface Framing {
  readonly type: string;
  readonly open: string;
  /** In front of each value, the first one excepted. */
  readonly between: string;
  /** Behind each value. */
  readonly after: string;
  readonly close: string;
}

const LINES: Framing = {
  type: 'application/x-ndjson',
  open: '',
  between: '',
  after: '\n',
  close: '',
};
const ARRAY: Framing = {
  type: 'application/json',
  open: '[',
  between: ',',
  after: '',
  close: ']\n',
};

/** What may be asked on a socket: everything, views, or routes of other agents. */
export type ApiScope = 'all' | 'read' | 'broker';

export interface ApiOptions {
  readonly scope?: ApiScope;
  /** Who is at the other end of a connection. */
  readonly callerOf?: (socket: Socket) => Caller | undefined;
}

const OUT_OF_SCOPE: Readonly<Record<ApiScope, string>> = {
  all: '',
  read: 'this socket only reads; commands need that of root',
  broker: 'this socket is for `catbird originate` alone',
};

/** An HTTP server for the context that nobody listens on yet; main binds it to its socket. */
export function createApiServer(
  context: ApiContext,
  { scope = 'all', callerOf = () => undefined }: ApiOptions = {},
): Server {
  const limits = { requestTimeout: 10_000, connectionsCheckingInterval: 1000 };
  const server = createServer(limits, (request, response) => {
    if (!isInScope(scope, request)) return refuse(response, OUT_OF_SCOPE[scope]);
    handle(context, request, response, callerOf).catch((error: unknown) => fail(response, error));
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.timeout = IDLE_MS;
  return server;
}

function isInScope(scope: ApiScope, { method, url = '/' }: IncomingMessage): boolean {
  if (scope === 'read') return method === 'GET';
  return scope === 'all' || /^\/v1\/originated(\/remove)?(\?|$)/.test(url);
}

function refuse(response: ServerResponse, error: string): void {
  response.shouldKeepAlive = false; // its body is not read
  reply(response, 403, { error });
}

async function handle(
  context: ApiContext,
  request: IncomingMessage,
  response: ServerResponse,
  callerOf: NonNullable<ApiOptions['callerOf']>,
): Promise<void> {
  const url = parseUrl(request.url ?? '/');
  const route = findRoute(request.method ?? 'GET', url.pathname);
  if (!route)
    return reply(response, 404, { error: `there is no ${request.method} ${url.pathname}` });
  const isPlan = url.pathname === '/v1/plan';
  const body = await readBody(request, isPlan ? MAX_PLAN_BYTES : MAX_BODY_BYTES);
  const answer = route.run(context, {
    parameters: route.parameters,
    query: url.searchParams,
    body,
    caller: callerOf(request.socket),
  });
  if (answer === undefined) return reply(response, 404, { error: route.notFound });
  if ('lines' in answer) return stream(context, response, answer.lines, LINES, answer.keeps);
  if ('follow' in answer) return follow(response, answer.follow);
  if ('octets' in answer) return send(context, response, answer.octets);
  if ('list' in answer) return stream(context, response, answer.list, ARRAY, answer.keeps);
  reply(response, 200, 'pending' in answer ? await answer.pending : answer.value);
}

/** @throws CatbirdError for a target that is no URL */
function parseUrl(target: string): URL {
  try {
    return new URL(target, 'http://catbird');
  } catch {
    throw new CatbirdError('CATBIRD_API_REQUEST', `'${target}' is no path`);
  }
}

async function readBody(request: IncomingMessage, limit: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new CatbirdError('CATBIRD_API_REQUEST', 'the request is too large');
    chunks.push(chunk as Buffer);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new CatbirdError('CATBIRD_API_REQUEST', 'the request body is not JSON');
  }
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  const text = `${JSON.stringify(value)}\n`;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}

async function stream(
  context: ApiContext,
  response: ServerResponse,
  values: Iterable<unknown>,
  { type, open, between, after, close }: Framing,
  keeps: (value: never) => boolean = () => true,
): Promise<void> {
  response.writeHead(200, { 'content-type': type });
  let batch = open;
  let [seen, kept] = [0, 0];
  for (const value of values) {
    if (keeps(value as never)) {
      batch += `${kept++ === 0 ? '' : between}${JSON.stringify(value)}${after}`;
    }
    if (++seen % VALUES_PER_WRITE !== 0) continue;
    if (batch !== '') await write(response, batch);
    // A reader that keeps up would have us write on and on in one turn of the event loop.
    await context.pause();
    batch = '';
    if (response.destroyed) return;
  }
  response.end(batch + close);
}

/** Octets as fast as they are taken; a reader that gets no regular end knows that they are not whole. */
async function send(
  context: ApiContext,
  response: ServerResponse,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  for (const piece of pieces) {
    if (piece.length > 0) await write(response, piece);
    await context.pause();
    if (response.destroyed) return;
  }
  response.end();
}

/** Events as they come, for as long as somebody reads. */
async function follow(response: ServerResponse, watcher: Watcher): Promise<void> {
  response.on('close', () => watcher.close());
  response.socket?.setTimeout(0); // nothing may happen for hours
  response.writeHead(200, { 'content-type': LINES.type });
  response.flushHeaders();
  while (!response.destroyed) {
    const events = await watcher.next();
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    if (text !== '') await write(response, text);
  }
}

/** Waits until the socket took it, or is gone; one that takes nothing for long is let go. */
function write(response: ServerResponse, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('close', resolve);
    response.write(text, () => {
      response.off('close', resolve);
      resolve();
    });
  });
}

function fail(response: ServerResponse, error: unknown): void {
  const isRequestFault = error instanceof CatbirdError;
  const isDenied = isRequestFault && error.code === 'CATBIRD_BROKER_DENIED';
  if (response.headersSent) return void response.destroy();
  reply(response, isDenied ? 403 : isRequestFault ? 400 : 500, {
    error: error instanceof Error ? error.message : String(error),
  });
}
