/** Runs a target over seed after seed, and makes what breaks it small. */
import { Dice } from './dice.ts';
import { shrink } from './shrink.ts';
import type { FuzzTarget } from './target.ts';

/** An input that breaks a promise. */
export interface Find {
  readonly target: FuzzTarget;
  /** One run with this seed is enough to see it again. */
  readonly seed: number;
  readonly input: Uint8Array;
  readonly error: Error;
}

/** What breaks; undefined when all is well. */
export async function failureOf(target: FuzzTarget, input: Uint8Array): Promise<Error | undefined> {
  try {
    await target.run(input);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The input of a seed. */
export function inputOf(target: FuzzTarget, seed: number): Uint8Array {
  return target.make(new Dice(seed));
}

/** One run; a find comes as small as it gets. */
export async function runSeed(target: FuzzTarget, seed: number): Promise<Find | undefined> {
  const input = inputOf(target, seed);
  const error = await failureOf(target, input);
  if (!error) return undefined;
  const small = await shrink(target, input, signatureOf(error));
  return { target, seed, input: small, error: (await failureOf(target, small)) ?? error };
}

/** Equal for finds that are most likely the same: kind and place of the error, its numbers left out. */
export function signatureOf(error: Error): string {
  const where = error.stack?.split('\n').find((line) => /\/(src|test)\//.test(line)) ?? '';
  const what = error.message.slice(0, 40).replace(/[^A-Za-z ]+/g, '#');
  return `${error.name} ${what} ${where.trim().replace(/.*\/(?=src|test)/, '')}`;
}
