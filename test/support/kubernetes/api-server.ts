/**
 * An API server for tests with the manners of a real one, over HTTPS: versions, pages with tokens that
 * expire, watches with bookmarks, 410 in both its forms, users by token or certificate, permissions,
 * discovery. What real servers refuse (a version beside a continue token, for instance) is refused.
 *
 * Its troubles are commands: stop, compact, hang, refuse.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  type ApiObject,
  type ApiResource,
  type CalicoVersion,
  resourcesOf,
} from './api-resources.ts';
import { CertificateAuthority } from './certificates.ts';
import { ObjectStore, type StoreEvent } from './object-store.ts';
import { parseSelector, type Selects } from './selectors.ts';

export interface ApiServerOptions {
  /** Layout of Calico's CRDs; undefined: not installed. */
  readonly layout?: CalicoVersion | undefined;
  /** Groups offered beside those of the resources. */
  readonly extraGroups?: readonly string[];
  /** Version 0 is served from a cache, which knows no pages (as real servers do). */
  readonly listsFromCache?: boolean;
  /** Octets per chunk of watches; undefined: an event each. */
  readonly chunkBytes?: number;
  /** A unix socket to listen on instead of a port of the loopback. */
  readonly socketPath?: string;
  /** How an expired watch is told: as an event after 200, or as the status. */
  readonly expiresBy?: 'event' | 'status';
}

/** One request, for tests that look at what was asked. */
export interface SeenRequest {
  readonly user: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

interface Watch {
  readonly resource: ApiResource;
  readonly namespace: string | undefined;
  readonly selects: Selects;
  readonly response: ServerResponse;
  readonly wantsBookmarks: boolean;
  isHanging: boolean;
}

interface Listing {
  readonly objects: readonly ApiObject[];
  readonly version: number;
}

export class ApiServer {
  readonly store = new ObjectStore();
  readonly authority = new CertificateAuthority();
  readonly requests: SeenRequest[] = [];
  /** Token → user. */
  readonly tokens = new Map<string, string>([['good-token', 'calico-node']]);
  /** `verb plural[/name]` that are refused with 403; `* plural` for all verbs. */
  readonly forbidden = new Set<string>();
  /** Answers instead of us, when it returns a status. */
  intercept: (request: SeenRequest) => { code: number; retryAfterSec?: number } | undefined = () =>
    undefined;
  readonly #options: ApiServerOptions;
  #resources: ApiResource[];
  readonly #watches = new Set<Watch>();
  readonly #sockets = new Set<Socket>();
  readonly #listings = new Map<string, Listing>();
  #server: Server | undefined;
  #port = 0;
  #tokenCount = 0;

  private constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#resources = resourcesOf(
      'layout' in options ? options.layout : 'crd.projectcalico.org/v1',
    );
    this.store.subscribe((event) => this.#publish(event));
  }

