/**
 * The routes this node brings itself: its pod blocks and what the configuration originates.
 *
 * Keeps the RIB's set of local routes equal to the configuration, by difference, so that a change of
 * one block touches one prefix.
 */
import type { Config } from '../config/model.ts';
import { formatPrefix } from '../net/text.ts';
import type { LocalRoute } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';

/** How a local route is installed in the kernel, by prefix text. */
export interface LocalRoutePlan {
  readonly route: LocalRoute;
  /** `blackhole` for blocks that ask for it, `gateway` for host routes, `none` for announcements only. */
  readonly kernel: 'blackhole' | 'gateway' | 'none';
}

/** What the configuration asks for, keyed by prefix text; a block wins over an originated route. */
export function planLocalRoutes(config: Config): Map<string, LocalRoutePlan> {
  const plans = new Map<string, LocalRoutePlan>();
  for (const { cidr, via } of config.originate) {
    const route: LocalRoute = { prefix: cidr, source: 'static', gateway: via };
    plans.set(formatPrefix(cidr), { route, kernel: via ? 'gateway' : 'none' });
  }
  for (const { cidr, advertise, blackhole } of config.blocks) {
    if (!advertise && !blackhole) continue;
    const isAdvertised = advertise;
    const route: LocalRoute = { prefix: cidr, source: 'static', gateway: undefined, isAdvertised };
    plans.set(formatPrefix(cidr), { route, kernel: blackhole ? 'blackhole' : 'none' });
  }
  return plans;
}

/** Holds the plan in force and moves the RIB from one plan to the next. */
export class LocalRoutes {
  readonly #rib: Rib;
  #plans: ReadonlyMap<string, LocalRoutePlan> = new Map();

  constructor(rib: Rib) {
    this.#rib = rib;
  }

  apply(config: Config): void {
    const next = planLocalRoutes(config);
    for (const [key, { route }] of this.#plans) {
      if (!next.has(key)) this.#rib.withdrawLocal(route.prefix, route.source);
    }
    const before = this.#plans;
    this.#plans = next;
    for (const [key, plan] of next) {
      if (!isSamePlan(before.get(key), plan)) this.#rib.originate(plan.route);
    }
  }

  /** The plan for a prefix, undefined when the route is not ours. */
  planOf(prefixText: string): LocalRoutePlan | undefined {
    return this.#plans.get(prefixText);
  }
}

function isSamePlan(a: LocalRoutePlan | undefined, b: LocalRoutePlan): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
