/** What the kernel of a namespace says its routes are. */
import { inside, run } from './shell.ts';

export interface KernelRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly metric?: number;
}

/** The main table's IPv4 routes of a protocol, by destination as `ip route` writes it. */
export function birdRoutes(namespace: string, protocol = 'bird'): ReadonlyMap<string, KernelRoute> {
  const argv = inside(namespace, ['ip', '-j', '-4', 'route', 'show', 'proto', protocol]);
  const routes = JSON.parse(run(argv)) as readonly KernelRoute[];
  return new Map(routes.map((route) => [route.dst, route]));
}

/**
 * One line per route, sorted: `10.244.1.0/26 via 172.18.0.3 metric 1024` or `10.244.2.0/26 blackhole`.
 */
export function describeRoutes(routes: ReadonlyMap<string, KernelRoute>): string[] {
  return [...routes.values()].map(describe).sort();
}

function describe({ dst, type, gateway, metric }: KernelRoute): string {
  if (type) return `${dst} ${type}`;
  return `${dst} via ${gateway}${metric === undefined ? '' : ` metric ${metric}`}`;
}
