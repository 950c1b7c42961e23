/** The link bandwidth extended community (draft-ietf-idr-link-bandwidth §2). */
import { EXTENDED_COMMUNITY_SIZE } from './communities.ts';

/** Two-octet AS specific: transitive and not. */
const TYPES: ReadonlySet<number> = new Set([0x00, 0x40]);
const SUBTYPE = 0x04;
/** Offset of the value, a single-precision number. */
const VALUE_AT = 4;

/**
 * The bandwidth a route says it has.
 *
 * @param communities extended communities, 8 octets each
 * @returns octets per second, of several the first; undefined when none is said or it is no positive number
 */
export function linkBandwidthOf(communities: Uint8Array): number | undefined {
  const view = new DataView(communities.buffer, communities.byteOffset, communities.byteLength);
  const end = communities.length - EXTENDED_COMMUNITY_SIZE;
  for (let at = 0; at <= end; at += EXTENDED_COMMUNITY_SIZE) {
    if (!TYPES.has(communities[at]!) || communities[at + 1] !== SUBTYPE) continue;
    const bandwidth = view.getFloat32(at + VALUE_AT);
    return bandwidth > 0 && Number.isFinite(bandwidth) ? bandwidth : undefined;
  }
  return undefined;
}
