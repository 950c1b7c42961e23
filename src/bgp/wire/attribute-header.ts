/**
 * Bounds of one path attribute: `flags, type, length (1 or 2 octets), value` (RFC 4271 §4.3).
 *
 * The only place that does this arithmetic; walker and decoder both step with it.
 */
import { FLAG_EXTENDED_LENGTH } from './constants.ts';
import { readU16 } from './octets.ts';

/** Offset of the value of the attribute at `at`. */
export function attributeValueAt(bytes: Uint8Array, at: number): number {
  return at + ((bytes[at]! & FLAG_EXTENDED_LENGTH) === 0 ? 3 : 4);
}

/**
 * Offset behind the attribute at `at`; -1 when its header or value runs past `end`, which is the end
 * of all attributes (RFC 7606 §4).
 */
export function attributeEnd(bytes: Uint8Array, at: number, end: number): number {
  const value = attributeValueAt(bytes, at);
  if (value > end) return -1;
  const behind = value + (value - at === 3 ? bytes[at + 2]! : readU16(bytes, at + 2));
  return behind <= end ? behind : -1;
}
