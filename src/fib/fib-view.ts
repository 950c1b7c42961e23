/** The FIB as `show fib` prints it. */
import type { FibRouteView } from '../api/views.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatAddress, formatPrefix } from '../net/text.ts';
import type { KernelNextHop, KernelRoute } from './kernel.ts';
import type { RouteContest } from './route-contests.ts';
import type { RouteProblem } from './route-problems.ts';
import { formatTarget } from './route-target.ts';
import type { FibSide } from './route-writer.ts';

export interface FibFacts {
  readonly protocol: number;
  /** Monotonic ms. */
  readonly now: number;
  foreignAt(prefix: Prefix, metric: number): KernelRoute | undefined;
}

/** Wanted routes with their state, and owned ones nobody wants (any more) as installed. */
export function* viewRoutes(side: FibSide, facts: FibFacts): Generator<FibRouteView> {
  const rows: number[] = [];
  side.tracker.forEach((row) => void rows.push(row));
  for (const row of rows) {
    const view = viewRoute(side, row, facts);
    if (view) yield view;
  }
}

/** How many routes are in each state, exactly as {@link viewRoutes} would show them. */
export function countStates(sides: readonly FibSide[]): Record<FibRouteView['state'], number> {
  const counts = { installed: 0, missing: 0, foreign: 0, failed: 0 };
  for (const { tracker, problems } of sides) {
    tracker.forEach((row) => {
      const isWanted = tracker.desired(row) !== undefined;
      if (!isWanted && tracker.owned(row).length === 0) return;
      counts[isWanted && !tracker.isInstalled(row) ? stateOf(problems.get(row)) : 'installed']++;
    });
  }
  return counts;
}

/** One row; undefined when it is neither wanted nor owned. */
export function viewRoute(
  { tracker, problems, contests }: FibSide,
  row: number,
  { protocol, now, foreignAt }: FibFacts,
): FibRouteView | undefined {
  const wanted = tracker.desired(row);
  const target = wanted ?? tracker.owned(row)[0];
  if (!target) return undefined;
  const destination = tracker.prefixOf(row);
  const prefix = formatPrefix(destination);
  const problem = problems.get(row);
  const contest = contests.get(prefix);
  const foreign = problem?.isForeign ? foreignAt(destination, target.metric) : undefined;
  const isInstalled = !wanted || tracker.isInstalled(row);
  const refusal = problem && (foreign ? foreignWords(foreign) : refusalWords(problem));
  const obstacle = wanted?.withheld ?? refusal ?? (contest && disputeWords(contest, now));
  return {
    prefix,
    type: target.type,
    nextHops: target.nextHops.map(viewHop),
    metric: target.metric,
    protocol,
    state: isInstalled ? 'installed' : stateOf(problem),
    error: isInstalled ? null : (obstacle ?? null),
    contest: contest ? viewContest(contest, now) : null,
  };
}

function stateOf(problem: RouteProblem | undefined): FibRouteView['state'] {
  if (!problem) return 'missing';
  return problem.isForeign ? 'foreign' : 'failed';
}

function refusalWords({ reason, errno }: RouteProblem): string {
  return `${reason} (${errno})`;
}

function foreignWords({ protocol, target }: KernelRoute): string {
  return `protocol ${protocol} has the place: ${formatTarget(target)} (EEXIST)`;
}

function disputeWords(contest: RouteContest, now: number): string {
  const { did, losses, forSec, retryInSec } = viewContest(contest, now);
  return `${did} by another program ${losses} times in ${forSec} s, put back in ${retryInSec} s`;
}

function viewContest({ rival, losses, since, holdUntil }: RouteContest, now: number) {
  const { did, protocol, metric, port } = rival;
  const forSec = Math.round((now - since) / 1000);
  const retryInSec = Math.max(0, Math.round((holdUntil - now) / 1000));
  return { did, protocol, metric, port: port ?? null, losses, forSec, retryInSec };
}

function viewHop({ via, dev, onlink, weight }: KernelNextHop): FibRouteView['nextHops'][number] {
  return {
    via: via ? formatAddress(via) : null,
    dev: dev ?? null,
    onlink: onlink ?? false,
    weight: weight ?? 1,
  };
}
