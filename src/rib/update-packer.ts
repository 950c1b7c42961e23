/**
 * Packs routes into UPDATE messages: everything with the same attributes shares messages up to the
 * negotiated maximum size.
 *
 * Routes are put into buckets by attribute set and by the peer that must not get them; `finish`
 * writes bucket after bucket into one buffer, cut into segments by that peer (split horizon):
 *
 *     bytes: | for all | for all but peer 7 | for all but peer 9 |
 *
 * One packer serves all groups, one after the other. What `finish` answers is never written again.
 */

import { PATH_ID_SIZE, writePathId } from '../bgp/wire/nlri.ts';
import {
  beginReach,
  beginUnreach,
  finishReach,
  finishUnreach,
  isMp,
  reachOverhead,
} from '../bgp/wire/update-writer.ts';
import { addressSize, type Family } from '../net/family.ts';
import type { AttributeStore } from './attribute-store.ts';
import { grownUint8, grownUint16, grownUint32, nextCapacity } from './columns.ts';
import type { AttrsId, PeerId, PrefixId } from './ids.ts';
import type { PrefixTable } from './prefix-table.ts';

/** How the messages of a group are encoded. */
export interface UpdateEncoding {
  readonly asWidth: 2 | 4;
  readonly hasAddPath: boolean;
  readonly maximumMessageSize: number;
}

/** Encoded messages; segment `i` is octets `[ends[i − 1], ends[i])`. */
export interface EncodedUpdates {
  readonly bytes: Uint8Array;
  readonly ends: readonly number[];
  /** Per segment the peer that must not get it, 0 for none. */
  readonly excluded: readonly PeerId[];
}

/** What stands for a bucket without attributes: prefixes to be withdrawn. */
const UNREACH = 0 as AttrsId;

export class UpdatePacker {
  readonly #family: Family;
  readonly #prefixes: PrefixTable;
  readonly #attrs: AttributeStore;
  #encoding: UpdateEncoding = { asWidth: 4, hasAddPath: false, maximumMessageSize: 4096 };
  /** Entries, chained per bucket; entry 0 is none. */
  #prefix = new Uint32Array(1024);
  #pathId = new Uint32Array(1024);
  #next = new Uint32Array(1024);
  #entries = 1;
  /** Buckets in columns; bucket 0 is none. */
  #bucketAttrs = new Uint32Array(64);
  #bucketExcluded = new Uint16Array(64);
  #bucketFirst = new Uint32Array(64);
  #bucketLast = new Uint32Array(64);
  /** Another bucket with the same attributes, 0 for none. */
  #bucketSibling = new Uint32Array(64);
  #buckets = 1;
  /** By `AttrsId`, the bucket used last. */
  #bucketOf = new Uint32Array(256);
  #out = new Uint8Array(65_536);

  constructor(family: Family, prefixes: PrefixTable, attrs: AttributeStore) {
    this.#family = family;
    this.#prefixes = prefixes;
    this.#attrs = attrs;
  }

  /** Starts over, with the encoding of a group. */
  begin(encoding: UpdateEncoding): void {
    this.#encoding = encoding;
    this.#entries = 1;
  }

  get isEmpty(): boolean {
    return this.#entries === 1;
  }

