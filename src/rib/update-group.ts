/**
 * Peers that are told the same: export runs once, messages are encoded once, and every member gets the
 * same buffer but for the segments of its own routes.
 *
 * A member is *in sync* when it has no backlog: it holds exactly what `AdvertisedRoutes` says. One that
 * cannot take more gets a `Backlog` and is served from the latest state in portions until it is empty;
 * a new member begins with a backlog that dumps everything. With Add-Path (RFC 7911) a slot is a path
 * and every candidate is told, under its row number as path identifier; otherwise a slot is a prefix.
 */
import { REFRESH_BEGIN, REFRESH_END } from '../bgp/wire/constants.ts';
import { encodeRouteRefresh } from '../bgp/wire/route-refresh.ts';
import { encodeEndOfRib } from '../bgp/wire/update-writer.ts';
import { AdvertisedRoutes } from './advertised-routes.ts';
import { Backlog } from './backlog.ts';
import type { Exporter } from './exporter.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import type { OutboundLimit } from './outbound-limit.ts';
import type { Outbox } from './outbox.ts';
import type { RibTables } from './rib-tables.ts';
import { SlotChanges } from './slot-changes.ts';
import type { EncodedUpdates, UpdateEncoding, UpdatePacker } from './update-packer.ts';

/** Routes per portion for a lagging member: some 50 to 300 KiB. */
const PORTION_ROUTES = 8192;

const NO_PEER = 0 as PeerId;
const NONE = 0 as AttrsId;

interface Member {
  readonly peer: PeerId;
  readonly outbox: Outbox;
  backlog: Backlog | undefined;
  /** To be sent before the dump: the begin of a refresh (RFC 7313). */
  opening: Uint8Array | undefined;
  /** To be sent when the backlog is empty: End-of-RIB, or the end of a refresh (RFC 7313). */
  closing: Uint8Array | undefined;
  /** The End-of-RIB has not been sent yet. */
  isJoining: boolean;
  /** A refresh that waits for it: a begin mark must not come before (RFC 7313 §4). */
  awaitsRefresh: boolean;
}

/** A portion of the dump, kept for members that are at the same place. */
interface DumpPortion {
  readonly from: number;
  readonly version: number;
  readonly next: number;
  readonly updates: EncodedUpdates | undefined;
}

/** What keeps a group from telling everything that export lets through. */
export interface GroupRestrictions {
  /** The paths Add-Path may tell of a prefix; all when absent. */
  readonly choose?: ((prefix: PrefixId) => readonly PathId[]) | undefined;
  readonly limit?: OutboundLimit | undefined;
}

export class UpdateGroup {
  /** What members have in common, as text. */
  readonly key: string;
  readonly exporter: Exporter;
  readonly encoding: UpdateEncoding;
  readonly advertised = new AdvertisedRoutes();
  readonly #tables: RibTables;
  readonly #packer: UpdatePacker;
  readonly #choose: GroupRestrictions['choose'];
  readonly #limit: OutboundLimit | undefined;
  readonly #members = new Map<PeerId, Member>();
  readonly #changes = new SlotChanges();
  /** Of the changes, those that keep the attributes and only come from another peer. */
  readonly #movedSources: number[] = [];
  /** Next prefix to be exported anew, 0 when all are up to date. */
  #scanCursor = 1;
  /** Counts changes of `advertised`. */
  #version = 0;
  #portion: DumpPortion | undefined;

