/** All scenarios, in the order they are played. */
import { churn } from './churn.ts';
import { fanOut, reflector } from './reflection.ts';
import type { Scenario } from './scenario.ts';
import { sessions } from './sessions.ts';
import { table } from './table.ts';

export const SCENARIOS: readonly Scenario[] = [table, fanOut, reflector, sessions, churn];

/** @throws Error that names the known ones */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found) return found;
  const known = SCENARIOS.map((scenario) => scenario.name).join(', ');
  throw new Error(`there is no scenario ${name}; there are ${known}`);
}