  /** Announces a prefix with a set (a withdrawal with 0) to all but `excluded`. */
  add(prefix: PrefixId, pathId: number, attrs: AttrsId, excluded: PeerId): void {
    const entry = this.#entries++;
    if (entry === this.#prefix.length) this.#growEntries();
    this.#prefix[entry] = prefix;
    this.#pathId[entry] = pathId;
    this.#next[entry] = 0;
    const bucket = this.#bucket(attrs, excluded);
    if (this.#bucketFirst[bucket] === 0) this.#bucketFirst[bucket] = entry;
    else this.#next[this.#bucketLast[bucket]!] = entry;
    this.#bucketLast[bucket] = entry;
  }

  /** Encodes what was added; undefined when nothing was. */
  finish(): EncodedUpdates | undefined {
    if (this.isEmpty) return undefined;
    const ends: number[] = [];
    const excluded: PeerId[] = [];
    let at = 0;
    const order = this.#orderByExcluded();
    for (let i = 1; i < this.#buckets; i++) {
      const bucket = order ? order[i - 1]! : i;
      const peer = this.#bucketExcluded[bucket]! as PeerId;
      at = this.#writeBucket(at, bucket);
      if (excluded.at(-1) === peer) ends[ends.length - 1] = at;
      else {
        ends.push(at);
        excluded.push(peer);
      }
    }
    this.#reset();
    return { bytes: this.#out.slice(0, at), ends, excluded };
  }

  #bucket(attrs: AttrsId, excluded: PeerId): number {
    if (attrs >= this.#bucketOf.length) {
      const capacity = nextCapacity(this.#bucketOf.length, attrs + 1);
      this.#bucketOf = grownUint32(this.#bucketOf, capacity);
    }
    const newest = this.#bucketOf[attrs]!;
    for (let bucket = newest; bucket !== 0; bucket = this.#bucketSibling[bucket]!) {
      if (this.#bucketExcluded[bucket] === excluded) return bucket;
    }
    const bucket = this.#buckets++;
    if (bucket === this.#bucketAttrs.length) this.#growBuckets();
    this.#bucketAttrs[bucket] = attrs;
    this.#bucketExcluded[bucket] = excluded;
    this.#bucketFirst[bucket] = 0;
    this.#bucketSibling[bucket] = newest;
    this.#bucketOf[attrs] = bucket;
    return bucket;
  }

  /** Buckets of one excluded peer stand together, so that segments are few; undefined: they do. */
  #orderByExcluded(): Uint32Array | undefined {
    const excluded = this.#bucketExcluded;
    let isSorted = true;
    for (let i = 2; i < this.#buckets; i++) isSorted &&= excluded[i]! >= excluded[i - 1]!;
    if (isSorted) return undefined;
    const order = Uint32Array.from({ length: this.#buckets - 1 }, (_, i) => i + 1);
    return order.sort((a, b) => excluded[a]! - excluded[b]! || a - b);
  }

  #writeBucket(at: number, bucket: number): number {
    const { maximumMessageSize } = this.#encoding;
    const attrs = this.#bucketAttrs[bucket]! as AttrsId;
    if (attrs === UNREACH) return this.#writeUnreach(at, bucket);
    const attributes = this.#attrs.encoded(attrs, this.#encoding.asWidth);
    const nextHop = this.#attrs.mpNextHop(attrs);
    const overhead = reachOverhead(attributes.length, nextHop.length);
    // Attributes that leave no room for a prefix cannot be announced (RFC 4271 §9.2).
    if (overhead + this.#largestNlri() > maximumMessageSize) return this.#writeUnreach(at, bucket);
    const tail = isMp(nextHop.length) ? attributes.length : 0;
    let entry = this.#bucketFirst[bucket]!;
    let end = at;
    while (entry !== 0) {
      this.#reserve(end);
      const start = end;
      const nlri = beginReach(this.#out, start, this.#family, attributes, nextHop);
      const stop = this.#writeNlri(nlri, start + maximumMessageSize - tail, entry);
      entry = this.#stoppedAt;
      end = finishReach(this.#out, start, stop, attributes, nextHop);
    }
    return end;
  }

  #writeUnreach(at: number, bucket: number): number {
    const { maximumMessageSize } = this.#encoding;
    // IPv4 has the empty attributes length behind the withdrawn prefixes.
    const behind = this.#family === 'ipv4-unicast' ? 2 : 0;
    let entry = this.#bucketFirst[bucket]!;
    let end = at;
    while (entry !== 0) {
      this.#reserve(end);
      const start = end;
      const nlri = beginUnreach(this.#out, start, this.#family);
      const stop = this.#writeNlri(nlri, start + maximumMessageSize - behind, entry);
      entry = this.#stoppedAt;
      end = finishUnreach(this.#out, start, this.#family, stop);
    }
    return end;
  }

  /** First entry that did not fit the message written last; 0 when all did. */
  #stoppedAt = 0;

  /** Writes entries from `entry` on while they end before `limit`; answers where they end. */
  #writeNlri(at: number, limit: number, entry: number): number {
    const last = limit - this.#largestNlri();
    const { hasAddPath } = this.#encoding;
    let next = entry;
    let end = at;
    while (next !== 0 && end <= last) {
      if (hasAddPath) end = writePathId(this.#out, end, this.#pathId[next]!);
      end = this.#prefixes.writeNlri(this.#prefix[next]! as PrefixId, this.#out, end);
      next = this.#next[next]!;
    }
    this.#stoppedAt = next;
    return end;
  }

  #largestNlri(): number {
    return 1 + addressSize(this.#family) + (this.#encoding.hasAddPath ? PATH_ID_SIZE : 0);
  }

  #reserve(at: number): void {
    const needed = at + this.#encoding.maximumMessageSize;
    if (needed <= this.#out.length) return;
    this.#out = grownUint8(this.#out, nextCapacity(this.#out.length, needed));
  }

  #growBuckets(): void {
    const capacity = nextCapacity(this.#bucketAttrs.length, this.#buckets);
    this.#bucketAttrs = grownUint32(this.#bucketAttrs, capacity);
    this.#bucketExcluded = grownUint16(this.#bucketExcluded, capacity);
    this.#bucketFirst = grownUint32(this.#bucketFirst, capacity);
    this.#bucketLast = grownUint32(this.#bucketLast, capacity);
    this.#bucketSibling = grownUint32(this.#bucketSibling, capacity);
  }

  #growEntries(): void {
    const capacity = nextCapacity(this.#prefix.length, this.#entries);
    this.#prefix = grownUint32(this.#prefix, capacity);
    this.#pathId = grownUint32(this.#pathId, capacity);
    this.#next = grownUint32(this.#next, capacity);
  }

  #reset(): void {
    for (let i = 1; i < this.#buckets; i++) this.#bucketOf[this.#bucketAttrs[i]!] = 0;
    this.#buckets = 1;
    this.#entries = 1;
  }
}
