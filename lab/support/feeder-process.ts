/** Starts `feed.ts` inside a network namespace. */
import { fileURLToPath } from 'node:url';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';

const PROGRAM = fileURLToPath(new URL('../feed.ts', import.meta.url));

export interface FeederProcess {
  /** Address of the peer that is fed. */
  readonly to: string;
  readonly asNumber: number;
  readonly routerId: string;
  /** Path of the MRT file. */
  readonly file: string;
}

/** Its last line of output is a `Feed` once all is sent; the session stays up until it is killed. */
export function startFeeder(
  lab: Laboratory,
  name: string,
  namespace: string,
  { to, asNumber, routerId, file }: FeederProcess,
): Daemon {
  const words = [PROGRAM, to, `${asNumber}`, routerId, file];
  return lab.start(name, namespace, [process.execPath, ...process.execArgv, ...words]);
}
