/** All speakers the bench can measure; those that are not installed are left out of a run. */
import { existsSync } from 'node:fs';
import { isInstalled } from '../../lab/support/shell.ts';
import { bird } from './bird.ts';
import { catbird } from './catbird.ts';
import { frr } from './frr.ts';
import { gobgp } from './gobgp.ts';
import { kernel } from './kernel.ts';
import { openbgpd } from './openbgpd.ts';
import type { Program } from './program.ts';
import { relay } from './relay.ts';

export const PROGRAMS: readonly Program[] = [catbird, bird, frr, gobgp, openbgpd, relay, kernel];

/** Rows that are a limit, no speakers to be compared with. */
export const LIMITS: ReadonlySet<string> = new Set(['relay', 'kernel']);

/** @throws Error that names the known ones */
export function programNamed(name: string): Program {
  const found = PROGRAMS.find((program) => program.name === name);
  if (found) return found;
  const known = PROGRAMS.map((program) => program.name).join(', ');
  throw new Error(`there is no peer ${name}; there are ${known}`);
}

/** True when the program can be run here. */
export function isPresent({ command }: Program): boolean {
  return command.startsWith('/') ? existsSync(command) : isInstalled(command);
}
