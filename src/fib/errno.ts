/** Error numbers of the kernel in symbols and words. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { CatbirdError } from '../net/error.ts';

const NAMES = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));

/** `EEXIST` for 17; `E95` style for numbers without a name. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}

/** The number behind a name, 0 when unknown. */
export function errnoValue(name: string): number {
  return Object.entries(constants.errno).find(([known]) => known === name)?.[1] ?? 0;
}

/** A few words for a number: `file already exists`. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? errnoName(errno);
}

/** What every kernel version answers when the process may not change routes. */
export function noPrivilege(cause?: unknown): CatbirdError {
  return new CatbirdError(
    'CATBIRD_NO_PRIVILEGE',
    'not allowed to change kernel routes: give the process CAP_NET_ADMIN, or set fib.enabled: false',
    { cause },
  );
}
