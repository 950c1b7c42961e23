/** Policy rules as plain JSON data, in the words of configuration files. */
import { formatAddress, formatPrefix } from '../net/text.ts';
import type { PolicyActions, PolicyMatch, PolicyRule } from '../policy/model.ts';
import { formatCommunity, formatExtended, formatWords } from './community-text.ts';
import { type PlainObject, present } from './plain-object.ts';
import { formatPrefixRange } from './prefix-range.ts';
import { ORIGINS } from './values.ts';

/** How each key is printed; numbers, words and what holds only these are printed as they are. */
type Printers<T> = { readonly [K in keyof T]?: (value: NonNullable<T[K]>) => unknown };

const MATCH_PRINTERS: Printers<PolicyMatch> = {
  prefixes: (ranges) => ranges.map(formatPrefixRange),
  notPrefixes: (ranges) => ranges.map(formatPrefixRange),
  communities: (values) => values.map(formatCommunity),
  anyCommunities: (patterns) => patterns.map(formatWords),
  largeCommunities: (values) => values.map(formatWords),
  extendedCommunities: (values) => values.map(formatExtended),
  origin: (code) => ORIGINS[code],
  nextHops: (prefixes) => prefixes.map(formatPrefix),
  not: (match) => print(match, MATCH_PRINTERS),
};

const SET_PRINTERS: Printers<PolicyActions> = {
  origin: (code) => ORIGINS[code],
  nextHop: (rule) => (rule instanceof Uint8Array ? formatAddress(rule) : rule),
  setCommunities: (values) => values.map(formatCommunity),
  removeCommunities: (patterns) => patterns.map(formatWords),
  addCommunities: (values) => values.map(formatCommunity),
  setLargeCommunities: (values) => values.map(formatWords),
  removeLargeCommunities: (patterns) => patterns.map(formatWords),
  addLargeCommunities: (values) => values.map(formatWords),
  setExtendedCommunities: (values) => values.map(formatExtended),
  removeExtendedCommunities: (patterns) => patterns.map(formatExtended),
  addExtendedCommunities: (values) => values.map(formatExtended),
};

/** A rule with only the parts it has. */
export function printRule({ name, match, set, action, source }: PolicyRule): PlainObject {
  const printedMatch = unlessEmpty(print(match, MATCH_PRINTERS));
  const printedSet = unlessEmpty(print(set, SET_PRINTERS));
  return present({ name, match: printedMatch, set: printedSet, action, source });
}

/** Printed keys in the order of the printers, then the others; equal rules print alike. */
function print<T extends object>(part: T, printers: Printers<T>): PlainObject {
  const fields = part as PlainObject;
  const printed = Object.entries(printers).map(([key, format]) => {
    const value = fields[key];
    return [key, value === undefined ? undefined : (format as (v: unknown) => unknown)(value)];
  });
  const others = Object.entries(fields)
    .filter(([key]) => !(key in printers))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return present(Object.fromEntries([...printed, ...others]));
}

function unlessEmpty(object: PlainObject): PlainObject | undefined {
  return Object.keys(object).length === 0 ? undefined : object;
}
