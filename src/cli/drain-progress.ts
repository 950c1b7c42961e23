/** Follows a drain to its end, one line per change, for the commands that start one. */
import { setTimeout as delay } from 'node:timers/promises';
import { CatbirdError } from '../net/error.ts';
import { getDocument } from './client.ts';
import type { CommandIo } from './command.ts';

const LOOK_MS = 250;

interface Progress {
  readonly phase: string;
  readonly remainingSec: number;
  readonly sessions: number;
  readonly routes: number;
}

/** One look. */
export async function drainProgress(api: string): Promise<Progress> {
  return (await getDocument(api, '/v1/drain')) as Progress;
}

/**
 * Prints until the drain is over, the daemon is gone, or somebody called it off.
 *
 * @returns false when it was called off
 */
export async function followDrain(api: string, io: CommandIo): Promise<boolean> {
  for (let last = ''; ; await delay(LOOK_MS)) {
    const progress = await lookAgain(api);
    if (progress === undefined) return true;
    const line = describeProgress(progress);
    if (line !== last) io.stdout.write(`${line}\n`);
    last = line;
    if (progress.phase === 'drained') return true;
    if (progress.phase === 'idle') return false;
  }
}

/** As a line. */
export function describeProgress({ phase, remainingSec, sessions, routes }: Progress): string {
  const left = `${sessions} sessions, ${routes} routes announced`;
  return phase === 'announcing' ? `${phase}: ${remainingSec} s left, ${left}` : `${phase}: ${left}`;
}

/** Undefined when the daemon has ended. */
async function lookAgain(api: string): Promise<Progress | undefined> {
  try {
    return await drainProgress(api);
  } catch (error) {
    if (error instanceof CatbirdError && error.code === 'CATBIRD_UNREACHABLE') return undefined;
    throw error;
  }
}
