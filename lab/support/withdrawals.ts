/**
 * Withdrawals as neighbours saw them, each by its own means: the kernel's route events, FRR's log of received
 * UPDATEs, GoBGP's event stream.
 */
import type { Daemon } from './daemon.ts';
import { birdRoutes } from './kernel-routes.ts';
import type { Laboratory } from './laboratory.ts';

export interface WithdrawalWatch {
  /** What was withdrawn since the watch began, in its words; empty when nothing. */
  seen(): readonly string[];
}

/**
 * Prefixes with a route by BGP that were without any for a moment. A route that gives way to one of another metric is
 * removed after the other was added, and does not count.
 */
export function watchKernel(
  lab: Laboratory,
  name: string,
  namespace: string,
  protocol: 'bird' | 'bgp' = 'bird',
): WithdrawalWatch {
  const known = [...birdRoutes(namespace, protocol).values()];
  const monitor = lab.start(`routes-${name}`, namespace, ['ip', '-4', 'monitor', 'route']);
  return {
    seen() {
      const metrics = new Map(known.map(({ dst, metric }) => [dst, new Set([metric ?? 0])]));
      return monitor
        .logLines(new RegExp(`\\bproto ${protocol}\\b`))
        .filter((line) => isLast(metrics, line))
        .map((line) => `${name}: ${line}`);
    },
  };
}

/** Follows an event; true when it took the last route of a prefix that had one at the start. */
function isLast(metrics: ReadonlyMap<string, Set<number>>, line: string): boolean {
  const isDeleted = line.startsWith('Deleted ');
  const words = line.replace(/^(Deleted )?((blackhole|unreachable|prohibit) )?/, '').split(' ');
  const routes = metrics.get(words[0]!);
  const metric = Number(/\bmetric (\d+)/.exec(line)?.[1] ?? 0);
  if (!isDeleted) routes?.add(metric);
  return isDeleted && routes?.delete(metric) === true && routes.size === 0;
}

/** @param bgpd runs with `debug bgp updates in` */
export function watchFrr(bgpd: Daemon): WithdrawalWatch {
  const before = bgpd.logLines(WITHDRAWN).length;
  return { seen: () => bgpd.logLines(WITHDRAWN).slice(before) };
}

const WITHDRAWN = /withdrawn/;

/** Ends with GoBGP. */
export function watchGobgp(lab: Laboratory, namespace: string): WithdrawalWatch {
  const streams = [
    ['adj-in'], // what neighbours send
    ['global', 'rib'], // and what it makes of it: routes of a restarting neighbour that it lets go
  ].map((words) => lab.start(`gobgp-${words[0]}`, namespace, ['gobgp', 'monitor', ...words]));
  return { seen: () => streams.flatMap((stream) => stream.logLines(/DELROUTE/)) };
}
