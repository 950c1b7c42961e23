/**
 * Growth of the typed-array columns that the tables are made of.
 *
 * All columns of a table grow together to the same capacity; copying four megabytes takes about a
 * millisecond, so doubling needs no further cleverness.
 */

/** A zero-filled copy of `column` with room for `capacity` elements. */
export function grownUint32(column: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}

/** As {@link grownUint32}. */
export function grownUint16(column: Uint16Array, capacity: number): Uint16Array<ArrayBuffer> {
  const grown = new Uint16Array(capacity);
  grown.set(column);
  return grown;
}

/** As {@link grownUint32}. */
export function grownUint8(column: Uint8Array, capacity: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(capacity);
  grown.set(column);
  return grown;
}

/**
 * Capacity for at least `needed` elements: doubles while small; above a million it grows by half, so
 * that a full table does not pay for twice its size.
 */
export function nextCapacity(capacity: number, needed: number): number {
  let next = capacity;
  while (next < needed) next = next < 1_000_000 ? next * 2 : Math.ceil(next * 1.5);
  return next;
}
