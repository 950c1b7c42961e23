/**
 * Fragments: pieces of the document, each one template filled in for one part of the view.
 *
 * A fragment is a function of its template and its part, so it is kept as long as both stay the same: a
 * change in the cluster renders only what it touches. Of several templates that could make it (the
 * user's, the user's before, the shipped one) the first that gives something usable does.
 */
import { entryIssues } from '../config/check.ts';
import type { CheckedEntries, EntrySection } from '../config/checked-entries.ts';
import { formatPath } from '../config/parse.ts';
import { YamlSource } from '../config/yaml-source.ts';
import type { RenderFault } from './options.ts';
import { meaningFault } from './override-checks.ts';
import { sameData } from './same-data.ts';
import { type Filled, putValues, TemplateFault, valuesAsText } from './template-engine.ts';
import { keyLine } from './template-lines.ts';
import type { TemplateSet, TemplateSlot, TemplateVersion } from './template-set.ts';

/** What a fragment is made for. */
export interface FragmentRequest {
  readonly template: string;
  /** The section of the document its output belongs to. */
  readonly section: string;
  /** Name of a policy, label of a session, CIDR: its own within the section. */
  readonly name: string;
  /** What faults name: the resource it comes from, or its own name. */
  readonly object: string;
  /** What the template sees under its own name; for added ones, all it sees. */
  readonly part: object;
}

export interface Fragment {
  readonly version: TemplateVersion;
  /** The same as plain data. */
  readonly value: unknown;
  /** YAML, indented for its section. */
  text(): string;
}

/** The fragments one object may have, best first, as far as they were needed. */
export interface Piece {
  readonly request: FragmentRequest;
  /** Undefined: nothing usable; the object is left out. */
  fragment: Fragment | undefined;
  /** What was wrong with better choices. */
  readonly faults: RenderFault[];
  /** Where {@link Fragments} keeps what it knows of the object. */
  readonly kept: Kept;
}

interface Attempt {
  readonly version: TemplateVersion;
  readonly made: Fragment | RenderFault;
}

interface Kept {
  readonly request: FragmentRequest;
  readonly node: object;
  round: number;
  /** What each version that was tried gave for this part. */
  readonly attempts: Attempt[];
  /** What the other pieces of this round leave no room for. */
  demoted: Map<Fragment, RenderFault> | undefined;
  /** What was in force last. */
  good: Fragment | undefined;
  /** The last choice, and for which templates it was made. */
  piece: Piece | undefined;
  generation: number;
}

type Structure = { readonly data: unknown } | { readonly fault: string; readonly line: string };

const MAX_STRUCTURES = 1000;

export class Fragments {
  readonly #templates: TemplateSet;
  readonly #entries: CheckedEntries;
  readonly #kept = new Map<string, Map<string, Kept>>();
  readonly #structures = new Map<string, Structure>();
  /** Versions that are of no use with this round's view. */
  readonly #rejected = new Set<TemplateVersion>();
  /** Counts what was filled in, which takes longer than finding what was. */
  made = 0;
  #round = 0;
  #node: object = {};
  #asNumber = 0;

  constructor(templates: TemplateSet, entries: CheckedEntries) {
    this.#templates = templates;
    this.#entries = entries;
  }

