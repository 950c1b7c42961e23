/**
 * The forwarding side as the daemon uses it: the kernel FIB and what the kernel says about next hops,
 * or nothing at all for a pure reflector.
 */
import type { FibRouteView, RouteView } from '../api/views.ts';
import type { RouteTarget } from '../fib/kernel.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import type { NextHopResolver } from '../rib/ports.ts';

export interface Forwarding {
  readonly resolver: NextHopResolver;
  /** Reads the kernel and adopts the routes an earlier run left. */
  start(): Promise<void>;
  /** Lets go of the kernel; its routes stay (START-3). */
  stop(): Promise<void>;
  /** Told when next hops in use may resolve otherwise. */
  onChange(listener: () => void): void;
  want(prefix: Prefix, target: RouteTarget): void;
  unwant(prefix: Prefix): void;
  /** Adopted routes nobody wants may go now. */
  release(): void;
  routes(): readonly FibRouteView[];
  stateOf(prefix: Prefix): RouteView['kernel'];
}

/** How packets reach a BGP next hop. */
export interface Gateway {
  /** Undefined: the next hop is on the link itself. */
  readonly via: Address | undefined;
  readonly dev: string;
}

/** A reflector that never touches a kernel: every next hop is as good as any. */
export const NO_FORWARDING: Forwarding = {
  resolver: { resolve: () => ({ isReachable: true, igpCost: 0, interface: '' }) },
  async start() {},
  async stop() {},
  onChange() {},
  want() {},
  unwant() {},
  release() {},
  routes: () => [],
  stateOf: () => 'none',
};
