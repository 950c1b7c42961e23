/**
 * Longest-prefix match for small tables: pools, connected subnets, other people's kernel routes.
 *
 * One map per prefix length that occurs, tried from the longest down; full tables belong in `rib`.
 */
import { type Address, ipv4ToNumber } from '../net/address.ts';
import { maskAddress, type Prefix } from '../net/prefix.ts';

type Key = number | string;

/** Values by prefix, both families. */
export class LongestMatch<Value> {
  /** By address size and prefix length, longest first. */
  readonly #levels: { size: number; length: number; values: Map<Key, Value> }[] = [];

  get(prefix: Prefix): Value | undefined {
    return this.#level(prefix)?.values.get(keyOf(prefix.address));
  }

  set(prefix: Prefix, value: Value): void {
    const level = this.#level(prefix) ?? this.#addLevel(prefix);
    level.values.set(keyOf(prefix.address), value);
  }

  delete(prefix: Prefix): void {
    const level = this.#level(prefix);
    level?.values.delete(keyOf(prefix.address));
    if (level?.values.size === 0) this.#levels.splice(this.#levels.indexOf(level), 1);
  }

  clear(): void {
    this.#levels.splice(0);
  }

  /** Value of the longest prefix of at most `maximumLength` bits that contains the address. */
  lookup(address: Address, maximumLength = address.length * 8): Value | undefined {
    for (const { size, length, values } of this.#levels) {
      if (size !== address.length || length > maximumLength) continue;
      const value = values.get(keyOf(maskAddress(address, length)));
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Values in no order that means something. */
  *values(): Generator<Value> {
    for (const { values } of this.#levels) yield* values.values();
  }

  #level({ address, length }: Prefix) {
    return this.#levels.find((level) => level.size === address.length && level.length === length);
  }

  #addLevel({ address, length }: Prefix) {
    const level = { size: address.length, length, values: new Map<Key, Value>() };
    this.#levels.push(level);
    this.#levels.sort((a, b) => b.length - a.length);
    return level;
  }
}

function keyOf(address: Address): Key {
  return address.length === 4 ? ipv4ToNumber(address) : String.fromCharCode(...address);
}
