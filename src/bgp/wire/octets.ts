/**
 * Numbers in network order, read and written by index: cheaper than a `DataView` per message, and no
 * object is made. Bounds are the caller's business; offsets are in octets.
 */

/** Writes two octets in network order; answers the offset behind them. */
export function writeU16(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
  return at + 2;
}

/** Writes four octets in network order; answers the offset behind them. */
export function writeU32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}

/** Reads two octets in network order; the caller has checked the bounds. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Reads four octets in network order as an unsigned number; the caller has checked the bounds. */
export function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
