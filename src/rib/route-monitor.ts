/**
 * Tells somebody outside, such as a BMP collector, what the tables hold, and after that what differs. It keeps
 * state and no backlog: what was told, and which prefixes to look at again. Who reads slowly misses steps in between,
 * never the outcome, and costs four octets per route and view.
 *
 *     run of the RIB ─▶ mark prefixes ─▶ (reader has room) ─▶ take ─▶ what differs from what was told
 */
import { FAMILIES, type Family } from '../net/family.ts';
import { FamilyMonitor } from './family-monitor.ts';
import type { FamilyRib } from './family-rib.ts';
import type { PeerId } from './ids.ts';
import type { PeerEntry } from './peer-entry.ts';
import type { RibIdentity } from './rib-identity.ts';

/** Adj-RIB-In before and after import, Loc-RIB, and Adj-RIB-Out as sent. */
export type MonitorView = 'pre-policy' | 'post-policy' | 'loc-rib' | 'adj-rib-out';

/** Stands for the router itself: Loc-RIB is of no peer. */
export const NO_PEER = 0 as PeerId;

/** Who is told. */
export interface MonitorSink {
  /** Whole UPDATE messages with four-octet AS numbers at `[at, end)`, of one peer. */
  updates(view: MonitorView, peer: PeerId, bytes: Uint8Array, at: number, end: number): void;
  /** All there was when the peer was added has been told. */
  endOfRib(view: MonitorView, peer: PeerId, family: Family): void;
}

export interface MonitorSetup {
  readonly families: Readonly<Record<Family, FamilyRib>>;
  readonly peers: ReadonlyMap<PeerId, PeerEntry>;
  readonly views: ReadonlySet<MonitorView>;
  readonly identity: RibIdentity;
  /** There is something to take again. */
  wake(): void;
  /** What was kept for the reader alone may be freed by the next run. */
  schedule(): void;
}

/** See the head of the file. Nothing is told of a peer before `add`. */
export class RouteMonitor {
  readonly #setup: MonitorSetup;
  readonly #families: readonly FamilyMonitor[];

  constructor(setup: MonitorSetup) {
    this.#setup = setup;
    this.#families = FAMILIES.map((family) => new FamilyMonitor(setup.families[family], setup));
  }

  /** The reader knows the peer: its routes may be told. {@link NO_PEER} stands for Loc-RIB. */
  add(peer: PeerId): void {
    for (const family of this.#families) family.add(peer);
    this.#setup.wake();
  }

  /** The reader takes all routes of the peer as gone. */
  remove(peer: PeerId): void {
    for (const family of this.#families) family.remove(peer);
    this.#setup.schedule();
  }

  get hasWork(): boolean {
    return this.#families.some((family) => family.hasWork);
  }

  /** Tells what differs, for so many prefixes of each family at most. Not within a run of the RIB. */
  take(maximum: number, sink: MonitorSink): void {
    for (const family of this.#families) family.take(maximum, sink);
    this.#setup.schedule();
  }

  /** Lets go of everything. */
  close(): void {
    for (const family of this.#families) family.close();
    this.#setup.schedule();
  }
}
