/**
 * HTTP on a TCP port, only when asked for: metrics, probes, and what else is read by others than our own
 * command line. Read only, without bodies, bounded in connections, sizes and time.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../runtime/clock.ts';
import { textAnswer, type WebAnswer, type WebPage, type WebRequest } from './page.ts';
import { type Refusal, refuse } from './request-gate.ts';
import { Unread } from './unread.ts';

export interface WebServerOptions {
  readonly pages: readonly WebPage[];
  /** Names the server is reached by, beside addresses and `localhost`; lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly clock: Clock;
  /** Told what a page threw. */
  readonly onFault: (path: string, error: unknown) => void;
}

const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8192;
const HEADERS_MS = 5000;
const REQUEST_MS = 10_000;
const IDLE_MS = 5000;
/** A client that takes longer to read an answer is let go. */
const ANSWER_MS = 60_000;
/** Octets of answers that are not yet read by those who asked; while there are more, nobody gets another large one. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** A server that nobody listens on yet. */
export function createWebServer(options: WebServerOptions): Server {
  const book = new PageBook(options.pages);
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: 1000,
  };
  const server = createServer(limits, (request, response) => {
    limitTime(response, options.clock);
    void answer(request, response, book, options); // it catches what pages throw
  });
  server.maxConnections = MAX_CONNECTIONS;
  book.unread.watch(server);
  for (const event of ['checkContinue', 'checkExpectation']) {
    server.on(event, (_, response: ServerResponse) => {
      send(response, refusalAnswer({ status: 417, reason: 'a request here has no body' }), true);
    });
  }
  return server;
}

function limitTime(response: ServerResponse, clock: Clock): void {
  const limit = clock.setTimer(ANSWER_MS, () => response.destroy());
  response.on('close', () => limit.cancel());
}

/** Pages by path. */
class PageBook {
  readonly unread = new Unread();
  readonly #pages: ReadonlyMap<string, WebPage>;
  readonly #parents: readonly WebPage[];

  constructor(pages: readonly WebPage[]) {
    this.#pages = new Map(pages.map((page) => [page.path, page]));
    this.#parents = pages.filter(({ hasChildren }) => hasChildren);
  }

  async answer(request: WebRequest): Promise<WebAnswer> {
    const { path } = request;
    const page = this.#pages.get(path) ?? this.#parents.find((each) => path.startsWith(each.path));
    if (page?.isLarge && this.unread.bytes > MAX_UNREAD_BYTES) {
      return textAnswer(503, ['too many answers are not read by those who asked']);
    }
    return page ? await page.answer(request) : this.#notFound();
  }

  #notFound(): WebAnswer {
    return textAnswer(404, ['there is no such page; these are here:', ...this.#pages.keys()]);
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  book: PageBook,
  { hosts, onFault }: WebServerOptions,
): Promise<void> {
  const { method = '', url = '', headers, socket } = request;
  const refusal = refuse({ method, target: url, headers }, hosts);
  if (refusal) return send(response, refusalAnswer(refusal), true);
  const [path = '', query = ''] = url.split('?', 2);
  try {
    const isGone = () => response.destroyed || socket.destroyed;
    const found = await book.answer({ path, query: new URLSearchParams(query), isGone });
    book.unread.add(socket, response, Buffer.byteLength(found.body));
    send(response, found, false);
  } catch (error) {
    onFault(path, error);
    send(response, textAnswer(500, ['internal error; the log tells more']), true);
  }
}

function refusalAnswer({ status, reason, headers = {} }: Refusal): WebAnswer {
  return { ...textAnswer(status, [reason]), headers };
}

/** @param isLast whoever sent this has nothing more to say to us */
function send(response: ServerResponse, answer: WebAnswer, isLast: boolean): void {
  const { status, type, body, headers } = answer;
  response.writeHead(status, {
    ...HEADERS,
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    ...(isLast && { connection: 'close' }),
    ...headers,
  });
  response.end(body); // Node.js leaves the body out for HEAD
}
