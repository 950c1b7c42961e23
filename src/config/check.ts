/** Checks a document of any origin and makes a `Config` of it. */
import { assembleConfig, type EntryAssembly } from './assemble.ts';
import { type CheckedEntries, ENTRY_SECTIONS, type EntrySection } from './checked-entries.ts';
import { acrossSteps } from './checks.ts';
import { deepFreeze } from './freeze.ts';
import { type ConfigIssue, issuesOf } from './issues.ts';
import type { Config } from './model.ts';
import { documentSchema } from './schema.ts';
import { finish, STRIDE } from './steps.ts';

export type CheckOutcome =
  | { readonly config: Config }
  | { readonly issues: readonly ConfigIssue[] };

/**
 * Turns plain data into a configuration.
 *
 * @param document what YAML or JSON holds
 * @returns the frozen configuration, or every issue, in no particular order
 */
export function checkConfig(document: unknown): CheckOutcome {
  const parsed = documentSchema.safeParse(document);
  const across = finish(acrossSteps(document));
  if (parsed.success && across.length === 0) return { config: assembleConfig(parsed.data) };
  const own = parsed.success ? [] : issuesOf(parsed.error, document);
  return { issues: [...own, ...across] };
}

type Document = Readonly<Record<string, unknown>>;

/**
 * As {@link checkConfig} in steps, for documents that are put together again and again from the same
 * objects: what was checked before is not checked again, and means the same frozen objects.
 *
 * @param document its sections, lists and mappings are what they should be, whatever is in them
 */
export function* assembledSteps(
  document: Document,
  entries: CheckedEntries,
): Generator<void, CheckOutcome> {
  if (!(yield* areKnown(document, entries))) return checkConfig(document);
  const parsed = documentSchema.safeParse(withoutEntries(document));
  if (!parsed.success) return checkConfig(document);
  yield;
  const across = yield* acrossSteps(document, entries.across);
  if (across.length > 0) return { issues: across };
  const config = assembleConfig(parsed.data);
  return { config: yield* withEntries(config, document, entries) };
}

/** Checks what is new among the entries. */
function* areKnown(document: Document, entries: CheckedEntries): Generator<void, boolean> {
  for (const section of ENTRY_SECTIONS) {
    const list = entriesOf(document, section);
    for (const [i, raw] of list.entries()) {
      if (i % STRIDE === STRIDE - 1) yield;
      if (entries.draftOf(section, raw, i) === undefined) return false;
    }
    entries.endList(section, list.length);
  }
  return true;
}

function entriesOf(document: Document, section: EntrySection): readonly unknown[] {
  const given = document[section] ?? {};
  return Array.isArray(given) ? given : Object.values(given);
}

function withoutEntries(document: Document): Document {
  const isOther = ([key]: [string, unknown]) => !ENTRY_SECTIONS.includes(key as EntrySection);
  return Object.fromEntries(Object.entries(document).filter(isOther));
}

function* withEntries(
  config: Config,
  document: Document,
  entries: CheckedEntries,
): Generator<void, Config> {
  const { asNumber } = config.router;
  const list = function* <S extends Exclude<EntrySection, 'policies'>>(section: S) {
    const made: EntryAssembly[S]['value'][] = [];
    for (const raw of entriesOf(document, section)) {
      const i = made.length;
      if (i % STRIDE === STRIDE - 1) yield;
      made.push(entries.assemble(section, raw as object, asNumber, i));
    }
    return Object.freeze(made); // its entries are frozen
  };
  const policies = Object.entries(document['policies'] ?? {}).map(([name, rules]) => [
    name,
    entries.assemble('policies', rules as object, name),
  ]);
  return deepFreeze({
    ...config,
    blocks: yield* list('blocks'),
    originate: yield* list('originate'),
    pools: yield* list('pools'),
    neighbors: yield* list('neighbors'),
    neighborRanges: yield* list('neighborRanges'),
    brokerOwners: yield* list('brokerOwners'),
    policies: Object.fromEntries(policies),
  });
}

/** What the schema has against one entry, with the path from the document's root. */
export function entryIssues(
  section: EntrySection,
  key: string | number,
  raw: unknown,
): readonly ConfigIssue[] {
  const document = { [section]: section === 'policies' ? { [key]: raw } : [raw] };
  const parsed = documentSchema.safeParse(document);
  if (parsed.success) return [];
  return issuesOf(parsed.error, document).filter(({ path }) => path[0] === section);
}
