/** Plain JSON objects, as printing builds them. */
export type PlainObject = Readonly<Record<string, unknown>>;

/** Without the keys that say nothing. */
export function present(object: PlainObject): PlainObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
