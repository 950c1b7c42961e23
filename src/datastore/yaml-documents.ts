/**
 * YAML and JSON text to plain documents that remember where their values stand.
 *
 * YAML 1.2: `yes` is text and `true` is not. Numbers that would not print as they were written keep
 * their text, for `asNumber: 1.10` means 1.10 and not 1.1. What a text can make grow is bounded: its
 * size by the reader of files, aliases and depth here.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
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
 * Cuts a file at its `---` lines, which YAML allows nowhere but between documents.
 * A file with `%` directives stays whole up to the next marker it belongs to, for they precede one.
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
    const isMeaningful = /^[^#\s]/m.test(before);
    if (isMeaningful && !/^%/m.test(before)) cut(marker.index);
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
 * @returns the document; undefined when the text holds nothing but comments; or the faults of its syntax
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
  try {
    const places = new Places(text);
    const faults = places.document.errors.map((error) =>
      faultAt(places.placeOf(error.pos[0]), { reason: firstLine(error.message) }),
    );
    if (faults.length > 0) return faults;
    if (places.document.contents === null) return undefined;
    const value = new PlainReader(places.document).read();
    return { value, locate: (path) => places.locate(path) };
  } catch (error) {
    const reason = error instanceof RangeError ? 'nested too deeply' : messageOf(error);
    return [faultAt(undefined, { reason })];
  }
}

class Places {
  readonly document: Document.Parsed;
  readonly #lines = new LineCounter();

  constructor(text: string) {
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  placeOf(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  locate(path: readonly PropertyKey[]): Place | undefined {
    for (let length = path.length; length >= 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true) as Node | undefined;
      if (node?.range) return this.placeOf(node.range[0]);
    }
    return undefined;
  }
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
    if (depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}`);
    if (this.#openAliases > 0 && ++this.#aliasedValues > MAX_ALIASED_VALUES) {
      throw new Error(`aliases stand for more than ${MAX_ALIASED_VALUES} values`);
    }
    if (isAlias(node)) return this.#aliased(node.resolve(this.#document), depth);
    if (isScalar(node)) return scalarValue(node);
    if (isSeq(node)) return node.items.map((item) => this.#plain(item, depth + 1));
    if (!isMap(node)) return null;
    const entries = node.items.map(({ key, value }) => [
      String(this.#plain(key, depth + 1)),
      this.#plain(value, depth + 1),
    ]);
    return Object.fromEntries(entries);
  }

  #aliased(target: unknown, depth: number): unknown {
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
