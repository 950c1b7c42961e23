/**
 * Whether the node may be counted on, as Kubernetes asks: by a policy over the sessions that count, with the
 * reasons it is not.
 *
 * | policy | ready when |
 * |---|---|
 * | `calico` | for the first 30 s all are Established, later at least one (OBS-2); the default |
 * | `all` | all are Established |
 * | `any` | at least one is |
 * | `quorum` | more than half are |
 * | a number | at least so many are, or all where there are fewer |
 *
 * Whatever the policy: not before the configuration is there, and not while routes of an earlier run are
 * still waited for. Without sessions that count the node is ready.
 */
import { matchesAnyGlob } from '../net/glob.ts';

export type ReadinessPolicy = 'calico' | 'all' | 'any' | 'quorum' | number;

export interface ReadinessRule {
  readonly policy: ReadinessPolicy;
  /** Globs of session labels that count. */
  readonly neighbors: readonly string[];
}

export interface ReadinessFacts {
  /** Since the start of the process. */
  readonly uptimeMs: number;
  readonly hasConfig: boolean;
  readonly isRecovering: boolean;
  readonly neighbors: readonly { readonly name: string; readonly state: string }[];
}

export interface Readiness {
  readonly isReady: boolean;
  /** One sentence each; what holds readiness back, or why it is there. */
  readonly reasons: readonly string[];
}

/** OBS-2: workloads of the node are not counted. */
export const CALICO_READINESS: ReadinessRule = {
  policy: 'calico',
  neighbors: ['Global_*', 'Node_*', 'Mesh_*'],
};

const START_UP_MS = 30_000;
/** Sessions named in the reasons; of more only the number is told. */
const NAMED = 20;

/** Judges readiness now. */
export function judgeReadiness(rule: ReadinessRule, facts: ReadinessFacts): Readiness {
  if (!facts.hasConfig) return no(['there is no configuration yet']);
  if (facts.isRecovering) return no(['routes of neighbors are still waited for after the start']);
  const counted = facts.neighbors.filter(({ name }) => matchesAnyGlob(rule.neighbors, name));
  if (counted.length === 0) return { isReady: true, reasons: ['no session counts'] };
  const down = counted.filter(({ state }) => state !== 'Established');
  const needed = neededOf(rule.policy, counted.length, facts.uptimeMs);
  const up = counted.length - down.length;
  const summary = `${up} of ${counted.length} sessions are Established, ${needed} needed`;
  if (up >= needed) return { isReady: true, reasons: [summary] };
  const named = down.slice(0, NAMED).map(({ name, state }) => `${name} is ${state}`);
  const more = down.length > NAMED ? [`and ${down.length - NAMED} more`] : [];
  return no([summary, ...named, ...more]);
}

function no(reasons: readonly string[]): Readiness {
  return { isReady: false, reasons };
}

function neededOf(policy: ReadinessPolicy, count: number, uptimeMs: number): number {
  switch (policy) {
    case 'calico':
      return uptimeMs < START_UP_MS ? count : 1;
    case 'all':
      return count;
    case 'any':
      return 1;
    case 'quorum':
      return Math.floor(count / 2) + 1;
    default:
      return Math.min(policy, count);
  }
}
