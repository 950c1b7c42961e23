/**
 * Asks a Kubernetes API server: documents, lists and watches over HTTP/1.1 with kept connections.
 *
 * Everything has an end: answers begin and go on within a time, objects and lists have a largest size. A 401
 * is asked again once with fresh credentials, and so is a request that met a connection the server had
 * closed meanwhile. Failures are ApiErrors.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../runtime/clock.ts';
import { ApiError, errorOfStatus, isObject, type JsonObject, parseObject } from './api-error.ts';
import { Breather } from './breather.ts';
import type { KubeConnection } from './connection.ts';
import { Credentials } from './credentials.ts';
import { JsonSplitter } from './json-splitter.ts';
import { RequestBudget } from './request-budget.ts';

export interface WatchEvent {
  /** ADDED, MODIFIED, DELETED, BOOKMARK, ERROR, or something newer. */
  readonly type: string;
  readonly object: JsonObject;
}

/** What the reflectors need of an API server. */
export interface ApiClient {
  /** Reads one document. @throws ApiError */
  get(path: string, signal: AbortSignal): Promise<JsonObject>;
  /**
   * Reads a list, item by item.
   *
   * @returns the list without its items
   * @throws ApiError, also after items were handed out
   */
  list(path: string, onItem: (item: JsonObject) => void, signal: AbortSignal): Promise<JsonObject>;
  /**
   * Watches; resolves when the server ends it.
   *
   * @throws ApiError when it does not begin, or breaks; what the reader throws ends it, too
   */
  watch(path: string, reader: WatchReader, signal: AbortSignal): Promise<void>;
  /** Ends kept connections and plugins; requests end by their signals. Twice is fine. */
  close(): void;
}

export interface WatchReader {
  /** The server has accepted the watch. */
  onBegin(): void;
  onEvent(event: WatchEvent): void;
}

