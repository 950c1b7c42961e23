/**
 * Lists of communities as attributes hold them: what is in them, and how rules change them. Standard
 * and large communities stay sorted and without repeats (FILT-11); extended ones keep their order.
 *
 * Every change hands back the same list when there is nothing to change.
 */
import {
  EXTENDED_COMMUNITY_SIZE,
  LARGE_COMMUNITY_WORDS,
  sortCommunities,
  sortLargeCommunities,
} from '../bgp/wire/communities.ts';
import type { ExtendedCommunityHex } from './model.ts';

/** Answers for the community that begins at an index of a list. */
export type CommunityTest<L> = (list: L, at: number) => boolean;

/** What to do to a list; `removed` before `added`. */
export interface ListChange<L> {
  /** Replaces what is there. */
  readonly replacement: L | undefined;
  readonly removed: readonly CommunityTest<L>[];
  readonly added: L;
}

/** A pattern of three words, or of the two halves of one, as a test. */
export function wordsTest(pattern: readonly (number | '*')[]): CommunityTest<Uint32Array> {
  const [high, low, third] = pattern.map((word) => (word === '*' ? undefined : word));
  if (pattern.length === LARGE_COMMUNITY_WORDS) {
    return (list, at) => is(list[at]!, high) && is(list[at + 1]!, low) && is(list[at + 2]!, third);
  }
  return (list, at) => is(list[at]! >>> 16, high) && is(list[at]! & 0xffff, low);
}

function is(word: number, wanted: number | undefined): boolean {
  return wanted === undefined || word === wanted;
}

/** Hex digits with `?` for any as a test of eight octets. */
export function hexTest(pattern: ExtendedCommunityHex): CommunityTest<Uint8Array> {
  const value = octetsOf([pattern.replaceAll('?', '0')]);
  const mask = octetsOf([pattern.replace(/[^?]/g, 'f').replaceAll('?', '0')]);
  return (list, at) => value.every((octet, i) => (list[at + i]! & mask[i]!) === octet);
}

/** The octets of hex texts, one after the other. */
export function octetsOf(communities: readonly ExtendedCommunityHex[]): Uint8Array {
  return Uint8Array.from(Buffer.from(communities.join(''), 'hex'));
}

/** True when the test holds somewhere in a list of communities that take `size` places each. */
export function hasCommunity<L extends Uint32Array | Uint8Array>(
  list: L,
  size: number,
  test: CommunityTest<L>,
): boolean {
  for (let at = 0; at < list.length; at += size) if (test(list, at)) return true;
  return false;
}

/** Changes a list of standard communities. */
export function changeCommunities(list: Uint32Array, change: ListChange<Uint32Array>): Uint32Array {
  return changed(list, 1, change, (all) => sortCommunities(Uint32Array.from(all)));
}

/** Changes a list of large communities, three words each. */
export function changeLarge(list: Uint32Array, change: ListChange<Uint32Array>): Uint32Array {
  const sort = (all: readonly number[]) => sortLargeCommunities(Uint32Array.from(all));
  return changed(list, LARGE_COMMUNITY_WORDS, change, sort);
}

/** Changes a list of extended communities, eight octets each. */
export function changeExtended(list: Uint8Array, change: ListChange<Uint8Array>): Uint8Array {
  return changed(list, EXTENDED_COMMUNITY_SIZE, change, (all) => Uint8Array.from(all));
}

function changed<L extends Uint32Array | Uint8Array>(
  list: L,
  size: number,
  { replacement, removed, added }: ListChange<L>,
  make: (all: readonly number[]) => L,
): L {
  const base = replacement ?? list;
  if (base === list && isSettled(list, size, removed, added)) return list;
  const kept: number[] = [];
  for (let at = 0; at < base.length; at += size) {
    const goes = removed.some((test) => test(base, at)) && !includesAt(added, base, at, size);
    if (!goes) copyInto(kept, base, at, size); // what would be put back keeps its place
  }
  for (let at = 0; at < added.length; at += size) {
    if (!includesAt(kept, added, at, size)) copyInto(kept, added, at, size);
  }
  const result = make(kept);
  return isSame(list, result) ? list : result;
}

/** Nothing to take out and nothing to put in: the usual case, answered without an allocation. */
function isSettled<L extends Uint32Array | Uint8Array>(
  list: L,
  size: number,
  removed: readonly CommunityTest<L>[],
  added: L,
): boolean {
  for (const test of removed) if (hasCommunity(list, size, test)) return false;
  for (let at = 0; at < added.length; at += size) {
    if (!includesAt(list, added, at, size)) return false;
  }
  return true;
}

function copyInto(to: number[], from: ArrayLike<number>, at: number, size: number): void {
  for (let i = 0; i < size; i++) to.push(from[at + i]!);
}

function includesAt(
  list: ArrayLike<number>,
  wanted: ArrayLike<number>,
  wantedAt: number,
  size: number,
): boolean {
  for (let at = 0; at < list.length; at += size) {
    let equal = 0;
    while (equal < size && list[at + equal] === wanted[wantedAt + equal]) equal++;
    if (equal === size) return true;
  }
  return false;
}

function isSame(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
