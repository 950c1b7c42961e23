/** One family of a {@link RouteMonitor}: which prefixes to look at, and what its reader was told of them. */

import { EXTENDED_MESSAGE_SIZE, MAXIMUM_MESSAGE_SIZE } from '../bgp/wire/constants.ts';
import { writeU32 } from '../bgp/wire/octets.ts';
import { BARE_ATTRIBUTES } from '../bgp/wire/path-attributes.ts';
import type { Family } from '../net/family.ts';
import { addressSize } from '../net/family.ts';
import { DirtySet } from './dirty-set.ts';
import type { FamilyRib } from './family-rib.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import { PATH_WITHDRAWN } from './path-table.ts';
import type { PeerEntry } from './peer-entry.ts';
import type { MonitorSetup, MonitorSink, MonitorView } from './route-monitor.ts';
import { ToldRoutes } from './told-routes.ts';

const NONE = 0 as AttrsId;
const NO_PEER = 0 as PeerId;

export class FamilyMonitor {
  readonly #rib: FamilyRib;
  readonly #setup: MonitorSetup;
  readonly #dirty = new DirtySet();
  /** Next prefix of a look at all of them, 0 when that is done. */
  #cursor = 0;
  /** Whom the reader knows; true once all that was there has been told. */
  readonly #peers = new Map<PeerId, boolean>();
  /** By `PathId`. */
  readonly #received: ToldRoutes;
  readonly #accepted: ToldRoutes;
  /** By `PrefixId`. */
  readonly #best: ToldRoutes;
  /** By slot of the peer's Adj-RIB-Out. */
  readonly #out = new Map<PeerId, ToldRoutes>();
  /** The prefixes of one `take`. */
  readonly #batch: PrefixId[] = [];

  constructor(rib: FamilyRib, setup: MonitorSetup) {
    const { attrs, pathPins, prefixPins } = rib.tables;
    this.#rib = rib;
    this.#setup = setup;
    this.#received = new ToldRoutes(attrs, pathPins);
    this.#accepted = new ToldRoutes(attrs, pathPins);
    this.#best = new ToldRoutes(attrs, prefixPins);
    rib.tables.monitors.add(this);
  }

  get hasWork(): boolean {
    return this.#cursor !== 0 || this.#dirty.size > 0;
  }

