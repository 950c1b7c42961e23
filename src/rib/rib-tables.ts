/** The tables of one family, as decision, import and export share them. */
import type { Family } from '../net/family.ts';
import type { AttributeStore } from './attribute-store.ts';
import type { PrefixId } from './ids.ts';
import type { LocRib } from './loc-rib.ts';
import type { NextHopTable } from './next-hop-table.ts';
import type { PathTable } from './path-table.ts';
import type { Pins } from './pins.ts';
import type { PrefixTable } from './prefix-table.ts';
import type { RouteHistory } from './route-history.ts';
import type { RouteSources } from './route-sources.ts';

/** Follows the tables of a family; told within runs, looks later. */
export interface TableMonitor {
  /** The first `count` prefixes may have other paths. */
  mark(prefixes: ArrayLike<number>, count: number): void;
  markExported(prefix: PrefixId): void;
  /** Anything may be another. */
  markAll(): void;
}

export interface RibTables {
  readonly family: Family;
  readonly prefixes: PrefixTable;
  readonly paths: PathTable;
  readonly locRib: LocRib;
  /** Shared by both families. */
  readonly attrs: AttributeStore;
  readonly nextHops: NextHopTable;
  readonly sources: RouteSources;
  /** Shared by both families. */
  readonly history: RouteHistory;
  /** Interfaces of local routes. */
  readonly interfaces: Map<number, string>;
  /** What lagging members still refer to: prefixes, and paths where Add-Path is sent. */
  readonly prefixPins: Pins;
  readonly pathPins: Pins;
  /** Who follows the family from outside. */
  readonly monitors: Set<TableMonitor>;
}
