/**
 * A kernel in memory with the rules Linux has for routes: exclusive adds, atomic replaces, gateways that
 * must be on a known subnet, routes that vanish with their interface, metric 0 read as 1024 for IPv6.
 *
 * Tests drive the outside world through the methods behind the Kernel interface; those tell watchers,
 * `apply` does not.
 */

import {
  type InterfaceAddress,
  type Kernel,
  type KernelChange,
  type KernelLink,
  type KernelNextHop,
  type KernelRoute,
  matchesFilter,
  type RouteBatch,
  type RouteError,
  type RouteFilter,
  type RouteOperation,
  type RouteVisitor,
} from '../../src/fib/kernel.ts';
import { type Address, addressFamily, isLinkLocal } from '../../src/net/address.ts';
import { containsAddress, makePrefix, type Prefix } from '../../src/net/prefix.ts';
import { formatPrefix } from '../../src/net/text.ts';

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'file already exists',
  ESRCH: 'no such process',
  ENODEV: 'no such device',
  ENETDOWN: 'network is down',
  ENETUNREACH: 'Nexthop has invalid gateway',
};

/** An interface address in short form. */
export interface MemoryAddress {
  readonly address: Address;
  readonly length: number;
  readonly isGlobalScope?: boolean;
  readonly isSecondary?: boolean;
}

interface MemoryLink extends KernelLink {
  readonly addresses: readonly MemoryAddress[];
}

/** Kernel in memory. */
export class MemoryKernel implements Kernel {
  /** Every operation that was applied, in order, failed ones too. */
  readonly applied: RouteOperation[] = [];
  /** Decides failures by hand: returns an errno name, or undefined to let the operation through. */
  fault: (operation: RouteOperation) => string | undefined = () => undefined;
  /** Netlink port of someone else, told with what they do to routes. */
  by: number | undefined;
  /** When set, `apply` rejects with it. */
  refusal: Error | undefined;
  /** Reads of the route table so far. */
  scans = 0;
  /** Runs in the middle of every read, between two routes. */
  duringScan: () => void = () => undefined;
  readonly #routes = new Map<string, KernelRoute>();
  readonly #links = new Map<string, MemoryLink>();
  readonly #watchers = new Set<(change: KernelChange) => void>();
  #nextIndex = 1;

  async apply(batch: RouteBatch): Promise<RouteError[]> {
    await Promise.resolve();
    if (this.refusal) throw this.refusal;
    const errors: RouteError[] = [];
    batch.operations.forEach((operation, index) => {
      this.applied.push(operation);
      const errno = this.fault(operation) ?? this.#apply(batch, operation);
      if (errno) errors.push({ index, errno, reason: REASONS[errno] ?? errno });
    });
    return errors;
  }

  async scanRoutes(filter: RouteFilter, visitor: RouteVisitor): Promise<void> {
    await Promise.resolve();
    this.scans++;
    visitor.restart();
    const routes = [...this.#routes.values()].filter(
      ({ prefix, table, protocol }) =>
        prefix.family === filter.family && matchesFilter(filter, table, protocol),
    );
    for (const route of routes) visitor.route(route);
    this.duringScan();
    await Promise.resolve();
  }

  async dumpAddresses(): Promise<InterfaceAddress[]> {
    return this.addresses();
  }

  /** What `dumpAddresses` tells, at once. */
  addresses(): InterfaceAddress[] {
    return [...this.#links.values()].flatMap((link) =>
      link.addresses.map(({ address, length, isGlobalScope = true, isSecondary = false }) => ({
        interface: link.name,
        interfaceIndex: link.index,
        isUp: link.isUp,
        address,
        prefixLength: length,
        isSecondary,
        isGlobalScope,
      })),
    );
  }