  static async start(options: ApiServerOptions = {}): Promise<ApiServer> {
    const server = new ApiServer(options);
    await server.listen();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Begins to answer, where it answered before. */
  async listen(): Promise<void> {
    const { cert, key } = this.authority.issue('api-server', ['IP:127.0.0.1']);
    const server = createServer(
      { cert, key, ca: this.authority.ca, requestCert: true, rejectUnauthorized: false },
      (request, response) => this.#handle(request, response),
    );
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    const { socketPath } = this.#options;
    const place = socketPath ? { path: socketPath } : { port: this.#port, host: '127.0.0.1' };
    await new Promise<void>((resolve) => server.listen(place, resolve));
    if (!socketPath) this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Dies: connections break, the store stays. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async dispose(): Promise<void> {
    await this.kill();
    this.authority.dispose();
  }

  put(object: ApiObject): void {
    this.store.put(this.#resourceOf(object), object);
  }

  delete(object: ApiObject): void {
    this.store.delete(this.#resourceOf(object).plural, object);
  }

  /** From now on the CRDs are in this layout, or not there. */
  install(layout: CalicoVersion | undefined): void {
    this.#resources = resourcesOf(layout);
  }

  /** The CRD of one kind goes. */
  uninstall(plural: string): void {
    this.#resources = this.#resources.filter((resource) => resource.plural !== plural);
  }

  /** Ends watches as their time being up does. */
  closeWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Watches open now will never say anything again. */
  hangWatches(): void {
    for (const watch of this.#watches) watch.isHanging = true;
  }

  bookmark(): void {
    for (const watch of this.#watches) {
      if (watch.wantsBookmarks && !watch.isHanging)
        this.#send(watch, 'BOOKMARK', this.#bookmark(watch));
    }
  }

  /** Tokens for next pages are worth nothing any more. */
  expireContinueTokens(): void {
    this.#listings.clear();
  }

  #resourceOf({ kind, apiVersion }: ApiObject): ApiResource {
    const found = this.#resources.find(
      (resource) =>
        resource.kind === kind &&
        (resource.apiVersion === apiVersion || !resource.isBuiltIn) &&
        resource.isBuiltIn === !/projectcalico/.test(apiVersion),
    );
    if (!found) throw new Error(`the server has no ${apiVersion} ${kind}`);
    return found;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    try {
      this.#answer(request, response);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refuse(response, error.refusal);
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://server');
    const user = this.#userOf(request);
    const seen = { user: user ?? '', path: url.pathname, query: url.searchParams };
    this.requests.push(seen);
    const intercepted = this.intercept(seen);
    if (intercepted) throw new Refused({ ...intercepted, reason: 'ServerError' });
    if (user === undefined) throw new Refused({ code: 401, reason: 'Unauthorized' });
    if (url.pathname === '/apis') {
      answer(response, this.#groups());
      return;
    }
    const target = this.#targetOf(url);
    if (!target) throw new Refused({ code: 404, reason: 'NotFound', message: NOT_FOUND });
    const verb = url.searchParams.get('watch') === 'true' ? 'watch' : 'list';
    const name = /^metadata\.name=(.+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
    const { plural } = target.resource;
    const isRefused = [`${verb} ${plural}`, `* ${plural}`, `* ${plural}/${name}`].some((rule) =>
      this.forbidden.has(rule),
    );
    if (isRefused) {
      const message = `${plural} is forbidden: User "${user}" cannot ${verb} resource "${plural}"`;
      throw new Refused({ code: 403, reason: 'Forbidden', message });
    }
    const selects = parseSelector(url.searchParams);
    if (verb === 'watch') this.#watch({ ...target, selects }, url.searchParams, response);
    else this.#list({ ...target, selects }, url.searchParams, response);
  }

  #userOf(request: IncomingMessage): string | undefined {
    const authorization = request.headers.authorization ?? '';
    const token = /^Bearer (.+)$/.exec(authorization)?.[1];
    if (token !== undefined) return this.tokens.get(token);
    const basic = /^Basic (.+)$/.exec(authorization)?.[1];
    if (basic !== undefined) return this.tokens.get(Buffer.from(basic, 'base64').toString());
    const socket = request.socket as TLSSocket;
    const name = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined;
    return Array.isArray(name) ? name[0] : name;
  }

  #groups(): unknown {
    const versions = new Set(this.#resources.map(({ apiVersion }) => apiVersion));
    const groups = [...versions].filter((version) => version.includes('/'));
    const names = [
      ...groups.map((version) => version.split('/')[0]!),
      ...(this.#options.extraGroups ?? []),
    ];
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: names.map((name) => ({ name })) };
  }

  #targetOf({
    pathname,
  }: URL): { resource: ApiResource; namespace: string | undefined } | undefined {
    const match = /^\/(?:api|apis)\/((?:[^/]+\/)?v[^/]+)\/(?:namespaces\/([^/]+)\/)?([a-z]+)$/.exec(
      pathname,
    );
    const [, version, namespace, plural] = match ?? [];
    const resource = this.#resources.find(
      (known) => known.apiVersion === version && known.plural === plural,
    );
    return resource && { resource, namespace };
  }

  #list(
    target: { resource: ApiResource; namespace: string | undefined; selects: Selects },
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const token = query.get('continue');
    const version = query.get('resourceVersion');
    if (token && version) throw new Refused(invalid('a version beside a continue token'));
    if (query.has('resourceVersionMatch') && !version) {
      throw new Refused(invalid('resourceVersionMatch without a version'));
    }
    if (Number(version) > this.store.version) throw new Refused(TOO_LARGE);
    const known = token ? this.#listings.get(token) : this.#listing(target);
    if (!known) throw new Refused({ code: 410, reason: 'Expired', message: TOKEN_EXPIRED });
    const isCached = version === '0' && this.#options.listsFromCache === true;
    const limit = isCached ? 0 : Number(query.get('limit') ?? 0);
    this.#answerPage(target.resource, known, limit, response);
  }

  #listing({
    resource,
    namespace,
    selects,
  }: Omit<Watch, 'response' | 'wantsBookmarks' | 'isHanging'>): Listing {
    const objects = this.store
      .list(resource.plural)
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
      .filter(selects);
    return { objects, version: this.store.version };
  }

