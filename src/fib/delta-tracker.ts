/**
 * Desired against actual for one family: which routes we want, which of ours the kernel has, and what is
 * to be done about the difference.
 *
 * The kernel knows a route by prefix and metric, so one prefix may own several; nearly always it owns
 * none or one, which is why the first is a column and the rest a sparse map.
 *
 * A row is *held* when its routes were left behind by an earlier run: until {@link DeltaTracker.release}
 * they are neither changed nor deleted (START-1).
 */
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { RouteOperation, RouteTarget } from './kernel.ts';
import { PrefixRows } from './prefix-rows.ts';
import { effectiveMetric, formatTarget, isTarget } from './route-target.ts';

const DIRTY = 1;
const HELD = 2;
/** Found by the read under way. */
const SEEN = 4;

/** Who is told what happens in the ledger. */
export interface LedgerOwner {
  /** A row is given back: what others keep by row is void. */
  freed(row: number): void;
  /** A read found that our routes of a prefix are not as they were left. */
  drifted(row: number, found: RouteTarget | undefined, lost: RouteTarget | undefined): void;
}

/** The ledger of one family. */
export class DeltaTracker {
  readonly family: Family;
  readonly #rows: PrefixRows;
  readonly #owner: LedgerOwner;
  readonly #desired: (RouteTarget | undefined)[] = [];
  readonly #owned: (RouteTarget | undefined)[] = [];
  readonly #alsoOwned = new Map<number, RouteTarget[]>();
  #flags: Uint8Array;
  /** Dirty rows, those before `#queueAt` taken already. */
  #queue: number[] = [];
  #queueAt = 0;
  #isReleased = false;
  /** Targets met by the read under way, so that a table full of leftovers shares them. */
  #met = new Map<string, RouteTarget>();

  constructor(family: Family, owner: LedgerOwner) {
    this.family = family;
    this.#owner = owner;
    this.#rows = new PrefixRows(family);
    this.#flags = new Uint8Array(this.#rows.capacity);
  }

  /** Prefixes wanted or owned. */
  get size(): number {
    return this.#rows.size;
  }

  /** Rows waiting for {@link takeDirty}. */
  get dirtyCount(): number {
    return this.#queue.length - this.#queueAt;
  }

