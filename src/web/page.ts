/** What the web server serves: pages by exact path, each a function of the query. */

export interface WebAnswer {
  readonly status: number;
  /** Media type with its charset. */
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Beside those every answer has, or instead of them. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebPage {
  /** Compared octet for octet with the request's path; nothing is decoded or normalised. */
  readonly path: string;
  answer(query: URLSearchParams): WebAnswer | Promise<WebAnswer>;
}

/** A short answer for people and probes. */
export function textAnswer(status: number, lines: readonly string[]): WebAnswer {
  return { status, type: 'text/plain; charset=utf-8', body: `${lines.join('\n')}\n` };
}
