/** Deep freezing of plain data. */

/**
 * Freezes a tree of objects and lists in place. Typed arrays cannot be frozen and are left alone; by
 * convention nobody writes into an address.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
