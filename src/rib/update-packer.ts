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
import { grownUint8, grownUint32, nextCapacity } from './columns.ts';
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

interface Bucket {
  /** 0: withdrawals. */
  readonly attrs: AttrsId;
  readonly excluded: PeerId;
  first: number;
  last: number;
  /** Another bucket with the same attributes, 0 for none. */
  readonly sibling: number;
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
  /** Bucket 0 is none. */
  #buckets: (Bucket | undefined)[] = [undefined];
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
    const bucket = this.#buckets[this.#bucket(attrs, excluded)]!;
    if (bucket.first === 0) bucket.first = entry;
    else this.#next[bucket.last] = entry;
    bucket.last = entry;
  }

  /** Encodes what was added; undefined when nothing was. */
  finish(): EncodedUpdates | undefined {
    if (this.isEmpty) return undefined;
    const ends: number[] = [];
    const excluded: PeerId[] = [];
    let at = 0;
    for (const bucket of this.#bucketsByExcluded()) {
      at = this.#writeBucket(at, bucket);
      if (excluded.at(-1) === bucket.excluded) ends[ends.length - 1] = at;
      else {
        ends.push(at);
        excluded.push(bucket.excluded);
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
    for (let index = newest; index !== 0; index = this.#buckets[index]!.sibling) {
      if (this.#buckets[index]!.excluded === excluded) return index;
    }
    const index = this.#buckets.length;
    this.#buckets.push({ attrs, excluded, first: 0, last: 0, sibling: newest });
    this.#bucketOf[attrs] = index;
    return index;
  }

  /** Buckets of one excluded peer stand together, so that segments are few. */
  #bucketsByExcluded(): readonly Bucket[] {
    const buckets = this.#buckets.slice(1) as Bucket[];
    const first = buckets[0]!.excluded;
    if (buckets.every(({ excluded }) => excluded === first)) return buckets;
    return buckets.sort((a, b) => a.excluded - b.excluded);
  }

  #writeBucket(at: number, bucket: Bucket): number {
    const { maximumMessageSize } = this.#encoding;
    if (bucket.attrs === UNREACH) return this.#writeUnreach(at, bucket);
    const attributes = this.#attrs.encoded(bucket.attrs, this.#encoding.asWidth);
    const nextHop = this.#attrs.mpNextHop(bucket.attrs);
    const overhead = reachOverhead(attributes.length, nextHop.length);
    // Attributes that leave no room for a prefix cannot be announced (RFC 4271 §9.2).
    if (overhead + this.#largestNlri() > maximumMessageSize) return this.#writeUnreach(at, bucket);
    const tail = isMp(nextHop.length) ? attributes.length : 0;
    let entry = bucket.first;
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

  #writeUnreach(at: number, bucket: Bucket): number {
    const { maximumMessageSize } = this.#encoding;
    // IPv4 has the empty attributes length behind the withdrawn prefixes.
    const behind = this.#family === 'ipv4-unicast' ? 2 : 0;
    let entry = bucket.first;
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

  #growEntries(): void {
    const capacity = nextCapacity(this.#prefix.length, this.#entries);
    this.#prefix = grownUint32(this.#prefix, capacity);
    this.#pathId = grownUint32(this.#pathId, capacity);
    this.#next = grownUint32(this.#next, capacity);
  }

  #reset(): void {
    for (let i = 1; i < this.#buckets.length; i++) this.#bucketOf[this.#buckets[i]!.attrs] = 0;
    this.#buckets = [undefined];
    this.#entries = 1;
  }
}
