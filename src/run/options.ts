/** The options of `catbird run`: flags first, then the environment, then defaults. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { chooseDatastore } from '../datastore/settings/choose.ts';
import {
  ENVIRONMENT_FLAGS,
  type Environment,
  type Flags,
  resolveEnvironment,
} from '../datastore/settings/environment.ts';
import type { DatastoreSettings } from '../datastore/settings/settings.ts';
import { CatbirdError } from '../net/error.ts';
import { stateDirectoryOf } from './guard-options.ts';
import { readWebOptions, WEB_FLAGS, type WebOptions } from './web-options.ts';

export interface RunOptions {
  readonly source: { readonly configFile: string } | { readonly datastore: DatastoreSettings };
  /** Nothing may run: Calico routes without BGP here. */
  readonly isOff: boolean;
  readonly node: string;
  readonly apiPath: string;
  /** Who may read on a socket of its own; undefined for nobody. */
  readonly apiGroup: number | undefined;
  /** Whose agents may have routes announced, on a socket of its own; undefined for nobody. */
  readonly brokerGroup: number | undefined;
  /** Directory for what outlives the process; undefined for none. */
  readonly stateDirectory: string | undefined;
  /** Directory for `bird.ctl` and `bird6.ctl` (OBS-1); undefined for none. */
  readonly birdSockets: string | undefined;
  /** HTTP on a TCP port; undefined for none. */
  readonly web: WebOptions | undefined;
  /** Overrides the configuration's level. */
  readonly logLevel: string | undefined;
  readonly kernel: 'netlink' | 'ip' | 'dry-run';
  /** With flags and prefixed variables put in their places. */
  readonly env: Environment;
  readonly isTerminal: boolean;
}

/** What every command that reads a datastore takes. */
export interface DatastoreOptions {
  readonly datastore: DatastoreSettings;
  readonly node: string;
  readonly env: Environment;
}

/** The flags of {@link readDatastoreOptions}, for `parseArgs`. */
export const DATASTORE_FLAGS = ENVIRONMENT_FLAGS;

const DEFAULT_API_PATH = '/run/catbird/catbird.sock';
const DEFAULT_NODENAME_FILE = '/var/lib/calico/nodename';

/**
 * Reads the words behind `catbird run`.
 *
 * @throws CatbirdError CATBIRD_USAGE with a sentence that says what is missing, or what
 *   {@link readDatastoreOptions} throws
 */
export function parseRunOptions(
  args: string[],
  outside: Environment,
  isTerminal: boolean,
): RunOptions {
  const options = {
    ...DATASTORE_FLAGS,
    ...WEB_FLAGS,
    config: { type: 'string' },
    api: { type: 'string' },
    'api-group': { type: 'string' },
    'broker-group': { type: 'string' },
    'bird-sockets': { type: 'string' },
    kernel: { type: 'string', default: 'netlink' },
  } as const;
  const values: Flags = parseArgs({ args, options }).values;
  const { source, env, node } = readSource(values, outside);
  return {
    source,
    isOff: 'datastore' in source && hasOtherBackend(env),
    node,
    apiPath: text(values['api']) ?? env['CATBIRD_API'] ?? DEFAULT_API_PATH,
    apiGroup: groupOf('--api-group', text(values['api-group'])),
    brokerGroup: groupOf('--broker-group', text(values['broker-group'])),
    stateDirectory: stateDirectoryOf(env),
    birdSockets: text(values['bird-sockets']),
    web: readWebOptions(values),
    logLevel: chooseLogLevel(text(values['log-level']), env['BGP_LOGSEVERITYSCREEN']),
    kernel: chooseKernel(String(values['kernel'])),
    env,
    isTerminal,
  };
}

/**
 * Which datastore flags and environment mean, and which node (calico-datastore §1).
 *
 * @throws CatbirdError when settings are missing or contradict each other
 */
export function readDatastoreOptions(flags: Flags, outside: Environment): DatastoreOptions {
  const env = resolveEnvironment(outside, flags);
  const node = nodeName(env);
  return { datastore: chooseDatastore(env, node), node, env };
}

/** A file of our own leaves nothing to the datastore. */
function readSource(
  flags: Flags,
  outside: Environment,
): Pick<RunOptions, 'source' | 'env' | 'node'> {
  const configFile = text(flags['config']);
  if (configFile === undefined) {
    const { datastore, ...rest } = readDatastoreOptions(flags, outside);
    return { source: { datastore }, ...rest };
  }
  if (flags['datastore'] !== undefined) {
    throw new CatbirdError('CATBIRD_USAGE', 'give --config or --datastore, not both');
  }
  const env = resolveEnvironment({ ...outside, CATBIRD_CALICO_CONFIG: undefined }, flags);
  return { source: { configFile }, env, node: nodeName(env) };
}

/** As calico-node resolves it at its start: variable, file, names of the host (calico-datastore §1.1). */
function nodeName(env: Environment): string {
  const host = () => (env['HOSTNAME']?.trim() || hostname()).toLowerCase();
  return env['NODENAME']?.trim() || storedName(env['CALICO_NODENAME_FILE']) || host();
}

/** What calico-node found at an earlier start; mostly there is no such file. */
function storedName(path = DEFAULT_NODENAME_FILE): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function hasOtherBackend(env: Environment): boolean {
  return ['none', 'vxlan'].includes(env['CALICO_NETWORKING_BACKEND'] ?? '');
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const LOG_LEVELS: readonly string[] = ['error', 'warn', 'info', 'debug', 'trace', 'silent'];
/** Calico's severities that are called differently here. */
const SEVERITIES: Readonly<Record<string, string>> = { warning: 'warn', fatal: 'error' };

/** A group by name or number, as the system knows it. */
function groupOf(flag: string, name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  const lines = readFileSync('/etc/group', 'utf8').split('\n');
  const known = lines.map((line) => line.split(':')).find(([group]) => group === name)?.[2];
  if (/^\d{1,9}$/.test(known ?? name)) return Number(known ?? name);
  throw new CatbirdError('CATBIRD_USAGE', `${flag}: this system has no group '${name}'`);
}

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
  return LOG_LEVELS.includes(level) ? level : undefined;
}

function chooseKernel(text: string): RunOptions['kernel'] {
  if (text === 'netlink' || text === 'ip' || text === 'dry-run') return text;
  throw new CatbirdError('CATBIRD_USAGE', `--kernel takes netlink, ip or dry-run, not '${text}'`);
}