  #answerPage(
    resource: ApiResource,
    { objects, version }: Listing,
    limit: number,
    response: ServerResponse,
  ): void {
    const page = limit > 0 ? objects.slice(0, limit) : objects;
    const left = objects.slice(page.length);
    let token: string | undefined;
    if (left.length > 0) {
      token = `token-${++this.#tokenCount}`;
      this.#listings.set(token, { objects: left, version });
    }
    answer(response, {
      kind: `${resource.kind}List`,
      apiVersion: resource.apiVersion,
      metadata: {
        resourceVersion: String(version),
        ...(token && { continue: token, remainingItemCount: left.length }),
      },
      items: page.map((object) => (resource.isBuiltIn ? withoutKind(object) : object)),
    });
  }

  #watch(
    target: { resource: ApiResource; namespace: string | undefined; selects: Selects },
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const version = Number(query.get('resourceVersion') ?? 0);
    if (version > this.store.version) throw new Refused(TOO_LARGE);
    const isExpired = version < this.store.compacted;
    if (isExpired && this.#options.expiresBy === 'status') throw new Refused(EXPIRED);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const wantsBookmarks = query.get('allowWatchBookmarks') === 'true';
    const watch: Watch = { ...target, response, wantsBookmarks, isHanging: false };
    if (isExpired) {
      this.#send(watch, 'ERROR', statusOf(EXPIRED));
      response.end();
      return;
    }
    this.#watches.add(watch);
    const timer = setTimeout(
      () => response.end(),
      Number(query.get('timeoutSeconds') ?? 1800) * 1000,
    );
    response.on('close', () => {
      clearTimeout(timer);
      this.#watches.delete(watch);
    });
    for (const event of this.store.since(version, target.resource.plural))
      this.#offer(watch, event);
  }

  #publish(event: StoreEvent): void {
    for (const watch of this.#watches) if (!watch.isHanging) this.#offer(watch, event);
  }

  #offer(watch: Watch, { type, plural, object }: StoreEvent): void {
    const { resource, namespace, selects } = watch;
    if (plural !== resource.plural || !selects(object)) return;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return;
    this.#send(watch, type, object);
  }

  #bookmark({ resource: { kind, apiVersion } }: Watch): unknown {
    const metadata = { resourceVersion: String(this.store.version), creationTimestamp: null };
    return { kind, apiVersion, metadata };
  }

  #send({ response }: Watch, type: string, object: unknown): void {
    const octets = Buffer.from(`${JSON.stringify({ type, object })}\n`);
    const size = this.#options.chunkBytes ?? octets.length;
    for (let at = 0; at < octets.length; at += size) response.write(octets.subarray(at, at + size));
  }
}

interface Refusal {
  readonly code: number;
  readonly reason: string;
  readonly message?: string;
  readonly causes?: readonly { readonly reason: string; readonly message: string }[];
  readonly retryAfterSec?: number;
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

const NOT_FOUND = 'the server could not find the requested resource';
const TOKEN_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result.';
const EXPIRED: Refusal = {
  code: 410,
  reason: 'Expired',
  message: 'too old resource version: 1 (2)',
};
const TOO_LARGE: Refusal = {
  code: 504,
  reason: 'Timeout',
  message: 'Timeout: Too large resource version: 9, current: 1',
  causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
};

function invalid(message: string): Refusal {
  return { code: 400, reason: 'BadRequest', message };
}

function statusOf({ code, reason, message = reason, causes }: Refusal): unknown {
  const details = causes && { causes, retryAfterSeconds: 1 };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    code,
    reason,
    message,
    details,
  };
}

function refuse(response: ServerResponse, refusal: Refusal): void {
  const wait = refusal.retryAfterSec;
  if (wait !== undefined) response.setHeader('retry-after', wait);
  response.writeHead(refusal.code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(statusOf(refusal)));
}

function answer(response: ServerResponse, document: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(document));
}

function withoutKind(object: ApiObject): unknown {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}
