/** Sets of path attributes as the generator sends them, and as a correct speaker passes them on. */
import {
  ATTR_AS_PATH,
  ATTR_CLUSTER_LIST,
  ATTR_COMMUNITIES,
  ATTR_LOCAL_PREF,
  ATTR_NEXT_HOP,
  ATTR_ORIGIN,
  ATTR_ORIGINATOR_ID,
  FLAG_EXTENDED_LENGTH,
  FLAG_OPTIONAL,
  FLAG_TRANSITIVE,
} from '../../src/bgp/wire/constants.ts';
import { parseAddress } from '../../src/net/text.ts';
import type { Role } from '../programs/program.ts';

/** AS_PATH segment type (RFC 4271 §4.3 b). */
const AS_SEQUENCE = 2;

export interface AttributeValues {
  readonly asPath: readonly number[];
  /** An address of either family. */
  readonly nextHop: string;
  /** For internal sessions. */
  readonly localPref?: number;
  readonly communities?: readonly number[];
}

/** Encodes ORIGIN IGP and the values given, in order of type. */
export function encodeAttributes(values: AttributeValues): Uint8Array {
  const { asPath, nextHop, localPref, communities } = values;
  const path = asPath.length ? [AS_SEQUENCE, asPath.length, ...asPath.flatMap(uint32)] : [];
  return Uint8Array.from([
    ...attribute(FLAG_TRANSITIVE, ATTR_ORIGIN, [0]),
    ...attribute(FLAG_TRANSITIVE, ATTR_AS_PATH, path),
    ...attribute(FLAG_TRANSITIVE, ATTR_NEXT_HOP, octets(nextHop)),
    ...(localPref === undefined
      ? []
      : attribute(FLAG_TRANSITIVE, ATTR_LOCAL_PREF, uint32(localPref))),
    ...(communities
      ? attribute(FLAG_OPTIONAL | FLAG_TRANSITIVE, ATTR_COMMUNITIES, communities.flatMap(uint32))
      : []),
  ]);
}

/**
 * What others see of a set after the speaker under test: an external speaker prepends its AS and sets
 * itself as next hop (RFC 4271 §5.1.2, §5.1.3), a reflector names originator and cluster (RFC 4456 §8),
 * the relay changes nothing. What rules add is there.
 *
 * @param originatorId router id of the session the set came from, dotted quad
 */
export function passedOn(set: Uint8Array, role: Role, originatorId: string): Uint8Array {
  if (role.kind === 'relay') return set;
  const values = readValues(set);
  if (role.kind === 'external') {
    values.set(ATTR_AS_PATH, prepend(values.get(ATTR_AS_PATH) ?? [], role.asNumber));
    values.set(ATTR_NEXT_HOP, octets(role.address));
    for (const { addCommunity } of [...role.importRules, ...role.exportRules]) {
      if (addCommunity) addTo(values, addCommunity);
    }
  } else {
    if (!values.has(ATTR_ORIGINATOR_ID)) values.set(ATTR_ORIGINATOR_ID, octets(originatorId));
    const clusters = values.get(ATTR_CLUSTER_LIST) ?? [];
    values.set(ATTR_CLUSTER_LIST, [...octets(role.routerId), ...clusters]);
  }
  return Uint8Array.from([...values].flatMap(([type, value]) => attribute(0, type, value)));
}

/** True when an AS_PATH has AS 0 in it, which speakers are free to refuse (RFC 7607). */
export function hasAsZero(set: Uint8Array): boolean {
  const path = readValues(set).get(ATTR_AS_PATH) ?? [];
  for (let at = 0; at + 2 <= path.length; ) {
    const end = at + 2 + 4 * path[at + 1]!;
    for (let i = at + 2; i < end; i += 4) {
      if (path.slice(i, i + 4).every((octet) => octet === 0)) return true;
    }
    at = end;
  }
  return false;
}

/** Takes an attribute out of an encoded set. */
export function removeAttribute(
  set: Uint8Array,
  type: number,
): { value: Uint8Array; rest: Uint8Array } {
  for (let at = 0; at < set.length; ) {
    const isExtended = (set[at]! & FLAG_EXTENDED_LENGTH) !== 0;
    const from = at + (isExtended ? 4 : 3);
    const end = from + (isExtended ? (set[at + 2]! << 8) | set[at + 3]! : set[at + 2]!);
    if (set[at + 1] === type) {
      const rest = Buffer.concat([set.subarray(0, at), set.subarray(end)]);
      return { value: set.subarray(from, end), rest };
    }
    at = end;
  }
  throw new Error(`the set has no attribute ${type}`);
}

/** Type → value octets. */
function readValues(set: Uint8Array): Map<number, readonly number[]> {
  const values = new Map<number, readonly number[]>();
  for (let at = 0; at < set.length; ) {
    const isExtended = (set[at]! & FLAG_EXTENDED_LENGTH) !== 0;
    const value = at + (isExtended ? 4 : 3);
    const size = isExtended ? (set[at + 2]! << 8) | set[at + 3]! : set[at + 2]!;
    values.set(set[at + 1]!, [...set.subarray(value, value + size)]);
    at = value + size;
  }
  return values;
}

/** Puts an AS in front: into the first segment when it is a sequence with room. */
function prepend(path: readonly number[], asNumber: number): number[] {
  if (path[0] === AS_SEQUENCE && path[1]! < 255) {
    return [AS_SEQUENCE, path[1]! + 1, ...uint32(asNumber), ...path.slice(2)];
  }
  return [AS_SEQUENCE, 1, ...uint32(asNumber), ...path];
}

function attribute(flags: number, type: number, value: readonly number[]): number[] {
  if (value.length < 256) return [flags, type, value.length, ...value];
  return [flags | FLAG_EXTENDED_LENGTH, type, value.length >> 8, value.length & 255, ...value];
}

function uint32(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

/** Puts a community behind those there are. */
function addTo(values: Map<number, readonly number[]>, [as, value]: readonly [number, number]) {
  const before = values.get(ATTR_COMMUNITIES) ?? [];
  values.set(ATTR_COMMUNITIES, [...before, as >> 8, as & 255, value >> 8, value & 255]);
}

function octets(address: string): number[] {
  return [...parseAddress(address)!];
}
