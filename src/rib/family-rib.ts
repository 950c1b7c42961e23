/**
 * The routing table of one family: tables, decision, Loc-RIB and update groups, and the order in which
 * a run works on them.
 *
 *     dirty prefixes ─▶ decision ─▶ Loc-RIB ─▶ update groups ─▶ listener ─▶ sweep of what is gone
 *
 * Nothing is freed before all readers of a run have seen it go: withdrawn paths, then prefixes without
 * paths, are swept at its end, unless a lagging member still has to be told (`Pins`).
 */
import type { Family } from '../net/family.ts';
import type { AttributeStore } from './attribute-store.ts';
import { grownUint32, nextCapacity } from './columns.ts';
import { Decision } from './decision.ts';
import type { DecisionOptions } from './decision-options.ts';
import { DirtySet } from './dirty-set.ts';
import type { AttrsId, PathId, PrefixId } from './ids.ts';
import { LocRib } from './loc-rib.ts';
import type { NextHopTable } from './next-hop-table.ts';
import { PATH_BEST, PATH_CHANGED, PATH_WITHDRAWN, PathTable } from './path-table.ts';
import { Pins } from './pins.ts';
import type { LocRibListener, RouteChange } from './ports.ts';
import { PrefixTable } from './prefix-table.ts';
import type { RibTables } from './rib-tables.ts';
import type { RouteHistory } from './route-history.ts';
import type { RouteSources } from './route-sources.ts';
import type { UpdateGroup } from './update-group.ts';
import { UpdatePacker } from './update-packer.ts';

/** What both families share. */
export interface SharedTables {
  readonly attrs: AttributeStore;
  readonly nextHops: NextHopTable;
  readonly sources: RouteSources;
  readonly history: RouteHistory;
  readonly hashSeed: number;
}

type MutableChange = { -readonly [K in keyof RouteChange]: RouteChange[K] };

export class FamilyRib {
  readonly tables: RibTables;
  readonly decision: Decision;
  readonly packer: UpdatePacker;
  readonly groups = new Map<string, UpdateGroup>();
  /** Groups without members, and the next slot each has to give back: a portion per run. */
  readonly #retired = new Map<UpdateGroup, number>();
  #maximumPaths: number;
  readonly #dirty = new DirtySet();
  /** Prefixes decided in this run. */
  #touched = new Uint32Array(1024);
  #touchedCount = 0;
  /** The part of them whose best path is another. */
  #changed = new Uint32Array(1024);
  #changedCount = 0;
  /** For the listener, the first `#reportedCount`; objects are reused from run to run. */
  readonly #changes: MutableChange[] = [];
  #reportedCount = 0;
  /** Prefixes that lost their last pin. */
  readonly #unpinned: PrefixId[] = [];

