/**
 * What the web server refuses before any page is asked.
 *
 * It only reads, for whoever reaches the port; so what remains is that a web page elsewhere must not read
 * through an operator's browser. Such a page can reach us under a name of its own (DNS rebinding), which the
 * Host header gives away, or across sites, which browsers say in Sec-Fetch-Site and Origin.
 */

/** The parts of a request that are judged. */
export interface RequestFacts {
  readonly method: string;
  /** As it stands in the request line. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const LONGEST_TARGET = 2048;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const IPV6 = /^\[[0-9a-f:.%]+\]$/;

/**
 * Judges a request.
 *
 * @param hosts names the server is reached by, beside addresses and `localhost`; lower case
 * @returns undefined when pages may answer it
 */
export function refuse(request: RequestFacts, hosts: ReadonlySet<string>): Refusal | undefined {
  return (
    refuseMethod(request) ??
    refuseBody(request) ??
    refuseTarget(request) ??
    refuseSite(request, hosts)
  );
}

function refuseMethod({ method }: RequestFacts): Refusal | undefined {
  if (method === 'GET' || method === 'HEAD') return undefined;
  return { status: 405, reason: 'everything here is only read', headers: { allow: 'GET, HEAD' } };
}

function refuseBody({ headers }: RequestFacts): Refusal | undefined {
  const length = headers['content-length'];
  const hasBody = headers['transfer-encoding'] !== undefined || (length ?? '0') !== '0';
  return hasBody ? { status: 413, reason: 'a request here has no body' } : undefined;
}

function refuseTarget({ target }: RequestFacts): Refusal | undefined {
  if (target.length > LONGEST_TARGET) return { status: 414, reason: 'the path is too long' };
  // Neither another server's address (a proxy request) nor something a browser would take for one.
  if (!target.startsWith('/') || target.startsWith('//')) {
    return { status: 400, reason: 'the target is no path of this server' };
  }
  return undefined;
}

function refuseSite({ headers }: RequestFacts, hosts: ReadonlySet<string>): Refusal | undefined {
  const host = text(headers['host']).toLowerCase();
  const name = host.replace(/:\d+$/, '');
  if (!isOurs(name, hosts)) {
    return { status: 421, reason: 'this server has no such name; --http-host gives it one' };
  }
  const origin = headers['origin'];
  const isForeign = origin !== undefined && text(origin).toLowerCase() !== `http://${host}`;
  if (isForeign || isCrossSite(headers)) {
    return { status: 403, reason: 'another site may not read here' };
  }
  return undefined;
}

function isOurs(name: string, hosts: ReadonlySet<string>): boolean {
  return name === 'localhost' || IPV4.test(name) || IPV6.test(name) || hosts.has(name);
}

/** A link from elsewhere that a person follows is welcome; what a page loads from elsewhere is not. */
function isCrossSite(headers: RequestFacts['headers']): boolean {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return headers['sec-fetch-mode'] !== 'navigate' || headers['sec-fetch-dest'] !== 'document';
}

function text(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
