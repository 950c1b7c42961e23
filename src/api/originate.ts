/** From the body of a request to what is to be originated; what the texts mean is for the daemon to say. */
import { CatbirdError } from '../net/error.ts';
import { fieldOf, textOf } from './request-body.ts';
import type { OriginateOrder } from './views.ts';

const KEYS = ['owner', 'prefixes', 'all', 'communities', 'localPref', 'med', 'leaseSec'];

/** @throws CatbirdError for a body that is of another shape; unknown keys are faults, as in files */
export function orderOf(body: unknown): OriginateOrder {
  const stranger = Object.keys(Object(body)).find((key) => !KEYS.includes(key));
  if (stranger !== undefined)
    throw wrong(`there is no '${stranger}'; known are ${KEYS.join(', ')}`);
  const owner = textOf(body, 'owner');
  if (owner === undefined) throw wrong('owner is required: who announces');
  return {
    owner,
    prefixes: textsOf(body, 'prefixes'),
    all: fieldOf(body, 'all') === true,
    communities: textsOf(body, 'communities'),
    localPref: numberOf(body, 'localPref'),
    med: numberOf(body, 'med'),
    leaseSec: numberOf(body, 'leaseSec'),
  };
}

function textsOf(body: unknown, key: string): string[] {
  const value = fieldOf(body, key) ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw wrong(`${key} is a list of texts`);
}

function numberOf(body: unknown, key: string): number | undefined {
  const value = fieldOf(body, key);
  if (value === undefined || typeof value === 'number') return value;
  throw wrong(`${key} is a number`);
}

function wrong(reason: string): CatbirdError {
  return new CatbirdError('CATBIRD_API_REQUEST', reason);
}
