/** Forwarding through a kernel: its view of the network, next-hop resolution, route planning and the FIB. */
import type { Config } from '../config/model.ts';
import { Fib } from '../fib/fib.ts';
import type { Kernel } from '../fib/kernel.ts';
import { KernelView } from '../fib/kernel-view.ts';
import {
  KernelNextHopResolver,
  type LinkLocalHop,
  type StaticRoute,
} from '../fib/next-hop-resolver.ts';
import { isRejected, type RoutePlanInput, RoutePlanner } from '../fib/route-policy.ts';
import { formatTarget } from '../fib/route-target.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Forwarding, ForwardingListener, KernelStory } from './forwarding.ts';

export interface KernelForwardingOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly log: Log;
  /** Protocol and table are fixed for the life of the process. */
  readonly config: Config;
  /** Called once the kernel is let go of. */
  readonly stopped?: () => void;
}

/** See the head of the file. */
export class KernelForwarding implements Forwarding {
  readonly isForwarding = true;
  readonly plansRoutes = true;
  readonly resolver: KernelNextHopResolver;
  readonly #kernel: Kernel;
  readonly #view: KernelView;
  readonly #fib: Fib;
  readonly #stopped: (() => void) | undefined;
  #planner: RoutePlanner;

  constructor({ kernel, clock, log, config, stopped }: KernelForwardingOptions) {
    this.#stopped = stopped;
    const { protocol, table } = config.fib;
    this.#kernel = kernel;
    this.#view = new KernelView({ kernel, clock, log, protocol, table });
    this.#view.ignore(config.fib.ignoredInterfaces);
    this.resolver = new KernelNextHopResolver(this.#view);
    const foreignAt = (prefix: Prefix, metric: number) => this.#view.foreignAt(prefix, metric);
    this.#fib = new Fib({ kernel, clock, settings: config.fib, log, foreignAt });
    this.#planner = this.#plannerFor(config);
  }

  async start(listener: ForwardingListener): Promise<void> {
    this.#view.onRoute((prefix, route) => listener.learned(prefix, route));
    this.#view.onNetwork(() => listener.networkChanged());
    this.resolver.onChange(() => {
      this.#fib.retarget((target) => this.#planner.refresh(target));
      listener.nextHopsChanged();
    });
    await this.#view.start();
    await this.#fib.start();
  }

  async stop(): Promise<void> {
    await this.#fib.stop();
    this.#view.stop();
    await this.#kernel.close();
    this.#stopped?.();
  }

  locate(nextHop: Address, zone: string): void {
    this.resolver.locate(nextHop, zone);
  }

  pair(nextHop: Address, link: LinkLocalHop | undefined): void {
    this.resolver.pair(nextHop, link);
  }

  subnets() {
    return this.#view.subnets();
  }

  interfaceTo(address: Address): string | undefined {
    return this.#view.subnetOf(address)?.interface;
  }

  isInterfaceUp(name: string): boolean {
    return this.#view.isInterfaceUp(name);
  }

  hasAddress(address: Address): boolean {
    return this.#view.isOwnAddress(address);
  }

  configure(config: Config): void {
    this.#view.ignore(config.fib.ignoredInterfaces);
    this.resolver.setStatics(staticsOf(config));
    this.#planner = this.#plannerFor(config);
  }

  install(route: RoutePlanInput): void {
    const plan = this.#planner.plan(route);
    if (isRejected(plan)) this.#fib.unwant(route.prefix);
    else this.#fib.want(route.prefix, plan);
  }

  remove(prefix: Prefix): void {
    this.#fib.unwant(prefix);
  }

  release(): void {
    this.#fib.release();
  }

  routes() {
    return this.#fib.routes();
  }

  explain(prefix: Prefix, route: RoutePlanInput | undefined): KernelStory {
    const plan = route && this.#planner.plan(route);
    const rejected = plan && isRejected(plan) ? plan.rejected : undefined;
    const other = this.#view.route(prefix);
    const foreign = other && `protocol ${other.protocol}: ${formatTarget(other.target)}`;
    return { ...this.#fib.routeOf(prefix), rejected, foreign };
  }

  describeNextHop(nextHop: Address): string {
    const { isReachable, hop } = this.resolver.resolve(nextHop);
    if (isReachable && hop)
      return formatTarget({ type: 'unicast', nextHops: [hop], metric: 0 }).replace(
        / metric 0$/,
        '',
      );
    if (this.#view.isOwnAddress(nextHop)) return 'it is an address of this node';
    return 'no subnet of an interface, static route or route of other software leads to it';
  }

  stateOf(prefix: Prefix) {
    return this.#fib.stateOf(prefix);
  }

  follow(told: Parameters<Forwarding['follow']>[0]): void {
    this.#fib.onTried = ({ action, prefix }, error) => told(action, prefix, error?.reason);
  }

  written() {
    return this.#fib.written();
  }

  problemCount() {
    return this.#fib.problemCount;
  }

  figures() {
    return this.#fib.figures();
  }

  #plannerFor({ fib, pools }: Config): RoutePlanner {
    return new RoutePlanner(fib, pools, this.resolver);
  }
}

/** Host routes of our own: next hops may resolve through them (LEARN-7). */
function staticsOf({ originate }: Config): StaticRoute[] {
  return originate.flatMap(({ cidr, via }) => (via ? [{ prefix: cidr, via }] : []));
}
