/**
 * Entries of lists and policies that have passed the schema, kept by the plain data they were read from.
 *
 * Whoever hands in the same objects again (the templates do, for every fragment that did not change)
 * pays for what is new only, and gets the same frozen objects back, so that the difference between two
 * configurations is found by identity.
 */
import type { z } from 'zod';
import { type EntryAssembly, entryAssembly } from './assemble.ts';
import { AcrossMemo } from './checks.ts';
import { documentSchema } from './schema.ts';

/** Sections that are lists of objects, and the named policies. */
export const ENTRY_SECTIONS = [
  'blocks',
  'originate',
  'pools',
  'neighbors',
  'neighborRanges',
  'policies',
] as const;

export type EntrySection = (typeof ENTRY_SECTIONS)[number];

/** What one entry may be in each section. */
const SCHEMAS: Readonly<Record<EntrySection, z.ZodType>> = {
  blocks: documentSchema.shape.blocks.unwrap().element,
  originate: documentSchema.shape.originate.unwrap().element,
  pools: documentSchema.shape.pools.unwrap().element,
  neighbors: documentSchema.shape.neighbors.unwrap().element,
  neighborRanges: documentSchema.shape.neighborRanges.unwrap().element,
  policies: documentSchema.shape.policies.unwrap().valueType,
};

interface Assembled {
  /** What the assembly depends on besides the entry: the router's AS, or the policy's name. */
  readonly context: number | string;
  readonly value: unknown;
}

export class CheckedEntries {
  readonly #drafts = new WeakMap<
    object,
    { readonly section: EntrySection; readonly draft: object }
  >();
  readonly #assembled = new WeakMap<object, Assembled>();
  /** What the rules across keys found out about them. */
  readonly across = new AcrossMemo((raw) => this.#knownDraft(raw));

  /**
   * Checks one entry, or remembers that it is fine.
   *
   * @param raw an entry of a list; of policies the list of rules
   * @returns undefined when the schema refuses it
   */
  draftOf(section: EntrySection, raw: unknown): object | undefined {
    if (typeof raw !== 'object' || raw === null) return undefined;
    const known = this.#drafts.get(raw);
    if (known?.section === section) return known.draft;
    const result = SCHEMAS[section].safeParse(raw);
    if (!result.success) return undefined;
    const draft = result.data as object;
    this.#drafts.set(raw, { section, draft });
    return draft;
  }

  #knownDraft(raw: unknown): object | undefined {
    return typeof raw === 'object' && raw !== null ? this.#drafts.get(raw)?.draft : undefined;
  }

  /**
   * The frozen object an entry means, the same one each time.
   *
   * @param context the router's AS number; of policies the name
   */
  assemble<S extends EntrySection>(
    section: S,
    raw: object,
    context: EntryAssembly[S]['context'],
  ): EntryAssembly[S]['value'] {
    const known = this.#assembled.get(raw);
    if (known?.context === context) return known.value as EntryAssembly[S]['value'];
    const value = entryAssembly(section, this.#drafts.get(raw)!.draft, context);
    this.#assembled.set(raw, { context, value });
    return value;
  }
}
