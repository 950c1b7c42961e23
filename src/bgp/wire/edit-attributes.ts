/**
 * Changes an encoded set of attributes on its way to a peer without decoding it: what a speaker does to
 * every route it passes on (RFC 4271 §5.1, RFC 4456 §8).
 *
 * The octets must be canonical, as `encodePathAttributes` writes them with four-octet AS numbers; so
 * are those that come out.
 */
import { AS_CONFED_SEQUENCE, AS_SEQUENCE } from './as-path.ts';
import { attributeEnd, attributeValueAt } from './attribute-header.ts';
import {
  ATTR_AS_PATH,
  ATTR_CLUSTER_LIST,
  ATTR_LOCAL_PREF,
  ATTR_MULTI_EXIT_DISC,
  ATTR_NEXT_HOP,
  ATTR_ORIGINATOR_ID,
  FLAG_EXTENDED_LENGTH,
  FLAG_OPTIONAL,
  FLAG_TRANSITIVE,
} from './constants.ts';
import { writeU16, writeU32 } from './octets.ts';

/** What to change; everything else stays. */
export interface AttributeEdits {
  /** AS number to put in front of the path, which loses its confederation segments; 0 for none. */
  prependedAs: number;
  /** In place of NEXT_HOP, 4 octets; undefined keeps it. */
  nextHop: Uint8Array | undefined;
  keepsMed: boolean;
  /** External peers are not told LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST. */
  keepsInternal: boolean;
  /** LOCAL_PREF where there is none; -1 adds none. */
  localPref: number;
  isReflected: boolean;
  /** For reflected sets: ORIGINATOR_ID where there is none. */
  originatorId: number;
  /** For reflected sets: goes in front of CLUSTER_LIST. */
  clusterId: number;
}

/** Octets a set can grow by. */
export const EDIT_GROWTH = 64;

const BEHIND_ALL = 256;
const SEGMENT_MAXIMUM = 255;
const ATTRIBUTE_MAXIMUM = 65_535;

/** Where the next octet goes; reused by all calls. */
let at = 0;

/**
 * Writes the changed set to the front of `into`, which has room for `end - from + EDIT_GROWTH` octets.
 *
 * @returns its size; -1 when the path has confederation segments to be removed, which is not done here, or
 *   when an attribute would be longer than any can be
 */
export function editAttributes(
  bytes: Uint8Array,
  from: number,
  end: number,
  edits: AttributeEdits,
  into: Uint8Array,
): number {
  at = 0;
  let lastType = 0;
  for (let next = from; next < end; ) {
    const behind = attributeEnd(bytes, next, end);
    const type = bytes[next + 1]!;
    insertBetween(lastType, type, edits, into);
    if (!writeEdited(bytes, next, behind, edits, into)) return -1;
    lastType = type;
    next = behind;
  }
  insertBetween(lastType, BEHIND_ALL, edits, into);
  return at;
}

/** Writes the attributes to be added whose types lie between two that are there. */
function insertBetween(
  below: number,
  above: number,
  edits: AttributeEdits,
  into: Uint8Array,
): void {
  const { localPref, isReflected, originatorId, clusterId } = edits;
  if (localPref >= 0 && below < ATTR_LOCAL_PREF && ATTR_LOCAL_PREF < above) {
    writeNumber(into, FLAG_TRANSITIVE, ATTR_LOCAL_PREF, localPref);
  }
  if (!isReflected) return;
  if (below < ATTR_ORIGINATOR_ID && ATTR_ORIGINATOR_ID < above) {
    writeNumber(into, FLAG_OPTIONAL, ATTR_ORIGINATOR_ID, originatorId);
  }
  if (below < ATTR_CLUSTER_LIST && ATTR_CLUSTER_LIST < above) {
    writeNumber(into, FLAG_OPTIONAL, ATTR_CLUSTER_LIST, clusterId);
  }
}

/** Writes the attribute `[from, end)` as it shall be; false when that cannot be done. */
function writeEdited(
  bytes: Uint8Array,
  from: number,
  end: number,
  edits: AttributeEdits,
  into: Uint8Array,
): boolean {
  switch (bytes[from + 1]) {
    case ATTR_AS_PATH:
      return edits.prependedAs === 0
        ? copy(bytes, from, end, into)
        : writeAsPath(bytes, attributeValueAt(bytes, from), end, edits.prependedAs, into);
    case ATTR_NEXT_HOP:
      copy(bytes, from, end, into);
      if (edits.nextHop) for (let i = 0; i < 4; i++) into[at - 4 + i] = edits.nextHop[i]!;
      return true;
    case ATTR_MULTI_EXIT_DISC:
      return !edits.keepsMed || copy(bytes, from, end, into);
    case ATTR_LOCAL_PREF:
    case ATTR_ORIGINATOR_ID:
      return !edits.keepsInternal || copy(bytes, from, end, into);
    case ATTR_CLUSTER_LIST:
      if (!edits.keepsInternal) return true;
      if (!edits.isReflected) return copy(bytes, from, end, into);
      return writeClusterList(bytes, attributeValueAt(bytes, from), end, edits.clusterId, into);
    default:
      return copy(bytes, from, end, into);
  }
}

/** The path with one number in front, in its first segment where that is a sequence with room. */
function writeAsPath(
  bytes: Uint8Array,
  from: number,
  end: number,
  asn: number,
  into: Uint8Array,
): boolean {
  for (let next = from; next < end; next += 2 + bytes[next + 1]! * 4) {
    if (bytes[next]! >= AS_CONFED_SEQUENCE) return false;
  }
  const count = from < end && bytes[from] === AS_SEQUENCE ? bytes[from + 1]! : SEGMENT_MAXIMUM;
  const joins = count < SEGMENT_MAXIMUM;
  const size = end - from + (joins ? 4 : 6);
  if (size > ATTRIBUTE_MAXIMUM) return false;
  writeAttributeHeader(into, FLAG_TRANSITIVE, ATTR_AS_PATH, size);
  into[at++] = AS_SEQUENCE;
  into[at++] = joins ? count + 1 : 1;
  at = writeU32(into, at, asn);
  return copy(bytes, joins ? from + 2 : from, end, into);
}

function writeClusterList(
  bytes: Uint8Array,
  from: number,
  end: number,
  clusterId: number,
  into: Uint8Array,
): boolean {
  if (end - from + 4 > ATTRIBUTE_MAXIMUM) return false;
  writeAttributeHeader(into, FLAG_OPTIONAL, ATTR_CLUSTER_LIST, end - from + 4);
  at = writeU32(into, at, clusterId);
  return copy(bytes, from, end, into);
}

function writeNumber(into: Uint8Array, flags: number, type: number, value: number): void {
  writeAttributeHeader(into, flags, type, 4);
  at = writeU32(into, at, value);
}

function writeAttributeHeader(into: Uint8Array, flags: number, type: number, size: number): void {
  const isLong = size > 255;
  into[at++] = isLong ? flags | FLAG_EXTENDED_LENGTH : flags;
  into[at++] = type;
  if (isLong) at = writeU16(into, at, size);
  else into[at++] = size;
}

/** Octet by octet: most attributes are shorter than what `set` and `subarray` cost. */
function copy(bytes: Uint8Array, from: number, end: number, into: Uint8Array): boolean {
  for (let i = from; i < end; i++) into[at++] = bytes[i]!;
  return true;
}
