/** Checks a document of any origin and makes a `Config` of it. */
import { assembleConfig } from './assemble.ts';
import { type CheckedEntries, ENTRY_SECTIONS, type EntrySection } from './checked-entries.ts';
import { checkAcrossKeys } from './checks.ts';
import { deepFreeze } from './freeze.ts';
import { type ConfigIssue, issuesOf } from './issues.ts';
import type { Config } from './model.ts';
import { documentSchema } from './schema.ts';

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
  const across = checkAcrossKeys(document);
  if (parsed.success && across.length === 0) return { config: assembleConfig(parsed.data) };
  const own = parsed.success ? [] : issuesOf(parsed.error, document);
  return { issues: [...own, ...across] };
}

type Document = Readonly<Record<string, unknown>>;

/**
 * As {@link checkConfig}, for documents that are put together again and again from the same objects:
 * what was checked before is not checked again, and means the same frozen objects.
 *
 * @param document its sections, lists and mappings are what they should be, whatever is in them
 */
export function checkAssembled(document: Document, entries: CheckedEntries): CheckOutcome {
  if (!areKnown(document, entries)) return checkConfig(document);
  const parsed = documentSchema.safeParse(withoutEntries(document));
  if (!parsed.success) return checkConfig(document);
  const across = checkAcrossKeys(document, (raw) => entries.knownDraft(raw));
  if (across.length > 0) return { issues: across };
  const config = assembleConfig(parsed.data);
  return { config: withEntries(config, document, entries) };
}

/** Checks what is new among the entries. */
function areKnown(document: Document, entries: CheckedEntries): boolean {
  return ENTRY_SECTIONS.every((section) =>
    entriesOf(document, section).every((raw) => entries.draftOf(section, raw) !== undefined),
  );
}

function entriesOf(document: Document, section: EntrySection): readonly unknown[] {
  return Object.values(document[section] ?? {});
}

function withoutEntries(document: Document): Document {
  const isOther = ([key]: [string, unknown]) => !ENTRY_SECTIONS.includes(key as EntrySection);
  return Object.fromEntries(Object.entries(document).filter(isOther));
}

function withEntries(config: Config, document: Document, entries: CheckedEntries): Config {
  const { asNumber } = config.router;
  const list = <S extends Exclude<EntrySection, 'policies'>>(section: S) =>
    entriesOf(document, section).map((raw) => entries.assemble(section, raw as object, asNumber));
  const policies = Object.entries(document['policies'] ?? {}).map(([name, rules]) => [
    name,
    entries.assemble('policies', rules as object, name),
  ]);
  return deepFreeze({
    ...config,
    blocks: list('blocks'),
    originate: list('originate'),
    pools: list('pools'),
    neighbors: list('neighbors'),
    neighborRanges: list('neighborRanges'),
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
