/**
 * The kernel's route tables as a port.
 *
 * Live versions: `netlink-kernel.ts` (rtnetlink through koffi) and `ip-command-kernel.ts`
 * (`ip -batch`); `dry-run-kernel.ts` only logs; tests use MemoryKernel. All pass
 * `test/contract/kernel.ts`.
 */
import type { Address } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';

export type RouteType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';

export interface KernelNextHop {
  /** Gateway; undefined for an on-link route. */
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
  /** rtm priority; 0 = no metric attribute. */
  readonly metric: number;
}

export interface KernelRoute {
  readonly prefix: Prefix;
  readonly target: RouteTarget;
  readonly table: number;
  /** rtm_protocol: 12 is "bird", 80 Felix, 2 kernel … */
  readonly protocol: number;
  readonly scope?: number;
}

export interface RouteOperation {
  /** `add` fails with EEXIST if prefix and metric are taken; `replace` is atomic; `delete` names protocol and metric. */
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
  readonly isUp: boolean;
  readonly address: Address;
  readonly prefixLength: number;
  readonly isSecondary: boolean;
  readonly isGlobalScope: boolean;
}

export interface Kernel {
  /** Applies in order; one failed operation does not stop the rest. Never rejects for a single route. */
  apply(batch: RouteBatch): Promise<RouteError[]>;
  /** Every route of the family in all tables but local (255), complete and consistent (interrupted dumps are repeated). */
  dumpRoutes(family: Family): Promise<KernelRoute[]>;
  dumpAddresses(): Promise<InterfaceAddress[]>;
  /** Names of interfaces that exist, whatever their state. */
  dumpLinks(): Promise<{ readonly name: string; readonly index: number; readonly isUp: boolean }[]>;
  /**
   * Tells of changes by others and of link and address changes. `overrun` means that events were lost and
   * everything must be read again.
   */
  watch(onChange: (what: 'route' | 'link' | 'address' | 'overrun') => void): () => void;
  close(): Promise<void>;
}