  /** @param node the own node's facts, which every template sees */
  beginRound(node: { readonly asNumber?: number }): void {
    this.#round++;
    this.#node = node;
    this.#asNumber = node.asNumber ?? 0;
    this.#rejected.clear();
    if (this.#structures.size > MAX_STRUCTURES) this.#structures.clear();
  }

  /** The best fragment for a request; what equals an earlier one is not made again. */
  render(request: FragmentRequest): Piece {
    const kept = this.#keep(request);
    const { generation } = this.#templates;
    if (kept.piece?.faults.length === 0 && kept.generation === generation) return kept.piece;
    const piece: Piece = { request: kept.request, fragment: undefined, faults: [], kept };
    this.#choose(piece);
    kept.piece = piece;
    kept.generation = generation;
    return piece;
  }

  /** What a piece says does not go together with the others: takes the next choice. */
  demote(piece: Piece, reason: string, path: string): void {
    const { fragment, request } = piece;
    if (!fragment) return;
    const fault = outputFault(fragment.version, request, path, reason);
    const { kept } = piece;
    kept.demoted ??= new Map();
    kept.demoted.set(fragment, fault);
    this.#choose(piece);
  }

  /** Versions that are of no use with this view; all their pieces take their next choice. */
  reject(versions: ReadonlySet<TemplateVersion>, pieces: readonly Piece[]): void {
    for (const version of versions) this.#rejected.add(version);
    for (const piece of pieces) {
      if (!piece.fragment || !versions.has(piece.fragment.version)) continue;
      this.#choose(piece);
      piece.kept.piece = undefined; // the next round may see it differently
    }
  }

  /** Ends a round: remembers what is in force, drops what was not asked for. */
  endRound(pieces: readonly Piece[]): void {
    for (const { kept, fragment } of pieces) if (kept.good !== fragment) kept.good = fragment;
    const count = [...this.#kept.values()].reduce((sum, { size }) => sum + size, 0);
    if (count > pieces.length) this.#dropOthers();
    for (const slot of this.#templates.slots) this.#promote(slot, pieces);
  }

  #dropOthers(): void {
    for (const [template, objects] of this.#kept) {
      for (const [name, { round }] of objects) if (round !== this.#round) objects.delete(name);
      if (objects.size === 0) this.#kept.delete(template);
    }
  }

  /** A version that made no trouble at all is what a later, faulty one falls back on. */
  #promote(slot: TemplateSlot, pieces: readonly Piece[]): void {
    const { current } = slot;
    if (!current || current === slot.good || this.#rejected.has(current)) return;
    const own = pieces.filter(({ request }) => request.template === slot.name);
    const isClean = own.every(({ fragment }) => fragment?.version === current);
    if (isClean && own.length > 0) slot.good = current;
  }

  #keep(request: FragmentRequest): Kept {
    const { template, name } = request;
    const objects = this.#kept.get(template) ?? new Map<string, Kept>();
    this.#kept.set(template, objects);
    const known = objects.get(name);
    if (known && this.#isSame(known, request)) {
      known.round = this.#round;
      known.demoted = undefined;
      return known;
    }
    const fresh: Kept = {
      request,
      node: this.#node,
      round: this.#round,
      attempts: [],
      demoted: undefined,
      good: known?.good,
      piece: undefined,
      generation: 0,
    };
    objects.set(name, fresh);
    return fresh;
  }

  #isSame(known: Kept, { part, object, template }: FragmentRequest): boolean {
    if (known.request.object !== object || !sameData(known.request.part, part)) return false;
    const { current, good, shipped } = this.#templates.slot(template);
    const usesNode = [current, good, shipped].some((version) => version?.usesNode);
    return !usesNode || sameData(known.node, this.#node);
  }

  /** The user's template, the user's before, the last good result, the shipped one. */
  #choose(piece: Piece): void {
    const { kept } = piece;
    const slot = this.#templates.slot(piece.request.template);
    piece.fragment = undefined;
    piece.faults.length = 0;
    for (const [attempt, outcome] of this.#choices(kept, slot)) {
      const fault = 'reason' in attempt ? attempt : kept.demoted?.get(attempt);
      if (!fault) {
        piece.fragment = attempt as Fragment;
        sayOutcome(piece.faults, outcome);
        return;
      }
      piece.faults.push(fault);
    }
    if (!slot.adds && piece.request.section === 'policies') {
      piece.fragment = rejectAll(piece.request.name, slot.shipped!);
      sayOutcome(piece.faults, 'a policy that rejects everything takes its place');
    } else sayOutcome(piece.faults, 'it is left out');
  }

  /** Lazily, for a choice is made only when those before it are of no use. */
  *#choices(kept: Kept, slot: TemplateSlot): Generator<readonly [Fragment | RenderFault, string]> {
    const { current } = slot;
    for (const version of current === slot.good ? [current] : [current, slot.good]) {
      const attempt = version && this.#attempt(kept, version, slot);
      if (attempt) yield [attempt, 'the version before stays in force for it'];
    }
    const { good } = kept;
    if (current && good && !good.version.isShipped && !this.#rejected.has(good.version)) {
      yield [good, 'its last good result stays in force'];
    }
    const attempt = slot.shipped && this.#attempt(kept, slot.shipped, slot);
    if (attempt) yield [attempt, 'the shipped template is in force for it'];
  }

