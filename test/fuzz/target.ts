/** What the fuzzer throws itself at: a reader of foreign input and what must hold whatever comes. */
import { isDeepStrictEqual } from 'node:util';
import type { Dice } from './dice.ts';

/**
 * One input is one run of octets, choices such as the kind of session included, so that a find fits
 * a file and shrinks by leaving octets out.
 */
export interface FuzzTarget {
  readonly name: string;
  /** The input is UTF-8 text, and shown as such. */
  readonly isText: boolean;
  /** A valid input, mostly damaged a little. */
  make(dice: Dice): Uint8Array;
  /** Throws, or rejects, when something does not hold. */
  run(input: Uint8Array): void | Promise<void>;
  /** Smaller inputs that generic cuts would not find, the largest cuts first. */
  reductions?(input: Uint8Array): Iterable<Uint8Array>;
}

/** Throws when a promise of the code under test is broken. */
export function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Throws when two values differ anywhere. */
export function checkSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${what}: ${show(actual)} is not ${show(expected)}`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
