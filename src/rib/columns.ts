/**
 * Growth of the typed-array columns that the tables are made of.
 *
 * All columns of a table grow together to the same capacity. Room that is not used yet costs address space
 * only: the kernel maps a page of a large array when it is first written. So growth is in big steps,
 * which keeps copies, and the memory they hold twice for a while, few.
 */

/** A zero-filled copy of `column` with room for `capacity` elements. */
export function grownUint32(column: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}

/** As {@link grownUint32}. */
export function grownInt32(column: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity);
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

/** Capacity from which on it only doubles: above, even address space is worth a thought. */
const LARGE = 4 * 1024 * 1024;

/** Capacity for at least `needed` elements: four times as much as before, twice when it is large. */
export function nextCapacity(capacity: number, needed: number): number {
  let next = capacity;
  while (next < needed) next *= next < LARGE ? 4 : 2;
  return next;
}