  /**
   * Sets what is wanted; undefined wants nothing.
   *
   * @returns the row, now marked, or -1 when that makes no difference
   */
  want(prefix: Prefix, target: RouteTarget | undefined): number {
    if (target === undefined && this.#rows.find(prefix) < 0) return -1;
    const row = this.#acquire(prefix);
    const before = this.#desired[row];
    if (before === target) return -1;
    this.#desired[row] = target;
    if (before && target && isTarget(this.family, target, before)) return -1;
    this.mark(row);
    return row;
  }

  /** The row of a prefix, -1 when it is neither wanted nor owned. */
  find(prefix: Prefix): number {
    return this.#rows.find(prefix);
  }

  prefixOf(row: number): Prefix {
    return this.#rows.prefixOf(row);
  }

  /** What is wanted, even while it is withheld. */
  desired(row: number): RouteTarget | undefined {
    return this.#desired[row];
  }

  /** Our routes in the kernel for the prefix. */
  owned(row: number): readonly RouteTarget[] {
    const first = this.#owned[row];
    if (!first) return [];
    const others = this.#alsoOwned.get(row);
    return others ? [first, ...others] : [first];
  }

  /** True when the kernel has what is wanted; stale copies with other metrics do not matter. */
  isInstalled(row: number): boolean {
    const wanted = this.#due(row);
    if (!wanted) return false;
    const first = this.#owned[row];
    if (first === wanted) return true;
    return this.owned(row).some((target) => isTarget(this.family, wanted, target));
  }

  forEach(visit: (row: number) => void): void {
    this.#rows.forEach(visit);
  }

  /** Replaces every desired target that `refresh` answers with another. */
  retarget(refresh: (target: RouteTarget) => RouteTarget): void {
    const fresh = new Map<RouteTarget, RouteTarget>();
    this.#rows.forEach((row) => {
      const old = this.#desired[row];
      if (!old) return;
      let target = fresh.get(old);
      if (!target) {
        target = refresh(old);
        fresh.set(old, target);
      }
      if (target === old) return;
      this.#desired[row] = target;
      this.mark(row);
    });
  }

  /** Puts the row on the list of things to do. */
  mark(row: number): void {
    if ((this.#flags[row]! & DIRTY) !== 0) return;
    this.#flags[row]! |= DIRTY;
    this.#queue.push(row);
  }

  /** Takes up to `limit` rows off the list; rows that need nothing after all are dropped, or freed. */
  takeDirty(limit: number): number[] {
    const taken = this.#queue.slice(this.#queueAt, this.#queueAt + limit);
    this.#queueAt += taken.length;
    if (this.#queueAt === this.#queue.length) {
      this.#queue = [];
      this.#queueAt = 0;
    }
    for (const row of taken) this.#flags[row]! &= ~DIRTY;
    return taken.filter((row) => !this.#isHeld(row) && !this.#freeIfEmpty(row));
  }

  /** The add or replace that brings in what is wanted; undefined when it is there, or nothing is wanted. */
  upsertOf(row: number): RouteOperation | undefined {
    const target = this.#due(row);
    if (!target) return undefined;
    const metric = effectiveMetric(this.family, target.metric);
    const rival = this.owned(row).find((own) => this.#metricOf(own) === metric);
    if (rival && isTarget(this.family, target, rival)) {
      this.setOwned(row, target); // shares the object from now on
      return undefined;
    }
    return { action: rival ? 'replace' : 'add', prefix: this.prefixOf(row), target };
  }

  /** Deletes of what is owned and not wanted, by metric; of everything when what is wanted cannot be had. */
  deletesOf(row: number, isRefused: boolean): RouteOperation[] {
    const target = isRefused ? undefined : this.#due(row);
    const wanted = target && this.#metricOf(target);
    return this.owned(row)
      .filter((own) => this.#metricOf(own) !== wanted)
      .map((own) => ({ action: 'delete', prefix: this.prefixOf(row), target: own }));
  }

  /** The kernel has this route of ours now, in place of any other of that metric. */
  setOwned(row: number, target: RouteTarget): void {
    const others = this.owned(row).filter((own) => this.#metricOf(own) !== this.#metricOf(target));
    this.#setAllOwned(row, [target, ...others]);
  }

  /** The kernel has no route of ours with this metric any more. */
  clearOwned(row: number, metric: number): void {
    const gone = effectiveMetric(this.family, metric);
    const left = this.owned(row).filter((own) => this.#metricOf(own) !== gone);
    this.#setAllOwned(row, left);
    if (left.length === 0) this.#flags[row]! &= ~HELD;
  }

  /**
   * A route of ours seen outside {@link beginRead} and {@link endRead}.
   *
   * @returns the row, now marked, or -1 when it is as we know it
   */
  observe(prefix: Prefix, target: RouteTarget): number {
    const row = this.#acquire(prefix);
    const own = this.owned(row).find((known) => this.#metricOf(known) === this.#metricOf(target));
    if (own && isTarget(this.family, own, target)) return -1;
    this.setOwned(row, target);
    this.mark(row);
    return row;
  }

  /** A complete read of our routes begins, or begins again. */
  beginRead(): void {
    this.#flags = this.#flags.map((flags) => flags & ~SEEN);
  }

  /** One route of ours, found by the read. */
  read(prefix: Prefix, target: RouteTarget, isAdoption: boolean): void {
    const row = this.#acquire(prefix);
    const known = this.owned(row);
    const alike = known.find((own) => isTarget(this.family, own, target));
    const same = alike ?? this.#shared(row, target);
    const isFirst = (this.#flags[row]! & SEEN) === 0;
    this.#flags[row]! |= SEEN | (isAdoption ? HELD : 0);
    if (!alike && !isAdoption) this.#owner.drifted(row, target, undefined);
    if (isFirst && known.length === 1 && known[0] === same) return;
    const others = isFirst ? [] : known.filter((own) => own !== same);
    this.#setAllOwned(row, [...others, same]);
  }

  /** The read is complete: what it did not find is gone, and every difference is marked. */
  endRead(): void {
    this.#met.clear();
    this.#rows.forEach((row) => {
      const own = this.#owned[row];
      if ((this.#flags[row]! & SEEN) === 0 && own) {
        this.#setAllOwned(row, []);
        this.#flags[row]! &= ~HELD;
        this.#owner.drifted(row, undefined, own);
      }
      if (!this.#isSettled(row)) this.mark(row);
    });
  }

  /** Adopted routes may be changed and pruned from now on. */
  release(): void {
    this.#isReleased = true;
    this.#rows.forEach((row) => {
      if (!this.#isSettled(row)) this.mark(row);
    });
  }

  /** Frees a row that is neither wanted nor owned and has nothing left to do. */
  discardIfEmpty(row: number): void {
    if ((this.#flags[row]! & DIRTY) === 0) this.#freeIfEmpty(row);
  }

  /** What the kernel is to have now. */
  #due(row: number): RouteTarget | undefined {
    const wanted = this.#desired[row];
    return wanted?.withheld === undefined ? wanted : undefined;
  }

  #shared(row: number, target: RouteTarget): RouteTarget {
    const wanted = this.#due(row);
    if (wanted && isTarget(this.family, wanted, target)) return wanted;
    const key = formatTarget(target);
    const met = this.#met.get(key);
    if (!met) this.#met.set(key, target);
    return met ?? target;
  }

  /** Nothing to write for this row, nor to free. */
  #isSettled(row: number): boolean {
    if (this.#alsoOwned.has(row)) return false;
    const isWithheld = this.#desired[row]?.withheld !== undefined;
    return isWithheld ? !this.#owned[row] : this.isInstalled(row);
  }

  #isHeld(row: number): boolean {
    return !this.#isReleased && (this.#flags[row]! & HELD) !== 0;
  }

  #freeIfEmpty(row: number): boolean {
    if (this.#desired[row] || this.#owned[row]) return false;
    this.#flags[row] = 0;
    this.#rows.release(row);
    this.#owner.freed(row);
    return true;
  }

  #acquire(prefix: Prefix): number {
    const row = this.#rows.acquire(prefix);
    if (row >= this.#flags.length) {
      const flags = new Uint8Array(this.#rows.capacity);
      flags.set(this.#flags);
      this.#flags = flags;
    }
    return row;
  }

  #setAllOwned(row: number, targets: readonly RouteTarget[]): void {
    const [first, ...others] = targets;
    this.#owned[row] = first;
    if (others.length > 0) this.#alsoOwned.set(row, others);
    else this.#alsoOwned.delete(row);
  }

  #metricOf(target: RouteTarget): number {
    return effectiveMetric(this.family, target.metric);
  }
}
