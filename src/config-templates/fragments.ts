/**
 * Fragments: pieces of the document, each one template filled in for one part of the view.
 *
 * A fragment is a function of its template and its part, so it is kept as long as both stay the same:
 * a change in the cluster renders only what it touches. Every `{{ value }}` comes out as JSON, which
 * is one YAML value whatever is in it; text from the datastore cannot become structure.
 */
import { Liquid, type Template } from 'liquidjs';
import { YamlSource } from '../config/yaml-source.ts';
import type { RenderFault } from './options.ts';

export interface Fragment {
  /** YAML, indented for its section. */
  readonly text: string;
  /** The same as plain data; undefined when there is a fault. */
  readonly value: unknown;
  readonly fault: Omit<RenderFault, 'object'> | undefined;
}

export class FragmentRenderer {
  readonly #engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    outputEscape: toYaml,
  });
  readonly #sources: ReadonlyMap<string, string>;
  readonly #parsed = new Map<string, Template[]>();
  #kept = new Map<string, Fragment>();
  #used = new Map<string, Fragment>();

  /** @param sources template texts by name */
  constructor(sources: ReadonlyMap<string, string>) {
    this.#sources = sources;
    // The one filter that would let a value through as it is.
    this.#engine.registerFilter('raw', () => {
      throw new Error('the filter raw is not available: every value is written as JSON');
    });
  }

  /**
   * Fills in a template, or hands out what it gave for an equal part before.
   *
   * @param name of the template, and the name its part goes by inside it
   * @param part plain data
   */
  render(name: string, part: unknown): Fragment {
    const key = `${name} ${JSON.stringify(part)}`;
    const fragment = this.#kept.get(key) ?? this.#used.get(key) ?? this.#fill(name, part);
    this.#used.set(key, fragment);
    return fragment;
  }

  /** Ends a round: fragments that were not asked for since the last one are dropped. */
  endRound(): void {
    this.#kept = this.#used;
    this.#used = new Map();
  }

  #fill(name: string, part: unknown): Fragment {
    try {
      const text = `${this.#engine.renderSync(this.#template(name), { [name]: part })}`.trimEnd();
      return readFragment(name, text === '' ? '' : `${text}\n`);
    } catch (error) {
      return { text: '', value: undefined, fault: templateFault(name, error) };
    }
  }

  #template(name: string): Template[] {
    const known = this.#parsed.get(name);
    if (known) return known;
    const source = this.#sources.get(name);
    if (source === undefined) throw new Error('there is no such template');
    const template = this.#engine.parse(source, `${name}.yaml.liquid`);
    this.#parsed.set(name, template);
    return template;
  }
}

/** Escapes what YAML readers may take for line breaks or refuse; JSON itself leaves it alone. */
function toYaml(value: unknown): string {
  const json = JSON.stringify(value) ?? 'null';
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What the template made, as data. Faults are about the output, so they carry no place. */
function readFragment(name: string, text: string): Fragment {
  const source = new YamlSource(text);
  const [first] = source.faults;
  if (!first) return { text, value: source.value, fault: undefined };
  const reason = `line ${first.line} of what the template makes: ${first.reason}`;
  return { text, value: undefined, fault: { ...placeless(name), reason } };
}

function templateFault(name: string, error: unknown): Omit<RenderFault, 'object'> {
  const { message, token } = error as { message: string; token?: { getPosition(): number[] } };
  const [line, column] = token?.getPosition() ?? [];
  const reason = message.replace(/, file:.*$/s, '');
  return { ...placeless(name), line, column, reason };
}

function placeless(name: string) {
  const template = `${name}.yaml.liquid`;
  return { template, line: undefined, column: undefined, path: '' };
}
