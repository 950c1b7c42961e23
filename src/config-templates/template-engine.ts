/**
 * The Liquid engine, fenced in: a template arranges values, and can do nothing else.
 *
 * A value never becomes text that YAML reads. Where a template says `{{ value }}`, a marker is written;
 * what comes out is the structure, the same for all objects that take the same way through the
 * template, and beside it the values in order. Text from the datastore cannot become structure.
 *
 * Time, memory and output are limited, so that no template can hold up the daemon, and nothing that
 * depends on more than the view (the date, a random choice, files) is there.
 */
import { CaptureTag, Drop, Liquid, Tag, type Template } from 'liquidjs';

/** Longest stretch a template may hold the event loop for one object. */
const RENDER_MS = 15;
/** A process that was not given the processor is no fault of the template. */
const ATTEMPTS = 3;
/** Characters and list entries one rendering may make. */
const MEMORY_UNITS = 200_000;
const MAX_SOURCE = 100_000;
const MAX_STRUCTURE = 64 * 1024;
const MAX_VALUES = 10_000;

/** Ways to write text past the markers, to read files, or to depend on more than the view. */
const NO_TAGS = ['include', 'render', 'increment', 'decrement', 'tablerow'];
const NO_FILTERS: Readonly<Record<string, string>> = {
  raw: 'every value is written as JSON',
  sample: 'a template gives the same every time',
  date: 'a template gives the same every time',
  date_to_xmlschema: 'a template gives the same every time',
  date_to_rfc822: 'a template gives the same every time',
  date_to_string: 'a template gives the same every time',
  date_to_long_string: 'a template gives the same every time',
};

/** Private use: no keyboard has it, and templates may not. */
const MARK = '\uE000';

/** What a template made: text with markers, and what they stand for. */
export interface Filled {
  readonly structure: string;
  readonly values: readonly unknown[];
}

export interface TemplatePlace {
  readonly line: number | undefined;
  readonly column: number | undefined;
}

/** Why a template cannot be used, and where in it. */
export class TemplateFault extends Error {
  readonly place: TemplatePlace;
  /** It took too much; trying it again on other objects would cost as much. */
  readonly isExcess: boolean;

  constructor(reason: string, place: TemplatePlace, isExcess: boolean) {
    super(reason);
    this.place = place;
    this.isExcess = isExcess;
  }
}

export type ParsedTemplate = readonly Template[];

export class TemplateEngine {
  readonly #liquid: Liquid;
  #values: unknown[] = [];
  #captures = 0;

