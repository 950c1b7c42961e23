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
  'brokerOwners',
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
  brokerOwners: documentSchema.shape.brokerOwners.unwrap().element,
};

/** What is known of one entry. */
interface Known {
  readonly section: EntrySection;
  readonly draft: object;
  /** What the assembly depends on besides the entry: the router's AS, or the policy's name. */
  context: number | string | undefined;
  value: unknown;
}

export class CheckedEntries {
  readonly #known = new WeakMap<object, Known>();
  /** By section and place in the list: where most entries are again the next time. */
  readonly #places = new Map<EntrySection, { readonly raw: unknown; readonly known: Known }[]>();
  /** What the rules across keys found out about them. */
  readonly across = new AcrossMemo((raw) => this.#knownDraft(raw));

  /**
   * Checks one entry, or remembers that it is fine.
   *
   * @param raw an entry of a list; of policies the list of rules
   * @param place in the list, where that makes it quicker to find
   * @returns undefined when the schema refuses it
   */
  draftOf(section: EntrySection, raw: unknown, place?: number): object | undefined {
    const known = this.#at(section, raw, place);
    if (known) return known.draft;
    if (typeof raw !== 'object' || raw === null) return undefined;
    const result = SCHEMAS[section].safeParse(raw);
    if (!result.success) return undefined;
    const draft = result.data as object;
    this.#known.set(raw, { section, draft, context: undefined, value: undefined });
    return draft;
  }

  #knownDraft(raw: unknown): object | undefined {
    return typeof raw === 'object' && raw !== null ? this.#known.get(raw)?.draft : undefined;
  }

  #at(section: EntrySection, raw: unknown, place: number | undefined): Known | undefined {
    const places = this.#places.get(section) ?? [];
    const before = place === undefined ? undefined : places[place];
    if (before && before.raw === raw) return before.known;
    if (typeof raw !== 'object' || raw === null) return undefined;
    const known = this.#known.get(raw);
    if (known?.section !== section) return undefined;
    if (place !== undefined) {
      places[place] = { raw, known };
      this.#places.set(section, places);
    }
    return known;
  }

  /** The list has no more than this; what was further behind is let go. */
  endList(section: EntrySection, length: number): void {
    const places = this.#places.get(section);
    if (places && places.length > length) places.length = length;
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
    place?: number,
  ): EntryAssembly[S]['value'] {
    const known = this.#at(section, raw, place)!;
    if (known.context !== context) {
      known.value = entryAssembly(section, known.draft, context);
      known.context = context;
    }
    return known.value as EntryAssembly[S]['value'];
  }
}
