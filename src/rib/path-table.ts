/**
 * Every path of one family, in columns: the Adj-RIBs-In of all peers and the local routes together.
 *
 * The paths of a prefix form a chain through `#next`, starting at `#head[prefix]`. A withdrawn path
 * stays in its chain, flagged, until decision has run and all readers have seen it go; only then its
 * row is freed (`remove`). So the best path of a prefix always names an existing row.
 *
 *     head[prefix] ─▶ row ─next─▶ row ─next─▶ 0
 *     row: prefix, peer, Add-Path id, attrs received, attrs after import (0 = rejected), flags, time
 */
import { grownUint16, grownUint32, nextCapacity } from './columns.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';

/** Flag bits of a path. */
export const PATH_BEST = 1;
/** Kept for a restarting peer (RFC 4724 §4.2), to be flushed unless announced again. */
export const PATH_STALE = 2;
/** Gone; the row waits for decision. */
export const PATH_WITHDRAWN = 4;
/** New, or its attributes are others, since decision last looked. */
export const PATH_CHANGED = 8;
/** LOCAL_PREF above normal, and no import rule decided (PRIO-3). */
export const PATH_ELEVATED = 16;
/** A local route for the kernel only. */
export const PATH_UNADVERTISED = 32;
/** Stale beyond the restart time: carries LLGR_STALE (RFC 9494 §4.2). */
export const PATH_LONG_LIVED = 64;

const REASON_SHIFT = 8;

/** Why a path is no candidate; `none` for those that are. */
export const PATH_REASONS = [
  'none',
  'as-loop',
  'originator-loop',
  'cluster-loop',
  'martian',
  'policy',
  'first-as',
  'route-leak',
] as const;
export type PathReason = (typeof PATH_REASONS)[number];

const NONE = 0 as PathId;

export class PathTable {
  #prefix = new Uint32Array(1024);
  #peer = new Uint16Array(1024);
  #remoteId = new Uint32Array(1024);
  #received = new Uint32Array(1024);
  #attrs = new Uint32Array(1024);
  #flags = new Uint16Array(1024);
  #since = new Uint32Array(1024);
  #next = new Uint32Array(1024);
  /** Empty until a path has a weight. */
  #weight = new Uint16Array(0);
  #head = new Uint32Array(1024);
  #free = 0;
  #size = 0;
  #limit = 1;

  /** Number of rows in use, withdrawn ones included. */
  get size(): number {
    return this.#size;
  }

  /** All rows in use are below this. */
  get limit(): number {
    return this.#limit;
  }

