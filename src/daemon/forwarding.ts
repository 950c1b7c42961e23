/**
 * The forwarding side as the daemon uses it: the kernel FIB and what the kernel says about next hops,
 * or nothing at all for a pure reflector.
 */
import type { FibRouteView, RouteView } from '../api/views.ts';
import type { Config } from '../config/model.ts';
import type { FibFigures, FibStory } from '../fib/fib.ts';
import type { KernelRoute } from '../fib/kernel.ts';
import type { ConnectedSubnet } from '../fib/network-table.ts';
import type { LinkLocalHop } from '../fib/next-hop-resolver.ts';
import type { RoutePlanInput } from '../fib/route-policy.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { NextHopResolver } from '../rib/ports.ts';

/** Who is told what the kernel says. */
export interface ForwardingListener {
  /** Next hops in use resolve otherwise. */
  nextHopsChanged(): void;
  /** What other software has in the kernel for a prefix, undefined for nothing more. */
  learned(prefix: Prefix, route: KernelRoute | undefined): void;
  /** Interfaces or their addresses are others than before. */
  networkChanged(): void;
}

/** One prefix between the best route and the kernel. */
export interface KernelStory extends FibStory {
  /** Why the route is not meant for the kernel; undefined when it is. */
  readonly rejected: string | undefined;
  /** What others have in the kernel for the prefix, in words. */
  readonly foreign: string | undefined;
}

export interface Forwarding {
  /** False where no route is ever installed. */
  readonly plansRoutes: boolean;
  readonly resolver: NextHopResolver;
  /**
   * Reads the kernel and adopts the routes an earlier run left.
   *
   * @throws CatbirdError when the kernel cannot be read
   */
  start(listener: ForwardingListener): Promise<void>;
  /** Lets go of the kernel; its routes stay (START-3). */
  stop(): Promise<void>;
  /** Says on which interface a link-local next hop is. */
  locate(nextHop: Address, zone: string): void;
  /** Says which link-local address stands for a next hop that is on the link itself; undefined for none. */
  pair(nextHop: Address, link: LinkLocalHop | undefined): void;
  /** False: packets do not pass here, and no neighbor is offered a way over a link of ours. */
  readonly isForwarding: boolean;
  /** Subnets of interfaces that are up. */
  subnets(): Iterable<ConnectedSubnet>;
  /** The interface, up, whose subnet holds the address; undefined when there is none. */
  interfaceTo(address: Address): string | undefined;
  isInterfaceUp(name: string): boolean;
  /** False when no interface has the address (any more). */
  hasAddress(address: Address): boolean;
  /** Takes over how routes are planned; the caller then installs every route again. */
  configure(config: Config): void;
  /** Installs a best route, or keeps it out of the kernel, as the configuration says. */
  install(route: RoutePlanInput): void;
  remove(prefix: Prefix): void;
  /** Initial convergence is over: adopted routes nobody wants may go (START-1). */
  release(): void;
  routes(): Iterable<FibRouteView>;
  /** What becomes of one prefix; `route` as for {@link install}, undefined when there is none to install. */
  explain(prefix: Prefix, route: RoutePlanInput | undefined): KernelStory;
  /** Where packets to a next hop go, in words. */
  describeNextHop(nextHop: Address): string;
  stateOf(prefix: Prefix): RouteView['kernel'];
  /** Tells of every route operation, with the reason where the kernel refused it. */
  follow(told: (action: string, prefix: Prefix, reason: string | undefined) => void): void;
  /**
   * Resolves once all that was asked for has been tried in the kernel.
   *
   * @returns false where nothing is written at present
   */
  written(): Promise<boolean>;
  /** Routes the kernel refuses at present. */
  problemCount(): number;
  /** Numbers for metrics; undefined where no kernel is written to. */
  figures(): FibFigures | undefined;
}

/** A reflector that never touches a kernel: every next hop is as good as any. */
export const NO_FORWARDING: Forwarding = {
  plansRoutes: false,
  resolver: { resolve: () => ({ isReachable: true, igpCost: 0, interface: '' }) },
  async start() {},
  async stop() {},
  locate() {},
  pair() {},
  isForwarding: false,
  subnets: () => [],
  interfaceTo: () => undefined,
  isInterfaceUp: () => true,
  hasAddress: () => true,
  configure() {},
  install() {},
  remove() {},
  release() {},
  routes: () => [],
  explain: () => ({ view: undefined, held: [], rejected: undefined, foreign: undefined }),
  describeNextHop: () => 'no kernel is asked',
  stateOf: () => 'none',
  follow() {},
  written: async () => false,
  problemCount: () => 0,
  figures: () => undefined,
};
