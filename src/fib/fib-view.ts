/** The FIB as `show fib` prints it. */
import type { FibRouteView } from '../api/views.ts';
import { formatAddress, formatPrefix } from '../net/text.ts';
import type { DeltaTracker } from './delta-tracker.ts';
import type { KernelNextHop } from './kernel.ts';
import type { RouteProblems } from './route-problems.ts';

/** Wanted routes with their state, and owned ones nobody wants (any more) as installed. */
export function* viewRoutes(
  tracker: DeltaTracker,
  problems: RouteProblems,
  protocol: number,
): Generator<FibRouteView> {
  const rows: number[] = [];
  tracker.forEach((row) => void rows.push(row));
  for (const row of rows) {
    const wanted = tracker.desired(row);
    const target = wanted ?? tracker.owned(row)[0];
    if (!target) continue;
    const problem = problems.get(row);
    const isInstalled = !wanted || tracker.isInstalled(row);
    yield {
      prefix: formatPrefix(tracker.prefixOf(row)),
      type: target.type,
      nextHops: target.nextHops.map(viewHop),
      metric: target.metric,
      protocol,
      state: isInstalled
        ? 'installed'
        : !problem
          ? 'missing'
          : problem.isForeign
            ? 'foreign'
            : 'failed',
      error: isInstalled || !problem ? null : `${problem.reason} (${problem.errno})`,
    };
  }
}

function viewHop({ via, dev, onlink }: KernelNextHop): FibRouteView['nextHops'][number] {
  return { via: via ? formatAddress(via) : null, dev: dev ?? null, onlink: onlink ?? false };
}
