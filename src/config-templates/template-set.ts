/**
 * The templates in force: the shipped ones, and what users put over them or beside them.
 *
 * Every template has a slot. An override that cannot be parsed never becomes current; of one that
 * makes trouble while it is used, the version that was good before is kept at hand.
 */
import { ENTRY_SECTIONS, type EntrySection } from '../config/checked-entries.ts';
import { nearest } from '../config/suggest.ts';
import type { RenderFault } from './options.ts';
import { type ParsedTemplate, TemplateEngine, TemplateFault } from './template-engine.ts';
import { TEMPLATE_SUFFIX, type TemplateFile } from './template-source.ts';

/** One text of a template. */
export interface TemplateVersion {
  readonly name: string;
  readonly text: string;
  /** Name of a shipped template's file, or where the user keeps it. */
  readonly place: string;
  readonly isShipped: boolean;
  readonly parsed: ParsedTemplate;
  /** Its outcome depends on the own node besides its object. */
  readonly usesNode: boolean;
  /** It took too much time or memory, and is not tried again. */
  isSpent: boolean;
}

export interface TemplateSlot {
  readonly name: string;
  /** The section an added template makes entries of; undefined for overrides of shipped ones. */
  readonly adds: EntrySection | undefined;
  readonly shipped: TemplateVersion | undefined;
  /** The user's version. */
  current: TemplateVersion | undefined;
  /** An earlier one of the user's, that made no trouble when it was last used. */
  good: TemplateVersion | undefined;
  /** What is wrong with the user's text as such: it does not parse. */
  fault: RenderFault | undefined;
}

export class TemplateSet {
  readonly engine: TemplateEngine;
  readonly #shipped: ReadonlyMap<string, string>;
  readonly #slots = new Map<string, TemplateSlot>();
  #strangers: readonly RenderFault[] = [];
  #generation = 1;

  /** @param shipped template texts by name */
  constructor(shipped: ReadonlyMap<string, string>) {
    this.#shipped = shipped;
    this.engine = new TemplateEngine(shipped);
    for (const [name, text] of shipped) {
      const place = `${name}${TEMPLATE_SUFFIX}`;
      const version = this.#makeVersion({ name, text, place }, true);
      this.#slots.set(name, { ...EMPTY, name, shipped: version });
    }
  }

  /** Grows when users' templates are taken over. */
  get generation(): number {
    return this.#generation;
  }

  get slots(): Iterable<TemplateSlot> {
    return this.#slots.values();
  }

  /** What is wrong with users' files as such, before any object is rendered. */
  get faults(): RenderFault[] {
    return [...this.#strangers, ...[...this.#slots.values()].flatMap(({ fault }) => fault ?? [])];
  }

  /** Users' files as they are now, whether they can be used or not. */
  *users(): Generator<{ name: string; place: string; adds: boolean; isBroken: boolean }> {
    for (const { name, adds, current, fault } of this.#slots.values()) {
      const place = fault?.template ?? current?.place;
      if (place === undefined) continue;
      yield { name, place, adds: adds !== undefined, isBroken: fault !== undefined };
    }
    for (const { object, template } of this.#strangers) {
      yield { name: object, place: template!, adds: true, isBroken: true };
    }
  }

  slot(name: string): TemplateSlot {
    return this.#slots.get(name)!;
  }

  /** Takes over users' files; those that are gone leave the shipped ones. */
  setFiles(files: readonly TemplateFile[]): void {
    this.#generation++;
    const given = new Map(files.map((file) => [file.name, file]));
    const strangers: RenderFault[] = [];
    for (const [name, slot] of this.#slots) {
      if (given.has(name)) continue;
      if (slot.shipped) this.#slots.set(name, { ...EMPTY, name, shipped: slot.shipped });
      else this.#slots.delete(name);
    }
    for (const file of given.values()) {
      const slot = this.#slots.get(file.name) ?? this.#addSlot(file.name);
      if (slot) this.#put(slot, file);
      else strangers.push(this.#strange(file));
    }
    this.#strangers = strangers;
  }

  #addSlot(name: string): TemplateSlot | undefined {
    const section = ENTRY_SECTIONS.find((entry) => name.startsWith(`${entry}.`));
    if (!section) return undefined;
    const slot: TemplateSlot = { ...EMPTY, name, adds: section, shipped: undefined };
    this.#slots.set(name, slot);
    return slot;
  }

  /** A text that does not parse changes nothing but the report. */
  #put(slot: TemplateSlot, file: TemplateFile): void {
    const { current } = slot;
    slot.fault = undefined;
    if (current?.text === file.text && current.place === file.place) return;
    try {
      slot.current = this.#makeVersion(file, false);
    } catch (error) {
      const outcome = current ? 'the version before stays in force' : withoutIt(slot);
      slot.fault = fileFault(file, error, outcome);
    }
  }

  #makeVersion(file: TemplateFile, isShipped: boolean): TemplateVersion {
    const { text } = file;
    const parsed = this.engine.parse(text, file.place);
    const layout = /\{%-?\s*layout\s+['"](\w+)['"]/.exec(text)?.[1];
    const all = layout === undefined ? text : `${text}${this.#shipped.get(layout) ?? ''}`;
    return { ...file, isShipped, parsed, usesNode: /\bnode\b/.test(all), isSpent: false };
  }

  #strange({ name, place }: TemplateFile): RenderFault {
    const names = [...this.#shipped.keys(), ...ENTRY_SECTIONS];
    const suggestion = nearest(name, names);
    const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
    const reason =
      `there is no template ${name} to override${hint} An added one is called SECTION.NAME, ` +
      `with the section one of ${ENTRY_SECTIONS.join(', ')}; the file is ignored`;
    return { object: name, template: place, line: 1, column: undefined, path: '', reason };
  }
}

const EMPTY = { adds: undefined, current: undefined, good: undefined, fault: undefined };

/** What is there in place of a template that cannot be used at all. */
export function withoutIt({ shipped }: Pick<TemplateSlot, 'shipped'>): string {
  return shipped ? 'the shipped template is in force' : 'it adds nothing';
}

function fileFault({ name, place }: TemplateFile, error: unknown, outcome: string): RenderFault {
  const { message, place: at } = error as TemplateFault;
  if (!(error instanceof TemplateFault)) throw error;
  return {
    object: `template ${name}`,
    template: place,
    line: at.line,
    column: at.column,
    path: '',
    reason: `${message}; ${outcome}`,
  };
}
