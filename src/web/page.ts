/** What the web server serves: pages by path, each a function of the request. */

export interface WebAnswer {
  readonly status: number;
  /** Media type with its charset. */
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Beside those every answer has, or instead of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebRequest {
  /** As it stands in the request line, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Nobody waits for the answer any more. */
  isGone(): boolean;
}

export interface WebPage {
  /** Compared octet for octet with the request's path; nothing is decoded or normalised. */
  readonly path: string;
  /** It answers for every path that begins with its own, too. */
  readonly hasChildren?: boolean;
  /** Its answers are large: while many are not read there are none, so that probes have room. */
  readonly isLarge?: boolean;
  answer(request: WebRequest): WebAnswer | Promise<WebAnswer>;
}

/** A short answer for people and probes. */
export function textAnswer(status: number, lines: readonly string[]): WebAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${lines.join('\n')}\n` };
}

/** An answer for programs. */
export function jsonAnswer(status: number, value: unknown): WebAnswer {
  return { status, type: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}
