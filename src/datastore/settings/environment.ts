/**
 * The environment with everything that overrides it put in place, so that nobody else needs to know:
 * flags first, then a CalicoAPIConfig file or else `CALICO_NAME`, then `NAME` (calico-datastore.md §1).
 */
import { readFileSync } from 'node:fs';
import { CatbirdError } from '../../net/error.ts';
import { reasonOf } from '../folder-files.ts';
import { readApiConfig } from './api-config.ts';
import { VARIABLES, type Variable } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line says, by flag; `true` for a switch. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** For `parseArgs`: a flag for every variable that has one. */
export const ENVIRONMENT_FLAGS: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>> =
  Object.fromEntries(
    VARIABLES.flatMap(({ flag, type }) =>
      flag === undefined
        ? []
        : [[flag, { type: type === 'boolean' ? ('boolean' as const) : ('string' as const) }]],
    ),
  );

/**
 * Every variable under its plain name, undefined where it is empty or not set.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_SETTINGS when a file is named that cannot be read
 */
export function resolveEnvironment(env: Environment, flags: Flags = {}): Environment {
  const fileName = flagOf(flags, 'calico-config') ?? (env['CATBIRD_CALICO_CONFIG'] || undefined);
  const file = fileName === undefined ? undefined : readApiConfig(readFile(fileName), fileName);
  const resolved = VARIABLES.map((variable) => {
    const given = variable.flag === undefined ? undefined : flagOf(flags, variable.flag);
    return [variable.name, given ?? fromOutside(variable, env, file)] as const;
  });
  return { ...env, ...Object.fromEntries(resolved) };
}

function flagOf(flags: Flags, flag: string): string | undefined {
  const value = flags[flag];
  return value === undefined ? undefined : String(value);
}

function fromOutside(
  { name, flag, isLibcalico }: Variable,
  env: Environment,
  file: Environment | undefined,
): string | undefined {
  if (!isLibcalico) return env[name] || undefined;
  if (file) return file[name];
  if (flag === undefined) return undefined; // inline certificates are a file's alone
  return env[`CALICO_${name}`] || env[name] || undefined;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CatbirdError(
      'CATBIRD_DATASTORE_SETTINGS',
      `the file ${path} with the settings of the datastore cannot be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
}

/**
 * A switch as libcalico reads it.
 *
 * @throws CatbirdError CATBIRD_DATASTORE_SETTINGS for any other word
 */
export function isSet(env: Environment, name: string): boolean {
  const value = env[name] ?? '';
  if (/^(|0|f|F|false|False|FALSE)$/.test(value)) return false;
  if (/^(1|t|T|true|True|TRUE)$/.test(value)) return true;
  throw settingsError(`${name} is true or false, not '${value}'`);
}

/** What is wrong with a setting, as an error. */
export function settingsError(reason: string): CatbirdError {
  return new CatbirdError('CATBIRD_DATASTORE_SETTINGS', reason);
}