  constructor(
    key: string,
    exporter: Exporter,
    encoding: UpdateEncoding,
    tables: RibTables,
    packer: UpdatePacker,
    { choose, limit }: GroupRestrictions = {},
  ) {
    this.#choose = choose;
    this.#limit = limit;
    this.key = key;
    this.exporter = exporter;
    this.encoding = encoding;
    this.#tables = tables;
    this.#packer = packer;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  /** False until every prefix has been through export once. */
  get isComplete(): boolean {
    return this.#scanCursor === 0;
  }

  /** True when there is something `advance` could do now. */
  get hasWork(): boolean {
    if (this.#scanCursor !== 0) return true;
    for (const member of this.#members.values()) {
      if ((member.backlog || this.#owesClosing(member)) && member.outbox.isWritable) return true;
    }
    return false;
  }

  /** A member that holds nothing yet joins: dump, then End-of-RIB. */
  join(peer: PeerId, outbox: Outbox): void {
    const closing = encodeEndOfRib(this.#tables.family);
    const backlog = Backlog.forJoin();
    const state = { isJoining: true, awaitsRefresh: false, opening: undefined, closing };
    this.#members.set(peer, { peer, outbox, backlog, ...state });
    this.#portion = undefined; // it may hold routes of the new member
  }

  leave(peer: PeerId): void {
    const backlog = this.#members.get(peer)?.backlog;
    this.#members.delete(peer);
    if (!backlog) return;
    for (let slot = backlog.take(); slot !== 0; slot = backlog.take()) this.#unpin(slot);
  }

  /** Takes a member over from another group of the same encoding; only differences go out. */
  adopt(peer: PeerId, from: UpdateGroup): void {
    const old = from.#members.get(peer)!;
    const backlog =
      from.exporter.deferral === 'routes'
        ? this.#afterDeferral(old, from)
        : this.#differences(old, from);
    from.leave(peer);
    this.#members.set(peer, { ...old, backlog });
  }

  #differences(old: Member, from: UpdateGroup): Backlog {
    const { peer } = old;
    const backlog = new Backlog();
    const limit = Math.max(this.advertised.limit, from.advertised.limit);
    for (let slot = 1; slot < limit; slot++) {
      const told = from.advertised.attrsFor(slot, peer);
      const isHeld = old.backlog ? old.backlog.holds(slot, told !== 0) : told !== 0;
      const isClean = isHeld && !old.backlog?.isDirty(slot);
      const wanted = this.advertised.attrsFor(slot, peer);
      if (isClean ? wanted === told : !isHeld && wanted === 0) continue;
      if (backlog.mark(slot, isHeld)) this.#pin(slot);
    }
    // Between the marks of a refresh everything must come again, or the peer takes it as gone.
    if (old.backlog?.isDumping && !old.backlog.isJoin) backlog.restartDump();
    return backlog;
  }

  /** It was told very little: everything is dumped, which saves comparing every slot. */
  #afterDeferral({ peer, backlog: owed }: Member, { advertised }: UpdateGroup): Backlog {
    const backlog = new Backlog();
    for (let slot = 1; slot < advertised.limit; slot++) {
      const told = advertised.attrs(slot) !== 0;
      const isHeld = owed ? owed.holds(slot, told) : told;
      if (!isHeld || this.advertised.attrsFor(slot, peer) !== 0) continue;
      if (backlog.mark(slot, true)) this.#pin(slot);
    }
    backlog.restartDump();
    return backlog;
  }

  /** Sends everything again (RFC 2918), between the marks of RFC 7313 where the peer knows them. */
  refresh(peer: PeerId, isEnhanced: boolean): void {
    const member = this.#members.get(peer);
    if (!member) return;
    if (isEnhanced && member.isJoining) {
      member.awaitsRefresh = true;
      return;
    }
    member.backlog ??= new Backlog();
    member.backlog.restartDump();
    if (!isEnhanced) return;
    const { family } = this.#tables;
    member.opening = encodeRouteRefresh(family, REFRESH_BEGIN);
    member.closing = encodeRouteRefresh(family, REFRESH_END);
  }

  /** Exports everything anew, a portion per run: identity or the role of a peer is another. */
  rescan(): void {
    this.exporter.forget();
    this.#scanCursor = 1;
  }

  /**
   * Gives references back, those of slots from `from` on; the group has no members and is not used again.
   *
   * @returns the slot to go on with, 0 when all are given back
   */
  dispose(from: number, maximum: number): number {
    const { limit } = this.advertised;
    const end = Math.min(from + maximum, limit);
    for (let slot = from; slot < end; slot++) {
      this.#tables.attrs.release(this.advertised.attrs(slot));
    }
    return end < limit ? end : 0;
  }

  /** Routes a member is told, its backlog taken as done. */
  countFor(peer: PeerId): number {
    return this.advertised.countFor(peer);
  }

  /**
   * Exports prefixes whose paths changed, then sends.
   *
   * @param prefixes the first `count` count; any order, no repeats
   */
  process(prefixes: Uint32Array, count: number): void {
    this.#begin();
    for (let i = 0; i < count; i++) this.#exportPrefix(prefixes[i]! as PrefixId);
    this.#finish();
  }

  /** Goes on with what is pending: a portion per lagging member, up to `maximum` prefixes of a rescan. */
  advance(maximum: number): void {
    for (const member of this.#members.values()) {
      if (member.backlog && member.outbox.isWritable) this.#serve(member, member.backlog);
    }
    if (this.#scanCursor !== 0) this.#scan(maximum);
    if (this.isComplete) for (const member of this.#members.values()) this.#close(member);
  }

  #scan(maximum: number): void {
    const { limit } = this.#tables.prefixes;
    const end = Math.min(this.#scanCursor + maximum, limit);
    this.#begin();
    for (let id = this.#scanCursor; id < end; id++) this.#exportPrefix(id as PrefixId);
    this.#scanCursor = end < limit ? end : 0;
    this.#finish();
  }

  #begin(): void {
    this.#packer.begin(this.encoding);
    this.#changes.clear();
    this.#movedSources.length = 0;
  }

  #exportPrefix(prefix: PrefixId): void {
    const { locRib, paths } = this.#tables;
    if (!this.encoding.hasAddPath) {
      const best = locRib.best(prefix);
      const egress = best === 0 ? NONE : this.exporter.export(best);
      this.#update(prefix, prefix, egress, best === 0 ? NO_PEER : paths.peer(best));
      return;
    }
    const chosen = this.#choose?.(prefix);
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      const isChosen = chosen === undefined || chosen.includes(path);
      const egress = isChosen ? this.exporter.export(path) : NONE;
      this.#update(path, prefix, egress, paths.peer(path));
    }
  }

  /** Takes over the reference to `egress`. */
  #update(slot: number, prefix: PrefixId, egress: AttrsId, source: PeerId): void {
    if (egress !== 0 && this.#limit?.holdsBack(this.advertised, slot, source)) {
      this.#tables.attrs.release(egress);
      this.#replace(slot, prefix, NONE, NO_PEER);
    } else this.#replace(slot, prefix, egress, source);
  }

  #replace(slot: number, prefix: PrefixId, egress: AttrsId, source: PeerId): void {
    const { attrs } = this.#tables;
    const oldAttrs = this.advertised.attrs(slot);
    const oldSource = this.advertised.source(slot);
    if (egress === oldAttrs && (egress === 0 || source === oldSource)) {
      attrs.release(egress);
      return;
    }
    this.advertised.set(slot, egress, source);
    this.#changes.add(slot, prefix, oldSource);
    for (const monitor of this.#tables.monitors) monitor.markExported(prefix);
    if (egress === oldAttrs) this.#movedSources.push(this.#changes.count - 1);
    else this.#pack(slot, prefix, egress, egress === 0 ? oldSource : source);
    attrs.release(oldAttrs);
  }

  #pack(slot: number, prefix: PrefixId, egress: AttrsId, excluded: PeerId): void {
    this.#packer.add(prefix, slot, egress, this.#members.has(excluded) ? excluded : NO_PEER);
  }

  /** Encodes and sends what `#update` collected; notes it for those that cannot take it. */
  #finish(): void {
    if (this.#changes.count === 0) return;
    if (this.#limit?.takeRoom(this.advertised)) this.#scanCursor = 1;
    this.#version++;
    const updates = this.#packer.finish();
    for (const member of this.#members.values()) {
      if (member.backlog || !member.outbox.isWritable) this.#postpone(member);
      else if (updates) member.outbox.sendUpdates(updates);
    }
    if (!this.encoding.hasAddPath) this.#correctSources();
  }

  /** The changes become dirty slots of a member that cannot be sent to. */
  #postpone(member: Member): void {
    member.backlog ??= new Backlog();
    const { backlog } = member;
    for (let i = 0; i < this.#changes.count; i++) {
      const slot = this.#changes.slot(i);
      if (backlog.mark(slot, this.#changes.wasHeldBy(i, member.peer))) this.#pin(slot);
    }
  }

  /**
   * When the best route of a prefix moves from member A to member B, the shared messages do not fit
   * the two: B still holds A's route, and A was never told of the prefix if the attributes are the same.
   */
  #correctSources(): void {
    const corrections = new Map<Member, number[]>();
    for (let i = 0; i < this.#changes.count; i++) {
      const source = this.advertised.source(this.#changes.slot(i));
      if (this.#changes.wasHeldBy(i, source)) this.#addCorrection(corrections, source, i);
    }
    for (const index of this.#movedSources) {
      this.#addCorrection(corrections, this.#changes.oldSource(index), index);
    }
    for (const [member, indexes] of corrections) this.#sendCorrections(member, indexes);
  }

  #addCorrection(corrections: Map<Member, number[]>, peer: PeerId, index: number): void {
    const member = this.#members.get(peer);
    if (!member || member.backlog) return;
    const list = corrections.get(member);
    if (list) list.push(index);
    else corrections.set(member, [index]);
  }

  #sendCorrections(member: Member, indexes: readonly number[]): void {
    this.#packer.begin(this.encoding);
    for (const index of indexes) {
      const slot = this.#changes.slot(index);
      if (member.outbox.isWritable) {
        const attrs = this.advertised.attrsFor(slot, member.peer);
        this.#packer.add(this.#changes.prefix(index), slot, attrs, NO_PEER);
        continue;
      }
      member.backlog ??= new Backlog();
      if (member.backlog.mark(slot, this.#changes.wasHeldBy(index, member.peer))) this.#pin(slot);
    }
    const updates = this.#packer.finish();
    if (updates) member.outbox.sendUpdates(updates);
  }

  /** Sends one portion to a lagging member; it is in sync again when nothing is left. */
  #serve(member: Member, backlog: Backlog): void {
    if (backlog.dirtyCount > 0) this.#serveDirty(member, backlog);
    else if (backlog.isDumping) this.#serveDump(member, backlog);
    if (backlog.dirtyCount === 0 && !backlog.isDumping) member.backlog = undefined;
  }

  #close(member: Member): void {
    if (!this.#owesClosing(member) || member.backlog || !member.outbox.isWritable) return;
    member.outbox.sendBytes(member.closing!);
    member.closing = undefined;
    member.isJoining = false;
    if (!member.awaitsRefresh) return;
    member.awaitsRefresh = false;
    this.refresh(member.peer, true);
  }

  /** While anything is deferred there is no End-of-RIB; the marks of a refresh do not wait. */
  #owesClosing({ closing, isJoining }: Member): boolean {
    return closing !== undefined && !(isJoining && this.exporter.deferral);
  }

  #serveDirty(member: Member, backlog: Backlog): void {
    this.#packer.begin(this.encoding);
    for (let count = 0; count < PORTION_ROUTES && backlog.dirtyCount > 0; count++) {
      const slot = backlog.take();
      const attrs = this.advertised.attrsFor(slot, member.peer);
      if (attrs !== 0 || backlog.wasHeld(slot)) {
        this.#packer.add(this.#prefixOf(slot), slot, attrs, NO_PEER);
      }
      this.#unpin(slot);
    }
    const updates = this.#packer.finish();
    if (updates) member.outbox.sendUpdates(updates);
  }

  /** Joining members at the same place share a portion; a slot not reached yet is never dirty. */
  #serveDump(member: Member, backlog: Backlog): void {
    if (member.opening) member.outbox.sendBytes(member.opening);
    member.opening = undefined;
    if (!member.outbox.isWritable) return;
    const from = backlog.cursor;
    const kept = this.#portion;
    const isKept = kept?.from === from && kept.version === this.#version;
    const portion = isKept ? kept : this.#makePortion(from);
    this.#portion = portion;
    if (portion.updates) member.outbox.sendUpdates(portion.updates);
    if (portion.next === 0) backlog.finishDump();
    else backlog.cursor = portion.next;
  }

  #makePortion(from: number): DumpPortion {
    this.#packer.begin(this.encoding);
    const { limit } = this.advertised;
    let slot = from;
    for (let count = 0; slot < limit && count < PORTION_ROUTES; slot++) {
      const attrs = this.advertised.attrs(slot);
      if (attrs === 0) continue;
      this.#pack(slot, this.#prefixOf(slot), attrs, this.advertised.source(slot));
      count++;
    }
    const next = slot < limit ? slot : 0;
    return { from, version: this.#version, next, updates: this.#packer.finish() };
  }

  #prefixOf(slot: number): PrefixId {
    return this.encoding.hasAddPath
      ? this.#tables.paths.prefix(slot as PathId)
      : (slot as PrefixId);
  }

  #pin(slot: number): void {
    const { pathPins, prefixPins } = this.#tables;
    (this.encoding.hasAddPath ? pathPins : prefixPins).pin(slot);
  }

  #unpin(slot: number): void {
    const { pathPins, prefixPins } = this.#tables;
    (this.encoding.hasAddPath ? pathPins : prefixPins).unpin(slot);
  }
}