  async dumpLinks(): Promise<KernelLink[]> {
    return [...this.#links.values()].map(({ name, index, isEnabled, isUp }) => ({
      name,
      index,
      isEnabled,
      isUp,
    }));
  }

  watch(onChange: (change: KernelChange) => void): () => void {
    this.#watchers.add(onChange);
    return () => void this.#watchers.delete(onChange);
  }

  async close(): Promise<void> {
    this.#watchers.clear();
  }

  /** All routes, in the order they were added. */
  routes(): KernelRoute[] {
    return [...this.#routes.values()];
  }

  /** Someone else adds or replaces a route. */
  put(route: KernelRoute): void {
    this.#routes.set(keyOf(route.table, route.prefix, route.target.metric), asRead(route));
    this.#tellRoute('added', route);
  }

  /** Someone else deletes a route. */
  remove(route: KernelRoute): void {
    this.#routes.delete(keyOf(route.table, route.prefix, route.target.metric));
    this.#tellRoute('removed', route);
  }

  /** A new or changed interface that is up, with exactly these addresses. */
  addLink(name: string, addresses: readonly MemoryAddress[] = []): void {
    const index = this.#links.get(name)?.index ?? this.#nextIndex++;
    this.#links.set(name, { name, index, isEnabled: true, isUp: true, addresses });
    this.#tell({ kind: 'link', name, state: 'up' });
    if (addresses.length > 0) this.#tell({ kind: 'address', interface: name, action: 'added' });
  }

  /** Going down takes the routes through the interface along, silently as Linux does for IPv4. */
  setLink(name: string, isUp: boolean): void {
    const link = this.#links.get(name);
    if (!link) return;
    this.#links.set(name, { ...link, isEnabled: isUp, isUp });
    if (!isUp) this.#dropRoutesVia(name);
    this.#tell({ kind: 'link', name, state: isUp ? 'up' : 'down' });
  }

  removeLink(name: string): void {
    this.#dropRoutesVia(name);
    this.#links.delete(name);
    this.#tell({ kind: 'link', name, state: 'gone' });
  }

  /** Events were lost. */
  overrun(): void {
    this.#tell({ kind: 'overrun' });
  }

  /** Changes a route behind everyone's back: no event. */
  removeSilently(route: KernelRoute): void {
    this.#routes.delete(keyOf(route.table, route.prefix, route.target.metric));
  }

  #apply(batch: RouteBatch, operation: RouteOperation): string | undefined {
    const { table, protocol } = batch;
    const { action, prefix, target } = operation;
    const key = keyOf(table, prefix, target.metric);
    const known = this.#routes.get(key);
    if (action === 'delete') {
      if (!known || known.protocol !== protocol) return 'ESRCH';
      this.#routes.delete(key);
      return undefined;
    }
    if (action === 'add' && known) return 'EEXIST';
    const resolved: KernelNextHop[] = [];
    for (const hop of target.nextHops) {
      const dev = this.#deviceOf(hop);
      if (typeof dev === 'string') resolved.push({ ...hop, dev });
      else return dev.errno;
    }
    const route = { prefix, target: { ...target, nextHops: resolved }, table, protocol, scope: 0 };
    this.#routes.set(key, asRead(route));
    return undefined;
  }

  #deviceOf(hop: KernelNextHop): string | { errno: string } {
    if (hop.dev !== undefined) {
      const link = this.#links.get(hop.dev);
      if (!link) return { errno: 'ENODEV' };
      if (!link.isUp) return { errno: 'ENETDOWN' };
      if (hop.onlink || !hop.via || isLinkLocal(hop.via)) return hop.dev;
    }
    const { via } = hop;
    const link = [...this.#links.values()].find(
      ({ name, isUp, addresses }) =>
        isUp && (hop.dev ?? name) === name && via && addresses.some((own) => covers(own, via)),
    );
    return link?.name ?? { errno: 'ENETUNREACH' };
  }

  #dropRoutesVia(name: string): void {
    for (const [key, { target }] of this.#routes) {
      if (target.nextHops.some(({ dev }) => dev === name)) this.#routes.delete(key);
    }
  }

  #tellRoute(action: 'added' | 'removed', route: KernelRoute): void {
    const by = this.by === undefined ? {} : { by: this.by };
    this.#tell({ kind: 'route', action, route: asRead(route), ...by });
  }

  #tell(change: KernelChange): void {
    for (const watcher of [...this.#watchers]) watcher(change);
  }
}

function covers({ address, length }: MemoryAddress, other: Address): boolean {
  return containsAddress(makePrefix(address, length), other);
}

function keyOf(table: number, prefix: Prefix, metric: number): string {
  return `${table} ${formatPrefix(prefix)} ${effectiveMetric(prefix, metric)}`;
}

function asRead(route: KernelRoute): KernelRoute {
  const metric = effectiveMetric(route.prefix, route.target.metric);
  return { ...route, target: { ...route.target, metric } };
}

function effectiveMetric(prefix: Prefix, metric: number): number {
  return metric === 0 && addressFamily(prefix.address) === 'ipv6-unicast' ? 1024 : metric;
}
