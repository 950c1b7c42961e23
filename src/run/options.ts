/** The options of `catbird run`: flags first, then the environment, then defaults. */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { CatbirdError } from '../net/error.ts';

export interface RunOptions {
  readonly source: { readonly configFile: string } | { readonly datastore: string };
  readonly node: string;
  readonly apiPath: string;
  /** Overrides the configuration's level. */
  readonly logLevel: string | undefined;
  readonly kernel: 'netlink' | 'ip' | 'dry-run';
  readonly env: Environment;
  readonly isTerminal: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_API_PATH = '/run/catbird/catbird.sock';

/**
 * Reads the words behind `catbird run`.
 *
 * @throws CatbirdError CATBIRD_USAGE with a sentence that says what is missing
 */
export function parseRunOptions(args: string[], env: Environment, isTerminal: boolean): RunOptions {
  const { values } = parseArgs({
    args,
    options: {
      config: { type: 'string' },
      datastore: { type: 'string' },
      node: { type: 'string' },
      api: { type: 'string' },
      'log-level': { type: 'string' },
      kernel: { type: 'string', default: 'netlink' },
    },
  });
  return {
    source: chooseSource(values.config, values.datastore),
    node: nodeName(values.node, env),
    apiPath: values.api ?? env['CATBIRD_API'] ?? DEFAULT_API_PATH,
    logLevel: chooseLogLevel(values['log-level'], env['BGP_LOGSEVERITYSCREEN']),
    kernel: chooseKernel(values.kernel),
    env,
    isTerminal,
  };
}

/** Flag, NODENAME, host name in lower case (calico-datastore §1.1). */
export function nodeName(flag: string | undefined, env: Environment): string {
  return flag ?? (env['NODENAME']?.trim() || (env['HOSTNAME']?.trim() || hostname()).toLowerCase());
}

function chooseSource(
  configFile: string | undefined,
  datastore: string | undefined,
): RunOptions['source'] {
  if (configFile !== undefined && datastore !== undefined) {
    throw new CatbirdError('CATBIRD_USAGE', 'give --config or --datastore, not both');
  }
  if (configFile !== undefined) return { configFile };
  if (datastore !== undefined) return { datastore };
  throw new CatbirdError(
    'CATBIRD_USAGE',
    'say where the configuration is: --config FILE or --datastore folder:DIR',
  );
}

const LOG_LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug', 'trace', 'silent'];
/** Calico's severities that are called differently here. */
const SEVERITIES: Readonly<Record<string, string>> = { warning: 'warn', fatal: 'error' };

/** The flag must be right; what the environment of calico-node says has no veto (LOG-3). */
function chooseLogLevel(
  flag: string | undefined,
  severity: string | undefined,
): string | undefined {
  if (flag !== undefined && !LOG_LEVELS.includes(flag)) {
    const levels = LOG_LEVELS.join(', ');
    throw new CatbirdError('CATBIRD_USAGE', `--log-level takes ${levels}, not '${flag}'`);
  }
  const known = severity?.trim().toLowerCase() ?? '';
  const level = SEVERITIES[known] ?? known;
  return flag ?? (LOG_LEVELS.includes(level) ? level : undefined);
}

function chooseKernel(text: string): RunOptions['kernel'] {
  if (text === 'netlink' || text === 'ip' || text === 'dry-run') return text;
  throw new CatbirdError('CATBIRD_USAGE', `--kernel takes netlink, ip or dry-run, not '${text}'`);
}
