/** Encodes path attributes in ascending type order. */
import type { PathAttributes } from './path-attributes.ts';

/**
 * Encodes all attributes but MP_REACH_NLRI; a new buffer.
 *
 * @param asWidth 2 adds AS4_PATH and AS4_AGGREGATOR where numbers do not fit (RFC 6793 §4.2.2)
 * @param hasNextHop false leaves NEXT_HOP out, for messages with MP_REACH_NLRI
 */
export declare function encodePathAttributes(
  attributes: PathAttributes,
  asWidth: 2 | 4,
  hasNextHop: boolean,
): Uint8Array;

/** The intern key: AS width 4 and a NEXT_HOP of any length (also 0, 16 or 32). Equal sets give equal octets. */
export declare function encodeCanonical(attributes: PathAttributes): Uint8Array;
