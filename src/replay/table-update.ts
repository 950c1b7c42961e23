/** A path of a table dump as the UPDATE message that may have brought it. */
import { PATH_ID_SIZE, writePathId } from '../bgp/wire/nlri.ts';
import { beginReach, finishReach, reachOverhead } from '../bgp/wire/update-writer.ts';
import type { TableEntry } from '../mrt/table-writer.ts';
import type { Prefix } from '../net/prefix.ts';

/** @returns a message with four-octet AS numbers, and a path identifier where the entry has one */
export function updateOf(prefix: Prefix, entry: TableEntry): Uint8Array {
  const { attributes, mpNextHop, pathId } = entry;
  const overhead = reachOverhead(attributes.length, mpNextHop.length);
  const bytes = new Uint8Array(overhead + PATH_ID_SIZE + 1 + prefix.address.length);
  let at = beginReach(bytes, 0, prefix.family, attributes, mpNextHop);
  if (pathId !== 0) at = writePathId(bytes, at, pathId);
  bytes[at++] = prefix.length;
  const octets = prefix.address.subarray(0, (prefix.length + 7) >> 3);
  bytes.set(octets, at);
  const end = finishReach(bytes, 0, at + octets.length, attributes, mpNextHop);
  return bytes.subarray(0, end);
}