/** A list is serialised whole before its first octet. */
const ANSWER_MS = 60_000;
/** Longest silence within an answer; a watch is minded by who watches. */
const SILENCE_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;
const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;
const MAX_LIST_BYTES = 1024 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export class KubernetesApi implements ApiClient {
  readonly #connection: KubeConnection;
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #budget: RequestBudget;
  readonly #agents = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
  };

  constructor(connection: KubeConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.#credentials = new Credentials(connection, clock);
    const { requestsPerSec, burst } = connection;
    this.#budget = new RequestBudget(clock, requestsPerSec, burst);
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    this.#credentials.close();
  }

  async get(path: string, signal: AbortSignal): Promise<JsonObject> {
    const response = await this.#ask(path, signal);
    return parseObject(await this.#readText(response, MAX_DOCUMENT_BYTES));
  }

  async list(
    path: string,
    onItem: (item: JsonObject) => void,
    signal: AbortSignal,
  ): Promise<JsonObject> {
    const response = await this.#ask(path, signal);
    const splitter = new JsonSplitter('list', (text) => onItem(parseObject(text)));
    await this.#read(response, MAX_LIST_BYTES, (chunk) => pushInto(splitter, chunk));
    if (!splitter.isComplete) throw new ApiError('the list of the API server was cut off');
    return parseObject(splitter.rest);
  }

  async watch(path: string, reader: WatchReader, signal: AbortSignal): Promise<void> {
    const response = await this.#ask(path, signal);
    reader.onBegin();
    const splitter = new JsonSplitter('watch', (text) => reader.onEvent(readEvent(text)));
    const breather = new Breather(this.#clock);
    try {
      for await (const chunk of response) {
        pushInto(splitter, chunk as Uint8Array);
        await breather.pause();
      }
    } catch (error) {
      throw asApiError(error);
    }
  }

  /** The answer to a GET, once it is known to be a good one. */
  async #ask(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    await this.#budget.take();
    const response = await this.#send(path, signal);
    if (response.statusCode !== 401) return await this.#accept(response);
    this.#credentials.distrust();
    response.destroy();
    return await this.#accept(await this.#send(path, signal));
  }

  async #accept(response: IncomingMessage): Promise<IncomingMessage> {
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    const text = await this.#readText(response, MAX_ERROR_BYTES).catch(() => '');
    const retryAfterMs = Number(response.headers['retry-after']) * 1000;
    const wait = retryAfterMs > 0 ? retryAfterMs : undefined;
    throw errorOfStatus(jsonOrNothing(text), status, wait);
  }

  async #send(path: string, signal: AbortSignal, isSecondTry = false): Promise<IncomingMessage> {
    try {
      return await this.#sendOnce(path, signal);
    } catch (error) {
      if (isSecondTry || signal.aborted || !wasClosedMeanwhile(error)) throw asApiError(error);
      return await this.#send(path, signal, true);
    }
  }

  async #sendOnce(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const { server, serverName, skipsVerify } = this.#connection;
    const { headers, ca, certificate: cert, key } = await this.#credentials.read();
    const url = new URL(`${server}${path}`);
    const isPlain = url.protocol === 'http:';
    const options = {
      agent: isPlain ? this.#agents.http : this.#agents.https,
      headers: { accept: 'application/json', 'user-agent': 'catbird', ...headers } as Record<
        string,
        string | string[]
      >,
      signal,
      minVersion: 'TLSv1.2' as const,
      rejectUnauthorized: !skipsVerify,
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(serverName !== undefined && { servername: serverName }),
    };
    const request = isPlain ? httpRequest(url, options) : httpsRequest(url, options);
    return await this.#answerTo(request);
  }

  #answerTo(request: ReturnType<typeof httpRequest>): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(ANSWER_MS, () => {
        request.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`));
      });
      request.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      request.on('response', (response) => {
        timer.cancel();
        resolve(response);
      });
      request.on('error', (error) => {
        timer.cancel();
        if (isTrustFault(error)) this.#credentials.distrustCa();
        reject(Object.assign(error, { wasReused: request.reusedSocket }));
      });
      request.end();
    });
  }

  async #readText(response: IncomingMessage, limitBytes: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    await this.#read(response, limitBytes, (chunk) => chunks.push(chunk));
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Reads to the end, within a size, and never through a long silence. */
  async #read(
    response: IncomingMessage,
    limitBytes: number,
    take: (chunk: Uint8Array) => void,
  ): Promise<void> {
    let left = limitBytes;
    const watchdog = () =>
      this.#clock.setTimer(SILENCE_MS, () => response.destroy(new Error('the answer stopped')));
    let timer = watchdog();
    const breather = new Breather(this.#clock);
    try {
      for await (const chunk of response) {
        timer.cancel();
        timer = watchdog();
        left -= (chunk as Uint8Array).length;
        if (left < 0) throw new ApiError(`the answer has more than ${limitBytes} octets`);
        take(chunk as Uint8Array);
        await breather.pause();
      }
    } catch (error) {
      throw asApiError(error);
    } finally {
      timer.cancel();
    }
  }
}

function pushInto(splitter: JsonSplitter, chunk: Uint8Array): void {
  splitter.push(chunk);
  if (splitter.fault !== undefined) throw new ApiError(splitter.fault);
}

function readEvent(text: string): WatchEvent {
  const { type, object } = parseObject(text);
  if (typeof type === 'string' && isObject(object)) return { type, object };
  throw new ApiError('the API server sent something that is no watch event');
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page: the status says enough
  }
}

const TRUST_CODES = /^(CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_TLS_CERT)/;

/** The certificate of the server was not believed. */
function isTrustFault(error: Error & { code?: unknown }): boolean {
  return typeof error.code === 'string' && TRUST_CODES.test(error.code);
}

/** A kept connection that the server closed while our request was under way. */
function wasClosedMeanwhile(error: unknown): boolean {
  const { wasReused, code } = error as { wasReused?: boolean; code?: unknown };
  return wasReused === true && (code === 'ECONNRESET' || code === 'EPIPE');
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof Error ? messageOf(error) : String(error), { cause: error });
}

/** A refused connection to a name with several addresses has its reasons one level down. */
function messageOf(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  return error.message || (inner instanceof Error ? inner.message : String(error));
}
