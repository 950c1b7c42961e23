/** All scenarios, in the order they are played. */
import { churn } from './churn.ts';
import { coldStart200, coldStart500 } from './cold-start.ts';
import { idle } from './idle.ts';
import { fib, fibMesh } from './kernel-filling.ts';
import { latenessFib, latenessTable } from './lateness.ts';
import { addPath, fanOut, ipv6FanOut, reflector } from './reflection.ts';
import type { Scenario } from './scenario.ts';
import { sessions } from './sessions.ts';
import { slowPeer } from './slow-peer.ts';
import { ipv6Table, policy, table } from './table.ts';

export const SCENARIOS: readonly Scenario[] = [
  table,
  fanOut,
  reflector,
  coldStart200,
  coldStart500,
  sessions,
  fib,
  fibMesh,
  churn,
  slowPeer,
  ipv6FanOut,
  ipv6Table,
  idle,
  addPath,
  policy,
  latenessTable,
  latenessFib,
];

/** @throws Error that names the known ones */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found) return found;
  const known = SCENARIOS.map((scenario) => scenario.name).join(', ');
  throw new Error(`there is no scenario ${name}; there are ${known}`);
}

/** The scenarios a word on the command line stands for: a name, or the group of several. */
export function scenariosFor(word: string): readonly Scenario[] {
  const group = SCENARIOS.filter((scenario) => scenario.group === word);
  return group.length > 0 ? group : [scenarioNamed(word)];
}