  /** First path of a prefix, 0 when it has none. */
  head(prefix: PrefixId): PathId {
    return (this.#head[prefix] ?? 0) as PathId;
  }

  /** Next path of the same prefix. */
  next(path: PathId): PathId {
    return this.#next[path]! as PathId;
  }

  /** The row of a peer's path, withdrawn or not; 0 when there is none. */
  find(prefix: PrefixId, peer: PeerId, remoteId: number): PathId {
    let path = this.#head[prefix] ?? 0;
    while (path !== 0 && !(this.#peer[path] === peer && this.#remoteId[path] === remoteId)) {
      path = this.#next[path]!;
    }
    return path as PathId;
  }

  /** Makes a row at the front of the prefix's chain, without attributes and flags. */
  add(prefix: PrefixId, peer: PeerId, remoteId: number): PathId {
    const path = this.#allocate();
    if (prefix >= this.#head.length) {
      this.#head = grownUint32(this.#head, nextCapacity(this.#head.length, prefix + 1));
    }
    this.#prefix[path] = prefix;
    this.#peer[path] = peer;
    // What is not written yet holds no memory, and these are 0 as a rule.
    if (this.#remoteId[path] !== remoteId) this.#remoteId[path] = remoteId;
    this.#received[path] = 0;
    this.#attrs[path] = 0;
    this.#flags[path] = 0;
    if (path < this.#weight.length) this.#weight[path] = 0;
    const next = this.#head[prefix]!;
    if (this.#next[path] !== next) this.#next[path] = next;
    this.#head[prefix] = path;
    return path;
  }

  /** Takes a row out of its chain and frees it. */
  remove(path: PathId): void {
    const prefix = this.#prefix[path]!;
    const next = this.#next[path]!;
    if (this.#head[prefix] === path) this.#head[prefix] = next;
    else this.#next[this.#before(prefix, path)] = next;
    this.#prefix[path] = 0;
    this.#peer[path] = 0;
    this.#next[path] = this.#free;
    this.#free = path;
    this.#size--;
  }

  /** 0 when the row is free. */
  prefix(path: PathId): PrefixId {
    return this.#prefix[path]! as PrefixId;
  }

  peer(path: PathId): PeerId {
    return this.#peer[path]! as PeerId;
  }

  /** Add-Path identifier the peer gave, 0 without Add-Path. */
  remoteId(path: PathId): number {
    return this.#remoteId[path]!;
  }

  /** Attributes as received. */
  received(path: PathId): AttrsId {
    return this.#received[path]! as AttrsId;
  }

  /** Attributes after import; 0 when the path was rejected. */
  attrs(path: PathId): AttrsId {
    return this.#attrs[path]! as AttrsId;
  }

  /** Replaces both attribute sets; the caller keeps the references. */
  setAttrs(path: PathId, received: AttrsId, attrs: AttrsId): void {
    this.#received[path] = received;
    this.#attrs[path] = attrs;
  }

  flags(path: PathId): number {
    return this.#flags[path]!;
  }

  has(path: PathId, flag: number): boolean {
    return (this.#flags[path]! & flag) !== 0;
  }

  set(path: PathId, flags: number): void {
    this.#flags[path]! |= flags;
  }

  clear(path: PathId, flags: number): void {
    this.#flags[path]! &= ~flags;
  }

  /** True when decision may choose the path. */
  isCandidate(path: PathId): boolean {
    return this.#attrs[path] !== 0 && (this.#flags[path]! & PATH_WITHDRAWN) === 0;
  }

  reason(path: PathId): PathReason {
    return PATH_REASONS[this.#flags[path]! >>> REASON_SHIFT]!;
  }

  setReason(path: PathId, reason: PathReason): void {
    const low = this.#flags[path]! & ((1 << REASON_SHIFT) - 1);
    const number = reason === 'none' ? 0 : PATH_REASONS.indexOf(reason);
    this.#flags[path] = low | (number << REASON_SHIFT);
  }

  /** Paths by the reason they are no candidates, withdrawn ones apart; a scan over two columns. */
  countByReason(): Record<PathReason, number> {
    const counts = new Uint32Array(PATH_REASONS.length);
    for (let path = 1; path < this.#limit; path++) {
      const flags = this.#flags[path]!;
      if (this.#prefix[path] !== 0 && (flags & PATH_WITHDRAWN) === 0)
        counts[flags >>> REASON_SHIFT]!++;
    }
    const entries = PATH_REASONS.map((reason, index) => [reason, counts[index]!] as const);
    return Object.fromEntries(entries) as Record<PathReason, number>;
  }

  /** False while no path ever had a weight: then nobody need ask for one. */
  get hasWeights(): boolean {
    return this.#weight.length > 0;
  }

  /** How much this router prefers the path, ahead of LOCAL_PREF; never told to anyone. */
  weight(path: PathId): number {
    return this.#weight[path] ?? 0;
  }

  setWeight(path: PathId, weight: number): void {
    if (weight === this.weight(path)) return;
    if (path >= this.#weight.length) {
      this.#weight = grownUint16(this.#weight, nextCapacity(this.#weight.length || 1024, path + 1));
    }
    this.#weight[path] = weight;
  }

  /** Seconds of the daemon's clock when the path was last announced with new attributes. */
  since(path: PathId): number {
    return this.#since[path]!;
  }

  setSince(path: PathId, seconds: number): void {
    this.#since[path] = seconds;
  }

  /** The rows of one peer, in row order; a scan over one column. */
  *ofPeer(peer: PeerId): Generator<PathId> {
    for (let path = 1; path < this.#limit; path++) {
      if (this.#peer[path] === peer) yield path as PathId;
    }
  }

  /** The first row of a peer at or behind `from`, 0 when there is none. */
  nextOfPeer(peer: PeerId, from: number): PathId {
    const peers = this.#peer;
    const limit = this.#limit;
    let path = from;
    while (path < limit && peers[path] !== peer) path++;
    return (path < limit ? path : 0) as PathId;
  }

  #before(prefix: number, path: number): number {
    let before = this.#head[prefix]!;
    while (this.#next[before] !== path) before = this.#next[before]!;
    return before;
  }

  #allocate(): PathId {
    this.#size++;
    const reused = this.#free;
    if (reused === NONE) {
      if (this.#limit === this.#prefix.length) this.#grow();
      return this.#limit++ as PathId;
    }
    this.#free = this.#next[reused]!;
    return reused as PathId;
  }

  #grow(): void {
    const capacity = nextCapacity(this.#prefix.length, this.#limit + 1);
    this.#prefix = grownUint32(this.#prefix, capacity);
    this.#peer = grownUint16(this.#peer, capacity);
    this.#remoteId = grownUint32(this.#remoteId, capacity);
    this.#received = grownUint32(this.#received, capacity);
    this.#attrs = grownUint32(this.#attrs, capacity);
    this.#flags = grownUint16(this.#flags, capacity);
    this.#since = grownUint32(this.#since, capacity);
    this.#next = grownUint32(this.#next, capacity);
  }
}
