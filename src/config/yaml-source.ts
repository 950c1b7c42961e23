/**
 * YAML text as plain data, with a way back from a path to line and column.
 *
 * JSON is YAML too. Aliases are resolved (bounded, so that a small file cannot become a large
 * document); numbers like `1.10` stay text, because the only value written so is a dotted AS number.
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  visit,
} from 'yaml';
import type { IssuePath } from './issues.ts';
import { readTokens } from './yaml-tokens.ts';

const MAX_ALIASES = 100;

/** Words for what the parser says to programmers. */
const REASONS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key is given twice',
};

const TOO_DEEP = 'the text is nested too deeply';
const SECOND_DOCUMENT = 'a second document begins here; a configuration is one document';

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export interface YamlFault extends Position {
  readonly reason: string;
}

/** One YAML document that was read, faults included. */
export class YamlSource {
  /** Plain data; undefined when the text is no YAML. */
  readonly value: unknown;
  readonly faults: readonly YamlFault[];
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(text: string) {
    this.#lines = new LineCounter();
    const tokens = readTokens(text, this.#lines);
    const isTooDeep = typeof tokens === 'number';
    const composer = new Composer({
      lineCounter: this.#lines,
      prettyErrors: false,
      resolveKnownTags: false, // octets, sets and dates have no place here
      logLevel: 'error', // warnings become faults here; none is to be printed
    });
    const [first, second] = composer.compose(isTooDeep ? [] : tokens, true, text.length);
    this.#document = first as Document.Parsed;
    const { errors, warnings } = this.#document;
    const faults = firstOfEachLine(
      [...errors, ...warnings].map(({ message, pos, code }) => ({
        ...this.#position(pos[0]),
        reason: REASONS[code] ?? message,
      })),
    );
    if (isTooDeep) faults.push({ ...this.#position(tokens), reason: TOO_DEEP });
    if (second) faults.push({ ...this.#position(second.range[0]), reason: SECOND_DOCUMENT });
    keepDottedNumbers(this.#document);
    const hasValue = !isTooDeep && !second && errors.every(({ code }) => code === 'DUPLICATE_KEY');
    this.value = hasValue ? this.#plainData(faults) : undefined;
    this.faults = faults;
  }

  /**
   * Where a path is in the text: the value, or the nearest thing around it that exists.
   *
   * @param isAboutKey the key of the last part is meant
   */
  locate(path: IssuePath, isAboutKey: boolean): Position {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    path.forEach((part, i) => {
      const step = enter(this.#resolve(node), part);
      node = step?.value;
      const isKey = isAboutKey && i === path.length - 1;
      offset = (isKey ? startOf(step?.key) : (startOf(node) ?? startOf(step?.key))) ?? offset;
    });
    return this.#position(offset);
  }

  #plainData(faults: YamlFault[]): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      faults.push({ line: 1, column: 1, reason }); // unknown or excessive aliases
      return undefined;
    }
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** What the parser says further on in a line follows from the first fault there. */
function firstOfEachLine(faults: readonly YamlFault[]): YamlFault[] {
  const lines = new Map<number, YamlFault>();
  for (const fault of faults) if (!lines.has(fault.line)) lines.set(fault.line, fault);
  return [...lines.values()];
}

function enter(node: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node)) return { key: undefined, value: node.items[Number(part)] };
  if (!isMap(node)) return undefined;
  return (node.items as Pair[]).find(({ key }) => keyText(key) === String(part));
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** Offset of the first character; undefined for what is not in the text, like an empty value. */
function startOf(node: unknown): number | undefined {
  const range = isNode(node) ? (node as Node).range : undefined;
  return range && range[1] > range[0] ? range[0] : undefined;
}

function keepDottedNumbers(document: Document.Parsed): void {
  visit(document, {
    Scalar(_, node) {
      const { source } = node;
      if (typeof node.value === 'number' && source && /^\d+\.\d+$/.test(source))
        node.value = source;
    },
  });
}
