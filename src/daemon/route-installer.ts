/**
 * Brings the best routes of Loc-RIB to the forwarding side: which are candidates at all (FIB candidates
 * are BGP-learned and static routes), with what next hops and what preference.
 */
import type { Config } from '../config/model.ts';
import { weightsOf } from '../fib/multipath-weights.ts';
import type { RoutePlanInput } from '../fib/route-policy.ts';
import type { Family } from '../net/family.ts';
import { FAMILIES } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/text.ts';
import type { PathId, PrefixId } from '../rib/ids.ts';
import type { LocRibListener, RouteChange } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';
import type { Forwarding } from './forwarding.ts';
import type { LocalRoutes } from './local-routes.ts';

/** See the head of the file. */
export class RouteInstaller implements LocRibListener {
  readonly #rib: Rib;
  readonly #forwarding: Forwarding;
  readonly #localRoutes: LocalRoutes;
  #planning: string;
  #isWeighted: boolean;

  constructor(rib: Rib, forwarding: Forwarding, localRoutes: LocalRoutes, config: Config) {
    this.#rib = rib;
    this.#forwarding = forwarding;
    this.#localRoutes = localRoutes;
    this.#planning = planningOf(config);
    this.#isWeighted = isWeighted(config);
  }

  routesChanged(family: Family, changes: readonly RouteChange[]): void {
    if (!this.#forwarding.plansRoutes) return; // a reflector's full table is not planned for nothing
    for (const { prefixId, newPath } of changes) this.#install(family, prefixId, newPath);
  }

  /** Plans every route anew when the configuration says otherwise where routes go (RECONF-6). */
  configure(config: Config): void {
    this.#forwarding.configure(config);
    this.#isWeighted = isWeighted(config);
    const planning = planningOf(config);
    if (planning === this.#planning) return;
    this.#planning = planning;
    for (const family of FAMILIES) this.#installAll(family);
  }

  #installAll(family: Family): void {
    const { views } = this.#rib;
    for (const prefixId of views.prefixIds(family)) {
      const best = views.bestPath(family, prefixId);
      if (best !== 0) this.#install(family, prefixId, best);
    }
  }

  #install(family: Family, prefixId: PrefixId, path: PathId): void {
    const { views } = this.#rib;
    const prefix = views.prefix(family, prefixId);
    const route = this.routeFor(family, prefixId, path);
    if (route) this.#forwarding.install(route);
    else this.#forwarding.remove(prefix);
  }

  /** What forwarding is asked for where a path is the best; undefined where nothing is. */
  routeFor(family: Family, prefixId: PrefixId, path: PathId): RoutePlanInput | undefined {
    if (path === 0) return undefined;
    const { views } = this.#rib;
    const { source, localPref } = views.forwardingFacts(family, path);
    const prefix = views.prefix(family, prefixId);
    if (source === 'static') return this.#localRouteFor(prefix);
    if (source !== 'ibgp' && source !== 'ebgp') return undefined;
    const nextHopOf = (each: PathId) => views.forwardingFacts(family, each).nextHop;
    if (nextHopOf(path).length === 0) return undefined; // of an agent on this node, docs/broker.md
    const paths = views.multipath(family, prefixId).filter((each) => nextHopOf(each).length > 0);
    const nextHops = paths.map(nextHopOf);
    const weights = this.#weightsOf(family, paths);
    return { prefix, kind: 'bgp', nextHops, localPref, weights };
  }

  #weightsOf(family: Family, paths: readonly PathId[]): readonly number[] | undefined {
    if (!this.#isWeighted || paths.length < 2) return undefined;
    return weightsOf(paths.map((path) => this.#rib.views.linkBandwidth(family, path)));
  }

  #localRouteFor(prefix: Prefix): RoutePlanInput | undefined {
    const plan = this.#localRoutes.planOf(formatPrefix(prefix));
    if (!plan || plan.kernel === 'none') return undefined;
    const { gateway } = plan.route;
    if (gateway) return { prefix, kind: 'static', nextHops: [gateway], localPref: 0 };
    return { prefix, kind: 'blackhole', nextHops: [], localPref: 0 };
  }
}

/** True when paths share the traffic by the bandwidth they say they have. */
function isWeighted({ fib }: Config): boolean {
  return fib.multipathWeights === 'link-bandwidth';
}

/** What decides where routes go, as text to compare. */
function planningOf({ fib, pools }: Config): string {
  return JSON.stringify([fib, pools]);
}
