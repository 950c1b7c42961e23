/**
 * Decides what becomes of a best route in the kernel: not installed, blackhole, direct, or through the
 * IPIP tunnel, and with which metric (FIB-1 to FIB-12). A route none of whose next hops resolves is
 * withheld until one does: an unreachable route in its place would take the traffic from a way around.
 *
 * A target is shared by all routes that lead the same way. It remembers what it was made of, so that it
 * can be made anew when the next hop resolves differently, without asking about each route again.
 */
import type { Encapsulation, FibConfig, PoolConfig } from '../config/model.ts';
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import { containsAddress, makePrefix, type Prefix } from '../net/prefix.ts';
import { formatAddress } from '../net/text.ts';
import type { NextHopState } from '../rib/ports.ts';
import type { KernelNextHop, RouteTarget } from './kernel.ts';
import { LongestMatch } from './longest-match.ts';
import { sumOfWeights } from './multipath-weights.ts';
import { formatTarget } from './route-target.ts';

/** The IPIP device Felix makes. */
export const TUNNEL_DEVICE = 'tunl0';
/** K of PRIO-4: metric and LOCAL_PREF add up to it. */
const METRIC_AND_LOCAL_PREF = 2147483647;

export interface RoutePlanInput {
  readonly prefix: Prefix;
  /** `static` is a route to a gateway of our own configuration (LEARN-7). */
  readonly kind: 'bgp' | 'static' | 'blackhole';
  /** Best first; more than one are equally good (FIB-10). Empty for blackholes. */
  readonly nextHops: readonly Address[];
  readonly localPref: number;
  /** Shares of the traffic, one for each next hop; equal ones when absent. */
  readonly weights?: readonly number[] | undefined;
}

/** Why a route stays out of the kernel, in words for views. */
export interface RejectedRoute {
  readonly rejected: string;
}

/** Where packets to a BGP next hop go. */
export interface Resolution extends NextHopState {
  /** What to put into a kernel route; undefined when unreachable. */
  readonly hop: KernelNextHop | undefined;
}

/** What planning needs to know of the network. */
export interface RoutePlanFacts {
  /** An object of its own for each next hop, the same until the answer changes. */
  resolve(nextHop: Address): Resolution;
  /** True when the kernel takes routes through the interface. */
  isInterfaceEnabled(name: string): boolean;
}

interface Recipe {
  readonly nextHops: readonly Address[];
  readonly weights?: readonly number[] | undefined;
  readonly metric: number;
  readonly isTunnelled: boolean;
}

/** Plans routes for one configuration; make a new one when the configuration changes. */
export class RoutePlanner {
  readonly #fib: FibConfig;
  readonly #facts: RoutePlanFacts;
  readonly #pools = new LongestMatch<PoolConfig>();
  readonly #rejectedPrefixes = new LongestMatch<true>();
  readonly #rejectedNextHops = new LongestMatch<true>();
  readonly #familiesWithSubnet: ReadonlySet<Family>;
  readonly #recipes = new WeakMap<RouteTarget, Recipe>();
  /** Targets of single next hops, by metric and form; gone with the answer they stand on. */
  readonly #targets = new WeakMap<Resolution, Map<number, RouteTarget>>();
  /** Targets of several next hops, by what they say and what they are made of. */
  readonly #shared = new Map<string, RouteTarget>();

