/**
 * What the kernel has without us, as routes of the RIB: routes of other software, such as borrowed pod
 * addresses, live migration, another agent's announcements (LEARN-4), and the subnets interfaces are in
 * (LEARN-5). They are never written back (LEARN-3).
 */
import type { Config } from '../config/model.ts';
import type { KernelRoute } from '../fib/kernel.ts';
import type { ConnectedSubnet } from '../fib/network-table.ts';
import { FAMILIES } from '../net/family.ts';
import { matchesAnyGlob } from '../net/glob.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/text.ts';
import type { LocalRoute } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';

type NormalPriority = Config['router']['normalPriority'];

/** Metric and LOCAL_PREF add up to this (PRIO-1). */
const K = 2_147_483_647;
/** Felix's routes (LEARN-2). */
const FELIX = 80;
const TUNNELS: readonly string[] = ['*.cali', '*.calico', 'tunl0'];

export class LearnedRoutes {
  readonly #rib: Rib;
  readonly #known = new Map<string, KernelRoute>();
  /** Interfaces by subnet in text form. */
  #subnets: ReadonlyMap<string, ConnectedSubnet> = new Map();
  #isOn = false;
  #normal: NormalPriority;

  constructor(rib: Rib, { router }: Pick<Config, 'router'>) {
    this.#rib = rib;
    this.#normal = router.normalPriority;
  }

  /** Starts or stops bringing them into the RIB, or judges them by another normal priority (PRIO-5). */
  configure({ fib: { learn }, router: { normalPriority } }: Config): void {
    const isSame = FAMILIES.every((family) => this.#normal[family] === normalPriority[family]);
    if (learn === this.#isOn && isSame) return;
    this.#isOn = learn;
    this.#normal = normalPriority;
    for (const route of this.#known.values()) {
      if (learn) this.#originate(route);
      else this.#rib.withdrawLocal(route.prefix, 'kernel');
    }
    for (const subnet of this.#subnets.values()) {
      if (learn) this.#originateSubnet(subnet);
      else this.#rib.withdrawLocal(subnet.prefix, 'direct');
    }
  }

  /** Takes note of the subnets there are now. */
  connected(subnets: Iterable<ConnectedSubnet>): void {
    const before = this.#subnets;
    this.#subnets = new Map([...subnets].map((subnet) => [formatPrefix(subnet.prefix), subnet]));
    if (!this.#isOn) return;
    for (const [key, { prefix }] of before) {
      if (!this.#subnets.has(key)) this.#rib.withdrawLocal(prefix, 'direct');
    }
    for (const [key, subnet] of this.#subnets) {
      if (before.get(key)?.interface !== subnet.interface) this.#originateSubnet(subnet);
    }
  }

  /** Takes note of what the kernel has for a prefix; undefined: nothing any more. */
  learned(prefix: Prefix, route: KernelRoute | undefined): void {
    const key = formatPrefix(prefix);
    if (route) this.#known.set(key, route);
    else this.#known.delete(key);
    if (!this.#isOn) return;
    if (route) this.#originate(route);
    else this.#rib.withdrawLocal(prefix, 'kernel');
  }

  #originateSubnet({ prefix, interface: name }: ConnectedSubnet): void {
    this.#rib.originate({ prefix, source: 'direct', gateway: undefined, interface: name });
  }

  #originate(route: KernelRoute): void {
    this.#rib.originate(localRouteOf(route, this.#normal));
  }
}

function localRouteOf(
  { prefix, target, protocol }: KernelRoute,
  normal: NormalPriority,
): LocalRoute {
  const [hop] = target.nextHops;
  const device = hop?.dev ?? '';
  // What has no way out is no better than any route, whatever its metric (AMB-6).
  const isOnward = target.type === 'unicast';
  const priority = isOnward ? target.metric : normal[prefix.family];
  const isFelixDetour =
    protocol === FELIX && hop?.via !== undefined && !matchesAnyGlob(TUNNELS, device);
  return {
    prefix,
    source: 'kernel',
    gateway: hop?.via,
    localPref: Math.max(0, K - priority),
    ...(device === '' ? {} : { interface: device }),
    ...(isFelixDetour ? { isAdvertised: false } : {}), // AMB-15
  };
}
