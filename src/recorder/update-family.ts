/** Which family the prefixes of an UPDATE are of, found without walking it: recordings say how to read it. */

import { familyOf } from '../bgp/wire/afi-safi.ts';
import {
  ATTR_MP_REACH_NLRI,
  ATTR_MP_UNREACH_NLRI,
  FLAG_EXTENDED_LENGTH,
  HEADER_SIZE,
  MESSAGE_UPDATE,
} from '../bgp/wire/constants.ts';
import { messageType } from '../bgp/wire/header.ts';
import { readU16 } from '../bgp/wire/octets.ts';
import type { Family } from '../net/family.ts';

/** Undefined for other messages, and for what is too damaged to tell. */
export function updateFamily(bytes: Uint8Array): Family | undefined {
  if (bytes.length < HEADER_SIZE + 4 || messageType(bytes, 0) !== MESSAGE_UPDATE) return undefined;
  const attributesAt = HEADER_SIZE + 2 + readU16(bytes, HEADER_SIZE);
  if (attributesAt + 2 > bytes.length) return undefined;
  const end = Math.min(bytes.length, attributesAt + 2 + readU16(bytes, attributesAt));
  for (let at = attributesAt + 2; at + 4 <= end; ) {
    const isLong = (bytes[at]! & FLAG_EXTENDED_LENGTH) !== 0;
    const valueAt = at + (isLong ? 4 : 3);
    const type = bytes[at + 1];
    if (type === ATTR_MP_REACH_NLRI || type === ATTR_MP_UNREACH_NLRI) {
      return valueAt + 3 <= end
        ? familyOf(readU16(bytes, valueAt), bytes[valueAt + 2]!)
        : undefined;
    }
    at = valueAt + (isLong ? readU16(bytes, at + 2) : bytes[at + 2]!);
  }
  return 'ipv4-unicast';
}
