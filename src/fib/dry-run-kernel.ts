/**
 * A kernel that writes nothing: operations go to a callback, reads show the real tables as they would be
 * had the operations been carried out. For trying a configuration on a live node.
 */

import { formatPrefix } from '../net/text.ts';
import {
  type InterfaceAddress,
  type Kernel,
  type KernelChange,
  type KernelLink,
  type KernelRoute,
  matchesFilter,
  type RouteBatch,
  type RouteError,
  type RouteFilter,
  type RouteOperation,
  type RouteVisitor,
} from './kernel.ts';
import { effectiveMetric } from './route-target.ts';

/** Overlays what would have been written on a kernel that is only read. */
export class DryRunKernel implements Kernel {
  readonly #inner: Kernel;
  readonly #log: (operation: RouteOperation) => void;
  /** By table, protocol, prefix and metric; undefined: deleted. */
  readonly #overlay = new Map<string, KernelRoute | undefined>();

  /**
   * @param inner read only; closed with this
   * @param log told of every operation that would have been carried out
   */
  constructor(inner: Kernel, log: (operation: RouteOperation) => void) {
    this.#inner = inner;
    this.#log = log;
  }

  async apply({ table, protocol, operations }: RouteBatch): Promise<RouteError[]> {
    for (const operation of operations) {
      const { prefix } = operation;
      const metric = effectiveMetric(prefix.family, operation.target.metric);
      const route = { prefix, target: { ...operation.target, metric }, table, protocol };
      this.#overlay.set(keyOf(route), operation.action === 'delete' ? undefined : route);
      this.#log(operation);
    }
    return [];
  }

  async scanRoutes(filter: RouteFilter, visitor: RouteVisitor): Promise<void> {
    await this.#inner.scanRoutes(filter, {
      restart: () => visitor.restart(),
      route: (route) => {
        if (!this.#overlay.has(keyOf(route))) visitor.route(route);
      },
    });
    for (const route of this.#overlay.values()) {
      if (!route || route.prefix.family !== filter.family) continue;
      if (matchesFilter(filter, route.table, route.protocol)) visitor.route(route);
    }
  }

  dumpAddresses(): Promise<InterfaceAddress[]> {
    return this.#inner.dumpAddresses();
  }

  dumpLinks(): Promise<KernelLink[]> {
    return this.#inner.dumpLinks();
  }

  watch(onChange: (change: KernelChange) => void): () => void {
    return this.#inner.watch(onChange);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

function keyOf({ prefix, target, table, protocol }: KernelRoute): string {
  return `${table} ${protocol} ${formatPrefix(prefix)} ${target.metric}`;
}
