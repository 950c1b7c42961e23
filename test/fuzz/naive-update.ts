/**
 * An UPDATE read as a book would read it, for comparison: prefixes as text, lists for everything, no
 * shared code with the walker. It knows structure only; what a fault in an attribute costs is not its business.
 */
import type { WireOptions } from '../../src/bgp/wire/wire-options.ts';
import type { Family } from '../../src/net/family.ts';
import { makePrefix } from '../../src/net/prefix.ts';
import { formatPrefix } from '../../src/net/text.ts';

export interface NaiveUpdate {
  /** `address/length#path` in wire order: withdrawn routes, then those of MP_UNREACH_NLRI. */
  readonly withdrawn: readonly string[];
  /** Those of MP_REACH_NLRI, then the classic ones. */
  readonly reachable: readonly string[];
  /** Some attribute runs past the end of all. */
  readonly hasOverrun: boolean;
}

/** Thrown, and caught, here: the structure leaves no way on but a reset (RFC 7606 §3, §5.3). */
class Broken extends Error {}

/** Reads the message; undefined when it must cost the session. */
export function naiveUpdate(message: Uint8Array, options: WireOptions): NaiveUpdate | undefined {
  try {
    return read(message.slice(19), options);
  } catch (error) {
    if (error instanceof Broken) return undefined;
    throw error;
  }
}

function read(body: Uint8Array, options: WireOptions): NaiveUpdate {
  const [withdrawn, afterWithdrawn] = takeCounted(body);
  const [attributes, nlri] = takeCounted(afterWithdrawn);
  const classicGone = prefixes(withdrawn, 'ipv4-unicast', options);
  const classic = prefixes(nlri, 'ipv4-unicast', options);
  const mp = new Map<number, readonly string[]>();
  let rest = attributes;
  while (rest.length > 0) {
    const isLong = (rest[0]! & 0x10) !== 0;
    const size = isLong ? (rest[2]! << 8) | rest[3]! : rest[2]!;
    const value = rest.slice(isLong ? 4 : 3);
    const isMp = rest[1] === 14 || rest[1] === 15;
    if (rest.length < (isLong ? 4 : 3) || value.length < size) {
      if (isMp) throw new Broken();
      break;
    }
    if (isMp && mp.has(rest[1]!)) throw new Broken();
    if (isMp) mp.set(rest[1]!, mpPrefixes(rest[1]!, value.slice(0, size), options));
    rest = value.slice(size);
  }
  return {
    withdrawn: [...classicGone, ...(mp.get(15) ?? [])],
    reachable: [...(mp.get(14) ?? []), ...classic],
    hasOverrun: rest.length > 0,
  };
}

function takeCounted(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  if (bytes.length < 2) throw new Broken();
  const end = 2 + ((bytes[0]! << 8) | bytes[1]!);
  if (end > bytes.length) throw new Broken();
  return [bytes.slice(2, end), bytes.slice(end)];
}

function mpPrefixes(type: number, value: Uint8Array, options: WireOptions): readonly string[] {
  if (value.length < (type === 14 ? 5 : 3)) throw new Broken();
  const [high, afi, safi] = value;
  if (high !== 0 || safi !== 1 || (afi !== 1 && afi !== 2)) return [];
  const family: Family = afi === 1 ? 'ipv4-unicast' : 'ipv6-unicast';
  if (type === 15) return prefixes(value.slice(3), family, options);
  const hop = value[3]!;
  const isIpv6 = hop === 16 || hop === 32;
  const isPossible = afi === 2 ? isIpv6 : hop === 4 || (isIpv6 && options.hasExtendedNextHop);
  if (!isPossible || value.length < 4 + hop + 1) throw new Broken();
  return prefixes(value.slice(4 + hop + 1), family, options);
}

function prefixes(field: Uint8Array, family: Family, options: WireOptions): string[] {
  const found: string[] = [];
  const idSize = options.addPathReceive.includes(family) ? 4 : 0;
  const addressSize = family === 'ipv4-unicast' ? 4 : 16;
  let rest = field;
  while (rest.length > 0) {
    const bits = rest[idSize];
    if (bits === undefined || bits > addressSize * 8) throw new Broken();
    const octets = rest.slice(idSize + 1, idSize + 1 + Math.ceil(bits / 8));
    if (octets.length < Math.ceil(bits / 8)) throw new Broken();
    const address = new Uint8Array(addressSize);
    address.set(octets);
    const id = rest.slice(0, idSize).reduce((sum, octet) => sum * 256 + octet, 0);
    found.push(`${formatPrefix(makePrefix(address, bits))}#${id}`);
    rest = rest.slice(idSize + 1 + octets.length);
  }
  return found;
}
