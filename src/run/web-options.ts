/** The options of `catbird run` about HTTP on a TCP port. */
import type { Flags } from '../datastore/settings/environment.ts';
import { CatbirdError } from '../net/error.ts';
import { formatAddress, parseAddress } from '../net/text.ts';
import { CALICO_READINESS, type ReadinessPolicy, type ReadinessRule } from '../web/readiness.ts';

export interface WebOptions {
  /** An address as text; undefined for every one. */
  readonly host: string | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  /** Names the server is reached by, beside addresses and `localhost`; lower case. */
  readonly names: ReadonlySet<string>;
  readonly readiness: ReadinessRule;
  /** Every session has its own series. */
  readonly isPerNeighbor: boolean;
}

/** The flags of {@link readWebOptions}, for `parseArgs`. */
export const WEB_FLAGS = {
  http: { type: 'string' },
  'http-host': { type: 'string' },
  ready: { type: 'string' },
  'ready-neighbors': { type: 'string' },
  'metrics-per-neighbor': { type: 'boolean' },
} as const;

const POLICIES = ['calico', 'all', 'any', 'quorum'] as const;

/**
 * What the flags ask for; undefined without `--http`.
 *
 * @throws CatbirdError CATBIRD_USAGE for a value that means nothing
 */
export function readWebOptions(flags: Flags): WebOptions | undefined {
  const http = flags['http'];
  if (typeof http !== 'string') {
    const idle = Object.keys(WEB_FLAGS).find((name) => flags[name] !== undefined);
    if (idle) throw new CatbirdError('CATBIRD_USAGE', `--${idle} goes with --http`);
    return undefined;
  }
  return {
    ...endpointOf(http),
    names: new Set(listOf(flags['http-host']).map((name) => name.toLowerCase())),
    readiness: readinessOf(flags),
    isPerNeighbor: flags['metrics-per-neighbor'] === true,
  };
}

function endpointOf(text: string): { host: string | undefined; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const address = parseAddress(host);
  const port = Number(match?.[3] ?? Number.NaN);
  if (!(port <= 65_535) || (host !== '' && !address)) {
    const example = '127.0.0.1:9179, [::1]:9179 or :9179';
    throw new CatbirdError(
      'CATBIRD_USAGE',
      `--http takes ADDRESS:PORT as ${example}, not '${text}'`,
    );
  }
  return { host: address && formatAddress(address), port };
}

function readinessOf(flags: Flags): ReadinessRule {
  const { neighbors } = CALICO_READINESS;
  const globs = listOf(flags['ready-neighbors']);
  return { policy: policyOf(flags['ready']), neighbors: globs.length > 0 ? globs : neighbors };
}

function policyOf(text: string | boolean | undefined): ReadinessPolicy {
  if (text === undefined) return CALICO_READINESS.policy;
  const name = POLICIES.find((policy) => policy === text);
  const number = Number(text);
  if (name) return name;
  if (/^[1-9]\d{0,5}$/.test(String(text))) return number;
  const words = `${POLICIES.join(', ')} or a number`;
  throw new CatbirdError('CATBIRD_USAGE', `--ready takes ${words}, not '${text}'`);
}

/** Words between commas. */
function listOf(value: string | boolean | undefined): string[] {
  if (typeof value !== 'string') return [];
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
