/**
 * YAML and JSON text to plain documents that remember where their values stand.
 *
 * YAML 1.2: `yes` is text and `true` is not. Numbers that would not print as they were written keep
 * their text, for `asNumber: 1.10` means 1.10 and not 1.1. What a text can make grow is bounded: its
 * size by the reader of files, aliases and depth here.
 */
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
} from 'yaml';
import type { DatastoreFault } from './snapshot.ts';
import { faultAt, type Place, type SourceDocument } from './source.ts';

/** Values an alias may stand for in one document, all aliases together. */
const MAX_ALIASED_VALUES = 10_000;
const MAX_DEPTH = 100;

/** A piece of a file between two `---` lines. */
export interface Chunk {
  readonly text: string;
  /** Lines of the file before it. */
  readonly lineOffset: number;
}

/**
 * Cuts a file at its `---` lines, which YAML allows nowhere but between documents. Comments and
 * directives stay with the document they precede.
 */
export function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  let lineOffset = 0;
  const cut = (end: number) => {
    const piece = text.slice(start, end);
    chunks.push({ text: piece, lineOffset });
    lineOffset += countLines(piece);
    start = end;
  };
  for (const marker of text.matchAll(/^---(?=\s|$)/gm)) {
    const before = text.slice(start, marker.index);
    if (/^[ \t]*[^#%\s]/m.test(before)) cut(marker.index);
  }
  cut(text.length);
  return chunks;
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/**
 * Reads one document.
 *
 * @returns the document; undefined when the text holds nothing, or null; or the faults of its syntax
 */
export function readDocument(text: string): SourceDocument | undefined | readonly DatastoreFault[] {
  return readJson(text) ?? readYaml(text);
}

/** JSON at the speed of JSON; places are looked up through YAML, should a fault ask for one. */
function readJson(text: string): SourceDocument | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    let places: Places | undefined;
    return {
      value: JSON.parse(text),
      locate: (path) => {
        places ??= new Places(text);
        return places.locate(path);
      },
    };
  } catch {
    return undefined; // not JSON: YAML knows better what is wrong, or may even read it
  }
}

function readYaml(text: string): SourceDocument | undefined | readonly DatastoreFault[] {
  const places = new Places(text);
  const { document } = places;
  if (document === undefined) return undefined;
  if (typeof document === 'string') return [faultAt(undefined, { reason: document })];
  if (document.errors.length === 0) return readPlain(places, document);
  // What the parser says after the first one follows from it.
  const { pos, message } = document.errors[0]!;
  return [faultAt(places.placeOf(pos[0]), { reason: firstLine(message) })];
}

function readPlain(
  places: Places,
  document: Document.Parsed,
): SourceDocument | undefined | readonly DatastoreFault[] {
  try {
    const value = new PlainReader(document).read();
    return value === null ? undefined : { value, locate: (path) => places.locate(path) };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return [faultAt(places.placeOf(error.at), { reason: error.message })];
  }
}

/** Carries a fault out of the walk over the nodes; never leaves this file. */
class Unreadable extends Error {
  readonly at: number;

  constructor(node: unknown, reason: string) {
    super(reason);
    this.at = (node as Node | null)?.range?.[0] ?? 0;
  }
}

/** The parsed text and its lines. */
class Places {
  /** undefined: the text holds no document; text: why it cannot be parsed. */
  readonly document: Document.Parsed | string | undefined;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.document = compose(text, this.#lines);
  }

  placeOf(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  locate(path: readonly PropertyKey[]): Place | undefined {
    if (typeof this.document !== 'object') return undefined;
    for (let length = path.length; length >= 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true) as Node | undefined;
      if (node?.range) return this.placeOf(node.range[0]);
    }
    return undefined;
  }
}

/**
 * Parses in two steps, and token by token: the parser gives up its stack recursively, and composing
 * recurses too, which near the end of our own stack can abort the process.
 */
function compose(text: string, lines: LineCounter): Document.Parsed | string | undefined {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  }
  for (const token of parser.end()) tokens.push(token);
  const composer = new Composer({ lineCounter: lines, prettyErrors: false });
  const [first, second] = composer.compose(tokens, false, text.length);
  return second ? 'a second document begins here without ---' : (first as Document.Parsed);
}

/** Turns the nodes of one document into plain data. */
class PlainReader {
  readonly #document: Document.Parsed;
  #aliasedValues = 0;
  #openAliases = 0;

  constructor(document: Document.Parsed) {
    this.#document = document;
  }

  read(): unknown {
    return this.#plain(this.#document.contents, 0);
  }

  #plain(node: unknown, depth: number): unknown {
    if (depth > 2 * MAX_DEPTH) throw new Unreadable(node, 'aliases nest too deeply');
    if (this.#openAliases > 0 && ++this.#aliasedValues > MAX_ALIASED_VALUES) {
      throw new Unreadable(node, `aliases stand for more than ${MAX_ALIASED_VALUES} values`);
    }
    if (isAlias(node)) return this.#aliased(node, depth);
    if (isScalar(node)) return scalarValue(node);
    if (isSeq(node)) return node.items.map((item) => this.#plain(item, depth + 1));
    if (!isMap(node)) return null;
    const entries = node.items.map(({ key, value }) => [
      this.#key(key),
      this.#plain(value, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }

  #key(node: unknown): string {
    if (isScalar(node)) return String(scalarValue(node));
    throw new Unreadable(node, 'a name must be plain text');
  }

  #aliased(alias: Alias, depth: number): unknown {
    const target = alias.resolve(this.#document);
    if (!target) throw new Unreadable(alias, `nothing is named &${alias.source}`);
    this.#openAliases++;
    const value = this.#plain(target, depth + 1);
    this.#openAliases--;
    return value;
  }
}

function scalarValue(scalar: Scalar): unknown {
  const { value, source } = scalar;
  const isNumber = typeof value === 'number' || typeof value === 'bigint';
  return isNumber && (String(value) !== source || !Number.isInteger(value))
    ? (source ?? String(value))
    : value;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