  #attempt(
    kept: Kept,
    version: TemplateVersion,
    slot: TemplateSlot,
  ): Fragment | RenderFault | undefined {
    if (this.#rejected.has(version)) return undefined;
    const known = kept.attempts.find((attempt) => attempt.version === version);
    if (known) return known.made;
    if (version.isSpent) return undefined;
    this.made++;
    const made = this.#make(kept.request, version, slot);
    kept.attempts.push({ version, made });
    return made;
  }

  #make(
    request: FragmentRequest,
    version: TemplateVersion,
    slot: TemplateSlot,
  ): Fragment | RenderFault {
    try {
      const scope = slot.adds
        ? { ...request.part, node: this.#node }
        : { [request.template]: request.part, node: this.#node };
      return this.#read(request, version, this.#templates.engine.fill(version.parsed, scope));
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      if (error.isExcess) version.isSpent = true;
      return { ...faultIn(version, request), ...error.place, reason: error.message };
    }
  }

  /** From what the template made to data the schema accepts. */
  #read(
    request: FragmentRequest,
    version: TemplateVersion,
    filled: Filled,
  ): Fragment | RenderFault {
    const structure = this.#structureOf(filled.structure);
    if ('fault' in structure) {
      const line = keyLine(version.text, [structure.line]);
      return { ...faultIn(version, request), line, reason: structure.fault };
    }
    const value = putValues(structure.data, filled.values);
    const fragment: Fragment = {
      version,
      value,
      text: () => valuesAsText(filled.structure, filled.values),
    };
    return this.#check(request, fragment) ?? fragment;
  }

  #structureOf(structure: string): Structure {
    const known = this.#structures.get(structure);
    if (known) return known;
    const read = readStructure(structure);
    this.#structures.set(structure, read);
    return read;
  }

  #check(request: FragmentRequest, { version, value }: Fragment): RenderFault | undefined {
    const { section } = request;
    for (const [key, raw] of entriesIn(section, value)) {
      if (this.#entries.draftOf(section as EntrySection, raw) !== undefined) {
        // While there is time; with another AS in the router's fragment it is done again.
        const context = section === 'policies' ? String(key) : this.#asNumber;
        this.#entries.assemble(section as EntrySection, raw as object, context);
        continue;
      }
      const [issue] = entryIssues(section as EntrySection, key, raw);
      if (issue) return outputFault(version, request, formatPath(issue.path), issue.reason);
    }
    if (version.isShipped) return undefined;
    const wrong = meaningFault(request, value);
    return wrong && outputFault(version, request, wrong.path, wrong.reason);
  }
}

/** Entries of a fragment with their keys; none for sections that are one mapping. */
export function entriesIn(
  section: string,
  value: unknown,
): (readonly [string | number, unknown])[] {
  if (['router', 'fib', 'log'].includes(section) || value === null || value === undefined)
    return [];
  if (section === 'policies') {
    return typeof value === 'object' ? Object.entries(value) : [['', value]];
  }
  return (Array.isArray(value) ? value : [value]).map((entry, i) => [i, entry] as const);
}

function readStructure(structure: string): Structure {
  const source = new YamlSource(structure);
  const [first] = source.faults;
  if (!first) return { data: source.value };
  const line = structure.split('\n')[first.line - 1] ?? '';
  return { fault: `line ${first.line} of what the template makes: ${first.reason}`, line };
}

function faultIn(version: TemplateVersion, { object }: FragmentRequest): RenderFault {
  return {
    object,
    template: version.place,
    line: undefined,
    column: undefined,
    path: '',
    reason: '',
  };
}

/** A fault of the output: told with the line of the template that writes the key. */
function outputFault(
  version: TemplateVersion,
  request: FragmentRequest,
  path: string,
  reason: string,
): RenderFault {
  const line = version.isShipped ? undefined : keyLine(version.text, path.split(/[.[\]]+/));
  return { ...faultIn(version, request), line, path, reason };
}

/** Completes the last fault: what became of the object in the end. */
function sayOutcome(faults: RenderFault[], outcome: string): void {
  const last = faults.pop();
  if (last) faults.push({ ...last, reason: `${last.reason}; ${outcome}` });
}

function rejectAll(name: string, version: TemplateVersion): Fragment {
  const rules = [{ name: 'policy in error', action: 'reject' }];
  const text = `  ${JSON.stringify(name)}: ${JSON.stringify(rules)}\n`;
  return { version, value: { [name]: rules }, text: () => text };
}
