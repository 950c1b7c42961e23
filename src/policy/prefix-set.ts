/**
 * Prefix sets for policy: "is this route's prefix one of these ranges?" asked once per route and rule.
 *
 * Ranges are grouped by the length of their own prefix, and each group is a hash set of masked
 * addresses, so a lookup costs one probe per distinct length whatever the size of the set.
 */
import type { Family } from '../net/family.ts';
import type { PrefixRange } from './model.ts';

interface LengthGroup {
  readonly length: number;
  /** Masked address in hex → the length ranges accepted there, as min and max pairs. */
  readonly ranges: Map<string, number[]>;
}

/** An immutable set of prefix ranges of both families. */
export class PrefixSet {
  readonly #groups: Readonly<Record<Family, readonly LengthGroup[]>>;

  constructor(ranges: readonly PrefixRange[]) {
    this.#groups = {
      'ipv4-unicast': groupByLength(ranges, 'ipv4-unicast'),
      'ipv6-unicast': groupByLength(ranges, 'ipv6-unicast'),
    };
  }

  /**
   * True when some range covers the prefix and allows its length.
   *
   * @param bytes holds the prefix's address octets from `at`; borrowed
   * @param bits prefix length
   */
  matches(family: Family, bytes: Uint8Array, at: number, bits: number): boolean {
    for (const group of this.#groups[family]) {
      if (group.length > bits) continue;
      const found = group.ranges.get(addressKey(bytes, at, group.length));
      if (found && allowsLength(found, bits)) return true;
    }
    return false;
  }
}

function groupByLength(ranges: readonly PrefixRange[], family: Family): LengthGroup[] {
  const groups = new Map<number, LengthGroup>();
  for (const range of ranges) {
    if (range.prefix.family !== family) continue;
    const { address, length } = range.prefix;
    const group = groups.get(length) ?? { length, ranges: new Map<string, number[]>() };
    groups.set(length, group);
    const key = addressKey(address, 0, length);
    group.ranges.set(key, [...(group.ranges.get(key) ?? []), range.minLength, range.maxLength]);
  }
  return [...groups.values()];
}

function allowsLength(pairs: readonly number[], bits: number): boolean {
  for (let i = 0; i < pairs.length; i += 2) {
    if (bits >= pairs[i]! && bits <= pairs[i + 1]!) return true;
  }
  return false;
}

/** The first `length` bits as text, one character per octet. */
function addressKey(bytes: Uint8Array, at: number, length: number): string {
  const whole = length >> 3;
  let key = '';
  for (let i = 0; i < whole; i++) key += String.fromCharCode(bytes[at + i]!);
  const rest = length & 7;
  if (rest > 0) key += String.fromCharCode(bytes[at + whole]! & (0xff << (8 - rest)));
  return key;
}
