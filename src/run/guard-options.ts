/** The settings of what stands between a datastore and the daemon: brake and stored configuration. */
import type { Environment } from '../datastore/settings/environment.ts';
import { CatbirdError } from '../net/error.ts';

export interface GuardOptions {
  /** Directory of the stored configuration; undefined for none. */
  readonly stateDirectory: string | undefined;
  /** Of 1; undefined: there is no brake. */
  readonly brakeShare: number | undefined;
  /** What is held is applied after this time; undefined: only by an operator. */
  readonly brakeWaitMs: number | undefined;
}

const DEFAULT_STATE_DIRECTORY = '/var/lib/catbird';
const DEFAULT_BRAKE = '50%';
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** @throws CatbirdError CATBIRD_USAGE for a share or a time that is none */
export function readGuardOptions(env: Environment): GuardOptions {
  return {
    stateDirectory: stateDirectoryOf(env),
    brakeShare: shareOf(env['CATBIRD_BRAKE'] ?? DEFAULT_BRAKE),
    brakeWaitMs: waitOf(env['CATBIRD_BRAKE_WAIT']),
  };
}

/** Where what outlives the process is kept; undefined for nowhere. */
export function stateDirectoryOf(env: Environment): string | undefined {
  const state = env['CATBIRD_STATE'] ?? DEFAULT_STATE_DIRECTORY;
  return state === 'none' ? undefined : state;
}

function shareOf(text: string): number | undefined {
  if (text === 'off') return undefined;
  const [, digits] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  const percent = Number(digits);
  if (percent <= 100) return percent / 100;
  throw new CatbirdError('CATBIRD_USAGE', `--brake takes a share like 50%, or off, not '${text}'`);
}

function waitOf(text: string | undefined): number | undefined {
  if (text === undefined || text === 'none') return undefined;
  const [, digits, unit = 's'] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * UNITS[unit || 's']!;
  throw new CatbirdError('CATBIRD_USAGE', `--brake-wait takes a time like 10m, not '${text}'`);
}
