/** Ids a text cites. */
export function citedIn(text: string): ReadonlySet<string>;
/** Rules that no test cites, in the order of the list. */
export function uncitedRules(): readonly string[];
