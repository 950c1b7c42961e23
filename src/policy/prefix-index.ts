/**
 * Sets of prefix ranges, asked together: "which of them hold this prefix?"
 *
 * Ranges are grouped by the length of their own prefix, and each group is a hash map of masked
 * addresses, so a lookup costs one probe per distinct length, whatever the number and size of the sets.
 */
import type { Family } from '../net/family.ts';
import type { PrefixRange } from './model.ts';

/** As many sets as a whole number of V8 has bits for. */
export const MAXIMUM_SETS = 30;

/** A masked address: a number for IPv4, text of one character per octet for IPv6. */
type AddressKey = number | string;

interface LengthGroup {
  readonly length: number;
  /** Masked address → the lengths accepted there and the set: minimum, maximum, bit; and again. */
  readonly ranges: Map<AddressKey, number[]>;
}

/** Immutable sets of prefix ranges of both families. */
export class PrefixIndex {
  readonly #groups: Readonly<Record<Family, readonly LengthGroup[]>>;

  /** @param sets at most {@link MAXIMUM_SETS} */
  constructor(sets: readonly (readonly PrefixRange[])[]) {
    this.#groups = {
      'ipv4-unicast': groupByLength(sets, 'ipv4-unicast'),
      'ipv6-unicast': groupByLength(sets, 'ipv6-unicast'),
    };
  }

  /**
   * The sets that cover the prefix and allow its length: bit 0 for the first, and so on; 0 for none.
   *
   * @param bytes holds the prefix's address octets from `at`; borrowed
   * @param bits prefix length
   */
  find(family: Family, bytes: Uint8Array, at: number, bits: number): number {
    let found = 0;
    for (const group of this.#groups[family]) {
      if (group.length > bits) continue;
      const ranges = group.ranges.get(addressKey(family, bytes, at, group.length));
      if (ranges) found |= setsAllowing(ranges, bits);
    }
    return found;
  }
}

function groupByLength(sets: readonly (readonly PrefixRange[])[], family: Family): LengthGroup[] {
  const groups = new Map<number, LengthGroup>();
  for (const [place, ranges] of sets.entries()) {
    for (const range of ranges) {
      if (range.prefix.family === family) addRange(groups, range, 1 << place);
    }
  }
  return [...groups.values()];
}

function addRange(groups: Map<number, LengthGroup>, range: PrefixRange, bit: number): void {
  const { family, address, length } = range.prefix;
  const group = groups.get(length) ?? { length, ranges: new Map<AddressKey, number[]>() };
  groups.set(length, group);
  const key = addressKey(family, address, 0, length);
  const others = group.ranges.get(key) ?? [];
  group.ranges.set(key, [...others, range.minLength, range.maxLength, bit]);
}

function setsAllowing(ranges: readonly number[], bits: number): number {
  let found = 0;
  for (let i = 0; i < ranges.length; i += 3) {
    if (bits >= ranges[i]! && bits <= ranges[i + 1]!) found |= ranges[i + 2]!;
  }
  return found;
}

function addressKey(family: Family, bytes: Uint8Array, at: number, length: number): AddressKey {
  if (family !== 'ipv4-unicast') return textOf(bytes, at, length);
  const address =
    (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return length === 0 ? 0 : address & (-1 << (32 - length));
}

/** The first `length` bits, one character per octet. */
function textOf(bytes: Uint8Array, at: number, length: number): string {
  const whole = length >> 3;
  let key = '';
  for (let i = 0; i < whole; i++) key += String.fromCharCode(bytes[at + i]!);
  const rest = length & 7;
  if (rest > 0) key += String.fromCharCode(bytes[at + whole]! & (0xff << (8 - rest)));
  return key;
}