  /** The first `count` prefixes may differ from what was told. */
  mark(prefixes: ArrayLike<number>, count: number): void {
    if (this.#peers.size === 0 || count === 0) return;
    for (let i = 0; i < count; i++) this.#dirty.add(prefixes[i]!);
    this.#setup.wake();
  }

  /** An export is another, which a run need not have looked at. */
  markExported(prefix: PrefixId): void {
    if (!this.#setup.views.has('adj-rib-out') || this.#peers.size === 0) return;
    if (this.#dirty.add(prefix)) this.#setup.wake();
  }

  /** Anything may differ. */
  markAll(): void {
    this.#cursor = 1;
    this.#setup.wake();
  }

  add(peer: PeerId): void {
    this.#peers.set(peer, false);
    this.#cursor = 1;
  }

  remove(peer: PeerId): void {
    if (!this.#peers.delete(peer)) return;
    if (peer === NO_PEER) {
      this.#best.clear();
      return;
    }
    const { paths } = this.#rib.tables;
    for (let path = paths.nextOfPeer(peer, 1); path !== 0; ) {
      this.#received.tell(path, NONE);
      this.#accepted.tell(path, NONE);
      path = paths.nextOfPeer(peer, path + 1);
    }
    this.#out.get(peer)?.clear();
    this.#out.delete(peer);
  }

  close(): void {
    this.#rib.tables.monitors.delete(this);
    this.#peers.clear();
    for (const told of [this.#received, this.#accepted, this.#best, ...this.#out.values()]) {
      told.clear();
    }
  }

  take(maximum: number, sink: MonitorSink): void {
    this.#fillBatch(maximum);
    const { views } = this.#setup;
    if (views.has('pre-policy')) this.#tellInbound('pre-policy', sink);
    if (views.has('post-policy')) this.#tellInbound('post-policy', sink);
    if (views.has('loc-rib') && this.#peers.has(NO_PEER)) this.#tellBest(sink);
    if (views.has('adj-rib-out')) this.#tellOutbound(sink);
    if (this.#cursor === 0) this.#endOfRibs(sink);
  }

  /** What changed comes first; a look at all tells it too, but later. */
  #fillBatch(maximum: number): void {
    const { limit } = this.#rib.tables.prefixes;
    this.#batch.length = 0;
    while (this.#batch.length < maximum && this.#dirty.size > 0) {
      this.#batch.push(this.#dirty.take() as PrefixId);
    }
    while (this.#batch.length < maximum && this.#cursor !== 0) {
      if (this.#cursor < limit) this.#batch.push(this.#cursor as PrefixId);
      this.#cursor = this.#cursor + 1 < limit ? this.#cursor + 1 : 0;
    }
  }

  #tellInbound(view: 'pre-policy' | 'post-policy', sink: MonitorSink): void {
    for (const hasAddPath of [false, true]) {
      this.#begin(hasAddPath);
      for (const prefix of this.#batch) this.#addInbound(view, prefix, hasAddPath);
      this.#finish(view, sink);
    }
  }

  #addInbound(view: MonitorView, prefix: PrefixId, hasAddPath: boolean): void {
    const { paths } = this.#rib.tables;
    const told = view === 'pre-policy' ? this.#received : this.#accepted;
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      const peer = paths.peer(path);
      if (!this.#peers.has(peer) || this.#sendsPathIds(peer) !== hasAddPath) continue;
      const attrs = this.#withNextHop(this.#inbound(view, path));
      if (told.tell(path, attrs)) {
        this.#rib.packer.add(prefix, paths.remoteId(path), attrs, peer);
      }
      this.#rib.tables.attrs.release(attrs);
    }
  }

  #inbound(view: MonitorView, path: PathId): AttrsId {
    const { paths } = this.#rib.tables;
    if (paths.has(path, PATH_WITHDRAWN)) return NONE;
    return view === 'pre-policy' ? paths.received(path) : paths.attrs(path);
  }

  #sendsPathIds(peer: PeerId): boolean {
    const { family } = this.#rib.tables;
    const wire = this.#entry(peer)?.session?.terms.wire;
    return wire?.addPathReceive.includes(family) ?? false;
  }

  #entry(peer: PeerId): PeerEntry | undefined {
    return this.#setup.peers.get(peer);
  }

  #tellBest(sink: MonitorSink): void {
    const { locRib, paths, attrs } = this.#rib.tables;
    this.#begin(false);
    for (const prefix of this.#batch) {
      const best = locRib.best(prefix);
      const set = best === 0 ? NONE : this.#withNextHop(paths.attrs(best));
      if (this.#best.tell(prefix, set)) this.#rib.packer.add(prefix, 0, set, NO_PEER);
      attrs.release(set);
    }
    this.#finish('loc-rib', sink);
  }

  /**
   * A message has to name a next hop, and the address of a host, or strict readers refuse it: the router id stands for
   * ourselves, mapped into IPv6 where need be. One reference is the caller's.
   */
  #withNextHop(set: AttrsId): AttrsId {
    const { attrs, nextHops, family } = this.#rib.tables;
    if (set === NONE) return NONE;
    if (nextHops.address(attrs.columns.nextHop(set)).length > 0) {
      attrs.retain(set);
      return set;
    }
    const size = addressSize(family);
    const nextHop = new Uint8Array(size);
    writeU32(nextHop, size - 4, this.#setup.identity.routerId);
    if (size === 16) nextHop.fill(0xff, 10, 12);
    return attrs.intern({ ...BARE_ATTRIBUTES, ...attrs.attributes(set), nextHop });
  }

  #tellOutbound(sink: MonitorSink): void {
    for (const hasAddPath of [false, true]) {
      this.#begin(hasAddPath);
      for (const peer of this.#peers.keys()) this.#addOutbound(peer, hasAddPath);
      this.#finish('adj-rib-out', sink);
    }
  }

  #addOutbound(peer: PeerId, hasAddPath: boolean): void {
    const { family } = this.#rib.tables;
    const group = this.#entry(peer)?.groups.get(family);
    if (!group || group.encoding.hasAddPath !== hasAddPath) return;
    const told = this.#outOf(peer, hasAddPath);
    for (const prefix of this.#batch) {
      for (const slot of this.#slots(prefix, hasAddPath)) {
        const attrs = group.advertised.attrsFor(slot, peer);
        if (told.tell(slot, attrs)) this.#rib.packer.add(prefix, slot, attrs, peer);
      }
    }
  }

  #slots(prefix: PrefixId, hasAddPath: boolean): readonly number[] {
    if (!hasAddPath) return [prefix];
    const { paths } = this.#rib.tables;
    const slots: number[] = [];
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) slots.push(path);
    return slots;
  }

  #outOf(peer: PeerId, hasAddPath: boolean): ToldRoutes {
    const known = this.#out.get(peer);
    if (known) return known;
    const { attrs, pathPins, prefixPins } = this.#rib.tables;
    const told = new ToldRoutes(attrs, hasAddPath ? pathPins : prefixPins);
    this.#out.set(peer, told);
    return told;
  }

  #begin(hasAddPath: boolean): void {
    const isLong = [...this.#peers.keys()].some((peer) => this.#takesLong(peer));
    const maximumMessageSize = isLong ? EXTENDED_MESSAGE_SIZE : MAXIMUM_MESSAGE_SIZE;
    this.#rib.packer.begin({ asWidth: 4, hasAddPath, maximumMessageSize });
  }

  #takesLong(peer: PeerId): boolean {
    const size = this.#entry(peer)?.session?.terms.wire.maximumMessageSize ?? 0;
    return size > MAXIMUM_MESSAGE_SIZE;
  }

  /** The packer cuts its output by the peer that was named with each route. */
  #finish(view: MonitorView, sink: MonitorSink): void {
    const updates = this.#rib.packer.finish();
    if (!updates) return;
    let at = 0;
    updates.ends.forEach((end, index) => {
      sink.updates(view, updates.excluded[index]!, updates.bytes, at, end);
      at = end;
    });
  }

  #endOfRibs(sink: MonitorSink): void {
    for (const [peer, isDone] of this.#peers) {
      if (isDone) continue;
      this.#peers.set(peer, true);
      for (const view of this.#setup.views) {
        const isOfPeer = (view === 'loc-rib') === (peer === NO_PEER);
        if (isOfPeer && this.#carries(peer)) sink.endOfRib(view, peer, this.#family);
      }
    }
  }

  get #family(): Family {
    return this.#rib.tables.family;
  }

  #carries(peer: PeerId): boolean {
    if (peer === NO_PEER) return true;
    return this.#entry(peer)?.session?.terms.families.includes(this.#family) ?? false;
  }
}
