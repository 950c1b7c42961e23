/**
 * The kernel's route tables as a port.
 *
 * Live versions: `netlink-kernel.ts` (rtnetlink through koffi) and `ip-command-kernel.ts`
 * (`ip -batch`); `dry-run-kernel.ts` only logs; tests use MemoryKernel. All pass
 * `test/contract/kernel.ts`.
 *
 * Reading is by visitor, because the table may hold a million routes: a route handed to a visitor is
 * fresh and may be kept, but nothing else holds it.
 */
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';

export type RouteType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';

export interface KernelNextHop {
  /** Gateway; undefined for an on-link route. May be IPv6 for an IPv4 route (RFC 8950). */
  readonly via?: Address;
  /** Interface name; undefined lets the kernel look it up. */
  readonly dev?: string;
  readonly onlink?: boolean;
  /** ECMP weight, 1–256. */
  readonly weight?: number;
}

/** Where packets go; shared between many prefixes, compared by identity first. */
export interface RouteTarget {
  readonly type: RouteType;
  /** Empty unless type is unicast; more than one is ECMP. */
  readonly nextHops: readonly KernelNextHop[];
  /** rtm priority; 0 = no metric attribute, which IPv6 kernels read as 1024. */
  readonly metric: number;
  /** Why a wanted route stays out of the kernel for the time being; never on routes that were read. */
  readonly withheld?: string;
}

/** A route of TOS 0; others are not Catbird's business and never reported. */
export interface KernelRoute {
  readonly prefix: Prefix;
  readonly target: RouteTarget;
  readonly table: number;
  /** rtm_protocol: 12 is "bird", 80 Felix, 2 kernel … */
  readonly protocol: number;
  readonly scope?: number;
}

export interface RouteOperation {
  /**
   * `add` fails with EEXIST if prefix and metric are taken; `replace` is atomic; `delete` names type,
   * protocol and metric, and fails with ESRCH when there is no such route (FIB-15).
   */
  readonly action: 'add' | 'replace' | 'delete';
  readonly prefix: Prefix;
  readonly target: RouteTarget;
}

export interface RouteBatch {
  readonly table: number;
  readonly protocol: number;
  readonly operations: readonly RouteOperation[];
}

export interface RouteError {
  /** Index into RouteBatch.operations. */
  readonly index: number;
  /** Symbolic name, `EEXIST`. */
  readonly errno: string;
  /** The kernel's extended acknowledgement, or the errno in words. */
  readonly reason: string;
}

export interface InterfaceAddress {
  readonly interface: string;
  readonly interfaceIndex: number;
  /** Up with a carrier. */
  readonly isUp: boolean;
  readonly address: Address;
  readonly prefixLength: number;
  /** Far end of a point-to-point address: the subnet is its, not that of `address`. */
  readonly peer?: Address;
  readonly isSecondary: boolean;
  readonly isGlobalScope: boolean;
}

export interface KernelLink {
  readonly name: string;
  readonly index: number;
  /** Administratively up, with or without a carrier: the kernel takes routes through it. */
  readonly isEnabled: boolean;
  /** Up with a carrier. */
  readonly isUp: boolean;
}

/** Which routes to read; absent fields match everything. The local table (255) is never read. */
export interface RouteFilter {
  readonly family: Family;
  readonly table?: number;
  readonly protocol?: number;
  /** Everything but this protocol. */
  readonly exceptProtocol?: number;
}

/** Receives the routes of one complete and consistent read. */
export interface RouteVisitor {
  /** What was told so far is void: the kernel's table changed underneath and the read begins again. */
  restart(): void;
  route(route: KernelRoute): void;
}

/** What happened outside; changes made through the same Kernel are not reported. */
export type KernelChange =
  | {
      readonly kind: 'route';
      readonly action: 'added' | 'removed';
      readonly route: KernelRoute;
      /** Netlink port of who did it, mostly its process id; 0 is the kernel itself. Absent when unknown. */
      readonly by?: number;
    }
  /** Interface appeared, vanished, or changed its state; `up` is up with a carrier. */
  | { readonly kind: 'link'; readonly name: string; readonly state: 'up' | 'down' | 'gone' }
  | { readonly kind: 'address'; readonly interface: string; readonly action: 'added' | 'removed' }
  /** Events were lost, or their details are unknown: everything must be read again. */
  | { readonly kind: 'overrun' };

export interface Kernel {
  /**
   * Applies in order; one failed operation does not stop the rest. Never rejects for a single route.
   *
   * @returns the operations that failed, by ascending index
   * @throws CatbirdError CATBIRD_NO_PRIVILEGE when the process may not change routes at all
   */
  apply(batch: RouteBatch): Promise<RouteError[]>;
  /** Tells every matching route; interrupted reads are repeated, not mixed. */
  scanRoutes(filter: RouteFilter, visitor: RouteVisitor): Promise<void>;
  dumpAddresses(): Promise<InterfaceAddress[]>;
  /** Interfaces that exist, whatever their state. */
  dumpLinks(): Promise<KernelLink[]>;
  /** @returns ends the watch; idempotent */
  watch(onChange: (change: KernelChange) => void): () => void;
  /** Leaves routes as they are (START-3); waits for operations under way. */
  close(): Promise<void>;
}

/** Every matching route as an array: for small tables and tests. */
export async function collectRoutes(kernel: Kernel, filter: RouteFilter): Promise<KernelRoute[]> {
  const routes: KernelRoute[] = [];
  await kernel.scanRoutes(filter, {
    restart: () => void routes.splice(0),
    route: (route) => routes.push(route),
  });
  return routes;
}

/** True when the filter lets a route of this table and protocol through. */
export function matchesFilter(filter: RouteFilter, table: number, protocol: number): boolean {
  if (table === TABLE_LOCAL) return false;
  if (filter.table !== undefined && filter.table !== table) return false;
  if (filter.protocol !== undefined && filter.protocol !== protocol) return false;
  return filter.exceptProtocol === undefined || filter.exceptProtocol !== protocol;
}

const TABLE_LOCAL = 255;