  constructor(fib: FibConfig, pools: readonly PoolConfig[], facts: RoutePlanFacts) {
    this.#fib = fib;
    this.#facts = facts;
    for (const pool of pools) this.#pools.set(pool.cidr, pool);
    for (const prefix of fib.rejectPrefixes) this.#rejectedPrefixes.set(prefix, true);
    for (const nextHop of fib.rejectNextHops) {
      this.#rejectedNextHops.set(makePrefix(nextHop, nextHop.length * 8), true);
    }
    this.#familiesWithSubnet = new Set(
      fib.localSubnets.map(({ address }) =>
        address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast',
      ),
    );
  }

  /** The target for a best route, or why it has none. */
  plan(input: RoutePlanInput): RouteTarget | RejectedRoute {
    const { prefix, kind, nextHops } = input;
    if (this.#rejectedPrefixes.lookup(prefix.address, prefix.length)) {
      return { rejected: 'inside a service range (FIB-1)' };
    }
    const [first] = nextHops;
    if (first && this.#rejectedNextHops.lookup(first)) {
      return { rejected: 'another agent programs routes to this next hop (FIB-4)' };
    }
    const pool = this.#poolOf(prefix);
    if (pool && !pool.program) return { rejected: 'pool not programmed by BGP (FIB-5)' };
    if (kind === 'blackhole' || !first) return BLACKHOLE;
    const metric = kind === 'bgp' ? this.#metricOf(input.localPref) : 0;
    if (pool && this.#isTunnelled(pool.encapsulation, first)) {
      return this.#targetOf({ nextHops: [first], metric, isTunnelled: true });
    }
    const usable = nextHops.slice(0, this.#fib.maximumPaths);
    return this.#targetOf({ nextHops: usable, weights: input.weights, metric, isTunnelled: false });
  }

  /** The target that `target` would be by what is known now; the same object when nothing changed. */
  refresh(target: RouteTarget): RouteTarget {
    const recipe = this.#recipes.get(target);
    return recipe ? this.#targetOf(recipe) : target;
  }

  /** Without an own IPv4 subnet no IPv4 pool decision is made (FIB-6). */
  #poolOf(prefix: Prefix): PoolConfig | undefined {
    if (prefix.family === 'ipv4-unicast' && !this.#familiesWithSubnet.has(prefix.family)) {
      return undefined;
    }
    return this.#pools.lookup(prefix.address, prefix.length);
  }

  /** FIB-5; IPIP carries IPv4 only (FIB-8). */
  #isTunnelled(encapsulation: Encapsulation, nextHop: Address): boolean {
    if (nextHop.length !== 4) return false;
    if (encapsulation === 'ipip-always') return true;
    return encapsulation === 'ipip-cross-subnet' && !this.#isInOwnSubnet(nextHop);
  }

  #isInOwnSubnet(nextHop: Address): boolean {
    return this.#fib.localSubnets.some(({ address, length }) =>
      containsAddress(makePrefix(address, length), nextHop),
    );
  }

  /** PRIO-4; LOCAL_PREF beyond K gives no metric rather than a wrapped one (AMB-20). */
  #metricOf(localPref: number): number {
    const { metric } = this.#fib;
    if (metric !== 'local-pref') return metric;
    return Math.max(0, METRIC_AND_LOCAL_PREF - localPref);
  }

  #targetOf(recipe: Recipe): RouteTarget {
    const [first] = recipe.nextHops;
    if (recipe.nextHops.length > 1 || !first) return this.#share(recipe);
    const resolution = this.#facts.resolve(first);
    let targets = this.#targets.get(resolution);
    if (!targets) {
      targets = new Map();
      this.#targets.set(resolution, targets);
    }
    const form = (recipe.isTunnelled ? 2 : 0) + (this.#usesTunnel(recipe) ? 1 : 0);
    const key = recipe.metric * 4 + form;
    let target = targets.get(key);
    if (!target) {
      target = this.#make(recipe);
      targets.set(key, target);
    }
    return target;
  }

  #share(recipe: Recipe): RouteTarget {
    const made = this.#make(recipe);
    const { isTunnelled, nextHops, weights = [] } = recipe;
    const key = `${isTunnelled} ${nextHops.join(' ')} ${weights.join(' ')} ${formatTarget(made)}`;
    const known = this.#shared.get(key);
    if (known) return known;
    if (this.#shared.size >= MAXIMUM_SHARED) this.#shared.clear();
    this.#shared.set(key, made);
    return made;
  }

  #make(recipe: Recipe): RouteTarget {
    const { metric } = recipe;
    const nextHops = recipe.nextHops.flatMap((nextHop, i) => {
      const hop = this.#hopOf(recipe, nextHop);
      const weight = recipe.weights?.[i];
      if (!hop) return [];
      return weight === undefined ? [hop] : [{ ...hop, weight }];
    });
    const target: RouteTarget =
      nextHops.length > 0
        ? { type: 'unicast', nextHops: distinct(nextHops), metric }
        : { type: 'unreachable', nextHops: [], metric, withheld: noWayTo(recipe.nextHops) };
    this.#recipes.set(target, recipe);
    return target;
  }

  /** The BGP next hop itself is the far end of the tunnel (FIB-9). */
  #hopOf(recipe: Recipe, nextHop: Address): KernelNextHop | undefined {
    const { hop } = this.#facts.resolve(nextHop);
    if (!hop || !this.#usesTunnel(recipe)) return hop;
    return { via: nextHop, dev: TUNNEL_DEVICE, onlink: true };
  }

  /** A tunnel that is missing, or there but not up yet, would cost the route (FIB-9). */
  #usesTunnel({ isTunnelled }: Recipe): boolean {
    return isTunnelled && this.#facts.isInterfaceEnabled(TUNNEL_DEVICE);
  }
}

/** Blackholes have no metric (FIB-12). */
const BLACKHOLE: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };
/** More combinations of next hops than that are not shared. */
const MAXIMUM_SHARED = 10_000;

function noWayTo(nextHops: readonly Address[]): string {
  const [first] = nextHops;
  const others = nextHops.length - 1;
  const rest = others > 0 ? ` nor to ${others} more` : '';
  return `no way to next hop ${first ? formatAddress(first) : ''}${rest} (RIB-3)`;
}

/** Different BGP next hops may lead to the same gateway: their shares, where there are any, add up. */
function distinct(hops: readonly KernelNextHop[]): KernelNextHop[] {
  const byText = new Map<string, KernelNextHop>();
  for (const hop of hops) {
    const { weight, ...place } = hop;
    const text = formatTarget({ type: 'unicast', nextHops: [place], metric: 0 });
    const known = byText.get(text);
    if (!known) byText.set(text, hop);
    else if (weight !== undefined) {
      byText.set(text, { ...hop, weight: sumOfWeights(known.weight ?? 1, weight) });
    }
  }
  const [only, ...others] = byText.values();
  if (!only || others.length > 0) return [...byText.values()];
  const { weight: _all, ...place } = only;
  return [place];
}

/** True when the plan keeps the route out of the kernel. */
export function isRejected(plan: RouteTarget | RejectedRoute): plan is RejectedRoute {
  return 'rejected' in plan;
}
