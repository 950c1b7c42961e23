/** Compares an effective configuration with what a test of a user's says about it. */
import type { PlainObject } from '../config/plain-object.ts';
import { sameData } from '../config-templates/same-data.ts';

export interface Expectation {
  /** The node to render for; the first of the datastore when absent. */
  readonly node?: string;
  /** Variables of calico-node's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How many faults and remarks there are, or a piece of each one's text; none when absent. */
  readonly faults?: number | readonly string[];
  /** Sections: a list is compared as it is, a mapping only as far as it goes. */
  readonly [section: string]: unknown;
}

const OWN_KEYS: readonly string[] = ['node', 'env', 'faults'];

/** One line for everything that is not as expected. */
export function compareGolden(
  expected: Expectation,
  printed: PlainObject,
  faults: readonly string[],
): string[] {
  const sections = Object.entries(expected).filter(([key]) => !OWN_KEYS.includes(key));
  return [
    ...compareFaults(expected.faults ?? [], faults),
    ...sections.flatMap(([section, wanted]) => compare(section, wanted, printed[section])),
  ];
}

function compareFaults(expected: number | readonly string[], faults: readonly string[]): string[] {
  const count = typeof expected === 'number' ? expected : expected.length;
  const pieces = typeof expected === 'number' ? [] : expected;
  const missing = pieces.filter((piece) => !faults.some((fault) => fault.includes(piece)));
  return [
    ...(count === faults.length ? [] : faults.map((fault) => `fault: ${fault}`)),
    ...missing.map((piece) => `no fault says: ${piece}`),
    ...(count > faults.length ? [`${faults.length} faults, expected ${count}`] : []),
  ];
}

/** A mapping names entries of a list by their name or CIDR. */
function compare(path: string, wanted: unknown, found: unknown): string[] {
  if (!isMapping(wanted)) {
    if (sameData(wanted, found)) return [];
    return [`${path}: expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`];
  }
  const members = Array.isArray(found) ? byName(found) : isMapping(found) ? found : {};
  return Object.entries(wanted).flatMap(([key, value]) =>
    compare(`${path} ${key}`, value, members[key] ?? (value === null ? null : undefined)),
  );
}

function isMapping(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byName(entries: readonly unknown[]): PlainObject {
  const named = entries.filter(isMapping);
  return Object.fromEntries(
    named.map((entry) => [String(entry['name'] ?? entry['cidr'] ?? entry['prefix']), entry]),
  );
}