  /** @param layouts the shipped templates by name, for `{% layout 'neighbor' %}` */
  constructor(layouts: ReadonlyMap<string, string>) {
    this.#liquid = new Liquid({
      strictVariables: true,
      strictFilters: true,
      ownPropertyOnly: true,
      cache: true,
      templates: Object.fromEntries([...layouts].map(([name, text]) => [name, withSuper(text)])),
      parseLimit: MAX_SOURCE,
      renderLimit: RENDER_MS,
      memoryLimit: MEMORY_UNITS,
      outputEscape: (value: unknown) => this.#write(value),
    });
    for (const name of NO_TAGS) delete this.#liquid.tags[name];
    for (const [name, why] of Object.entries(NO_FILTERS)) {
      this.#liquid.registerFilter(name, () => {
        throw new Error(`the filter ${name} is not available: ${why}`);
      });
    }
    this.#liquid.registerFilter('label', labelOf);
    this.#registerTags();
  }

  /** @throws TemplateFault */
  parse(text: string, place: string): ParsedTemplate {
    if (text.includes(MARK)) throw new TemplateFault('U+E000 has no place here', NOWHERE, false);
    return guarded(() => this.#liquid.parse(withSuper(text), place));
  }

  /** @throws TemplateFault */
  fill(template: ParsedTemplate, scope: object): Filled {
    for (let attempt = 1; ; attempt++) {
      try {
        return guarded(() => this.#fillOnce(template, scope));
      } catch (error) {
        const isLate = /render limit/.test((error as Error).message);
        if (!isLate || attempt === ATTEMPTS) throw error;
      }
    }
  }

  #fillOnce(template: ParsedTemplate, scope: object): Filled {
    this.#values = [];
    this.#captures = 0;
    const text: string = this.#liquid.renderSync([...template], scope);
    if (text.length > MAX_STRUCTURE || this.#values.length > MAX_VALUES) {
      throw new TemplateFault('the template makes too much text', NOWHERE, true);
    }
    const structure = text.trimEnd();
    return { structure: structure === '' ? '' : `${structure}\n`, values: this.#values };
  }

  /** What `{{ value }}` writes: text inside `capture`, a marker everywhere else. */
  #write(value: unknown): string {
    if (this.#captures > 0) return typeof value === 'string' ? value : toYaml(value);
    this.#values.push(value ?? null);
    return `"${MARK}${this.#values.length - 1}${MARK}"`;
  }

  #registerTags(): void {
    const engine = this;
    this.#liquid.registerTag(
      'capture',
      class extends CaptureTag {
        override *render(
          ...args: Parameters<CaptureTag['render']>
        ): ReturnType<CaptureTag['render']> {
          engine.#captures++;
          yield* super.render(...args);
          engine.#captures--;
        }
      },
    );
    this.#liquid.registerTag(
      'super',
      class extends Tag {
        override *render(
          ...[context, emitter]: Parameters<Tag['render']>
        ): Generator<unknown, void, unknown> {
          const block: unknown = context.getSync(['block']);
          if (!(block instanceof Drop) || !('super' in block)) return;
          emitter.write(yield (block as unknown as { super(): unknown }).super());
        }
      },
    );
  }
}

/** `{{ block.super }}` is structure, not a value: it has a tag of its own here. */
function withSuper(text: string): string {
  return text.replace(/\{\{(-?)\s*block\.super\s*(-?)\}\}/g, '{%$1 super $2%}');
}

/** `{{ node | label: 'rack' }}`: a label of a node, empty where node or label is missing. */
function labelOf(node: unknown, name: unknown): string {
  const labels = (node as { labels?: Record<string, string> } | null)?.labels ?? {};
  return Object.hasOwn(labels, String(name)) ? labels[String(name)]! : '';
}

const NOWHERE: TemplatePlace = { line: undefined, column: undefined };

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof TemplateFault) throw error;
    const { message, token } = error as { message: string; token?: { getPosition(): number[] } };
    const [line, column] = token?.getPosition() ?? [];
    const reason = message
      .replace(/, (file:|line:\d).*$/s, '')
      .replace(/^ENOENT: .*lookup "(.*)" in .*$/s, 'there is no shipped template "$1"');
    throw new TemplateFault(reason, { line, column }, /limit exceeded/.test(message));
  }
}

/** Puts the values in their places, in data parsed from a structure. */
export function putValues(data: unknown, values: readonly unknown[]): unknown {
  if (typeof data === 'string') return putInText(data, values);
  if (Array.isArray(data)) return data.map((entry) => putValues(entry, values));
  if (typeof data !== 'object' || data === null) return data;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(data)) {
    const name = key.includes(MARK) ? asKey(putInText(key, values)) : key;
    const member = putValues(value, values);
    if (name !== '__proto__') result[name] = member;
    else Object.defineProperty(result, name, { value: member, enumerable: true });
  }
  return result;
}

const WHOLE = new RegExp(`^${MARK}(\\d+)${MARK}$`);
const INSIDE = new RegExp(`"?${MARK}(\\d+)${MARK}"?`, 'g');

function putInText(text: string, values: readonly unknown[]): unknown {
  if (!text.includes(MARK)) return text;
  const whole = WHOLE.exec(text);
  return whole ? values[Number(whole[1])] : valuesAsText(text, values);
}

function asKey(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The structure as one reads it, with the values as JSON, which is one YAML value each. */
export function valuesAsText(structure: string, values: readonly unknown[]): string {
  return structure.replace(INSIDE, (_, index: string) => toYaml(values[Number(index)]));
}

/** Escapes what YAML readers may take for line breaks or refuse; JSON itself leaves it alone. */
function toYaml(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null';
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