  constructor(family: Family, shared: SharedTables, maximumPaths: number) {
    const paths = new PathTable();
    this.tables = {
      ...shared,
      family,
      paths,
      prefixes: new PrefixTable(family, shared.hashSeed),
      locRib: new LocRib(),
      interfaces: new Map(),
      monitors: new Set(),
      prefixPins: new Pins((id) => this.#unpinned.push(id as PrefixId)),
      pathPins: new Pins((id) => this.#unpinned.push(paths.prefix(id as PathId))),
    };
    this.#maximumPaths = maximumPaths;
    this.decision = new Decision(this.tables);
    this.packer = new UpdatePacker(family, this.tables.prefixes, shared.attrs);
  }

  get dirtyCount(): number {
    return this.#dirty.size;
  }

  get hasWork(): boolean {
    if (this.#dirty.size + this.#unpinned.length + this.#retired.size > 0) return true;
    for (const group of this.groups.values()) if (group.hasWork) return true;
    return false;
  }

  /** The group has lost its last member. */
  retire(group: UpdateGroup): void {
    this.groups.delete(group.key);
    this.#retired.set(group, 1);
  }

  /** The prefix waits for decision. */
  markDirty(prefix: PrefixId): void {
    this.#dirty.add(prefix);
  }

  /** The path is new or has other attributes. */
  markChanged(path: PathId): void {
    this.tables.paths.set(path, PATH_CHANGED);
    this.#dirty.add(this.tables.paths.prefix(path));
  }

  /** Marks every prefix with a path whose next hop changed its state. */
  nextHopsChanged(changed: Uint8Array): void {
    const { paths, attrs } = this.tables;
    for (let row = 1; row < paths.limit; row++) {
      const set = paths.attrs(row as PathId);
      if (paths.prefix(row as PathId) === 0 || set === 0) continue;
      if (changed[attrs.columns.nextHop(set)] === 1) this.markChanged(row as PathId);
    }
  }

  /** Decides every prefix anew by other rules. */
  setDecision(options: DecisionOptions): void {
    this.decision.setOptions(options);
    this.markAll();
  }

  /** Paths that may share the traffic of a prefix (FIB-10). */
  get maximumPaths(): number {
    return this.#maximumPaths;
  }

  setMaximumPaths(maximum: number): void {
    if (maximum === this.#maximumPaths) return;
    this.#maximumPaths = maximum;
    const { prefixes, locRib } = this.tables;
    // With 1 no set is looked at any more; what is known of sets must not outlive that.
    if (maximum === 1) {
      for (let id = 1; id < prefixes.limit; id++) locRib.setMultipath(id as PrefixId, 0);
    }
    this.markAll();
  }

  /** Lets decision see every prefix again: what it compares is another. */
  markAll(): void {
    const { prefixes, paths } = this.tables;
    for (let id = 1; id < prefixes.limit; id++) {
      if (paths.head(id as PrefixId) !== 0) this.#dirty.add(id);
    }
  }

  /**
   * One run: decides up to `maximum` dirty prefixes and tells groups and listener.
   *
   * @param maximum also bounds a rescan per group
   */
  run(maximum: number, listener: LocRibListener | undefined): void {
    this.#decide(maximum);
    for (const group of this.groups.values()) {
      if (group.encoding.hasAddPath) group.process(this.#touched, this.#touchedCount);
      else if (this.#changedCount > 0) group.process(this.#changed, this.#changedCount);
      group.advance(maximum);
    }
    for (const monitor of this.tables.monitors) monitor.mark(this.#touched, this.#touchedCount);
    this.#tell(listener);
    this.#sweepAll();
    for (const [group, slot] of this.#retired) this.#dispose(group, slot, maximum);
  }

  #dispose(group: UpdateGroup, from: number, maximum: number): void {
    const next = group.dispose(from, maximum);
    if (next === 0) this.#retired.delete(group);
    else this.#retired.set(group, next);
  }

  #decide(maximum: number): void {
    const needed = Math.min(maximum, this.#dirty.size);
    if (needed > this.#touched.length) {
      const capacity = nextCapacity(this.#touched.length, needed);
      this.#touched = grownUint32(this.#touched, capacity);
      this.#changed = grownUint32(this.#changed, capacity);
    }
    this.#touchedCount = 0;
    this.#changedCount = 0;
    this.#reportedCount = 0;
    while (this.#touchedCount < maximum && this.#dirty.size > 0) {
      const prefix = this.#dirty.take() as PrefixId;
      this.#touched[this.#touchedCount++] = prefix;
      this.#decidePrefix(prefix);
    }
  }

  #decidePrefix(prefix: PrefixId): void {
    const { paths, locRib } = this.tables;
    const oldPath = locRib.best(prefix);
    const newPath = this.decision.select(prefix);
    const isOther = oldPath !== newPath || (newPath !== 0 && paths.has(newPath, PATH_CHANGED));
    const isOtherSet = this.#maximumPaths > 1 && this.#updateMultipath(prefix, newPath);
    if (newPath !== 0) paths.clear(newPath, PATH_CHANGED);
    if (!isOther && !isOtherSet) return;
    if (oldPath !== 0) this.#noteSuccessor(prefix, oldPath, newPath);
    if (oldPath !== 0) paths.clear(oldPath, PATH_BEST);
    if (newPath !== 0) paths.set(newPath, PATH_BEST);
    locRib.setBest(prefix, newPath);
    if (isOther) this.#changed[this.#changedCount++] = prefix;
    this.#report(prefix, oldPath, newPath);
  }

  /** Answers whether the set of paths that share the traffic, or one of them, is another than before. */
  #updateMultipath(prefix: PrefixId, best: PathId): boolean {
    const { paths, locRib } = this.tables;
    const isSingle = best === 0 || paths.next(paths.head(prefix)) === 0;
    if (isSingle) return locRib.setMultipath(prefix, 0);
    const shared = this.decision.multipath(prefix, best, this.#maximumPaths);
    let hasChanged = false;
    for (const path of shared) {
      if (path === best || !paths.has(path, PATH_CHANGED)) continue;
      paths.clear(path, PATH_CHANGED);
      hasChanged = true;
    }
    const isOther = locRib.setMultipath(prefix, shared.length < 2 ? 0 : signatureOf(shared));
    return isOther || hasChanged;
  }

  /** A first best path is no news: its age says when it came. */
  #noteSuccessor(prefix: PrefixId, oldPath: PathId, newPath: PathId): void {
    if (oldPath === newPath) return;
    const { paths, prefixes, history } = this.tables;
    const successor = newPath === 0 ? undefined : paths.peer(newPath);
    history.note(prefixes, prefix, 'best-changed', paths.peer(oldPath), successor);
  }

  #report(prefixId: PrefixId, oldPath: PathId, newPath: PathId): void {
    const change = this.#changes[this.#reportedCount++];
    if (!change) {
      this.#changes.push({ prefixId, oldPath, newPath });
      return;
    }
    change.prefixId = prefixId;
    change.oldPath = oldPath;
    change.newPath = newPath;
  }

  #tell(listener: LocRibListener | undefined): void {
    if (!listener || this.#reportedCount === 0) return;
    const isAll = this.#reportedCount === this.#changes.length;
    const changes = isAll ? this.#changes : this.#changes.slice(0, this.#reportedCount);
    listener.routesChanged(this.tables.family, changes);
  }

  #sweepAll(): void {
    for (let i = 0; i < this.#touchedCount; i++) this.#sweep(this.#touched[i]! as PrefixId);
    this.#touchedCount = 0;
    while (this.#unpinned.length > 0) this.#sweep(this.#unpinned.pop()!);
  }

  /** Frees the withdrawn paths of a prefix, and the prefix itself when nothing is left of it. */
  #sweep(prefix: PrefixId): void {
    const { paths, prefixes, prefixPins } = this.tables;
    if (this.#dirty.has(prefix) || !prefixes.isInUse(prefix)) return;
    let path = paths.head(prefix);
    while (path !== 0) {
      const next = paths.next(path);
      if (paths.has(path, PATH_WITHDRAWN)) this.#removePath(path);
      path = next;
    }
    if (paths.head(prefix) === 0 && !prefixPins.isPinned(prefix)) prefixes.free(prefix);
  }

  #removePath(path: PathId): void {
    const { paths, attrs, interfaces, pathPins } = this.tables;
    if (pathPins.isPinned(path)) return;
    attrs.release(paths.received(path));
    attrs.release(paths.attrs(path));
    paths.setAttrs(path, 0 as AttrsId, 0 as AttrsId);
    interfaces.delete(path);
    paths.remove(path);
  }
}

/** The same for the same paths in any order. */
function signatureOf(shared: readonly PathId[]): number {
  let signature = shared.length;
  for (const path of shared) signature += Math.imul(path ^ (path >>> 15), 0x85ebca6b);
  return signature >>> 0 || 1;
}
