/**
 * One object as it came from a file, etcd or Kubernetes, checked against the schema of its kind.
 *
 * Three outcomes: a value; a spoilt object, for which an earlier good version or a stand-in is used
 * (`assemble.ts`); or nothing, for kinds that mean nothing to BGP. Whatever was wrong is listed.
 */
import type { z } from 'zod';
import { RESOURCE_KINDS, UNREAD_KINDS } from './resources/kinds.ts';
import type { CollectionName, Collections, ResourceKind } from './resources/resource-kind.ts';
import type { DatastoreFault } from './snapshot.ts';
import { faultAt, type Place, type SourceDocument } from './source.ts';

/** An object of a kind that is read. */
export interface ReadObject {
  readonly collection: CollectionName;
  /** Name, or `namespace/name`: unique in its collection. */
  readonly key: string;
  /** `BGPPeer/rack2-tor`. */
  readonly label: string;
  /** undefined: spoilt. */
  readonly value: Collections[CollectionName] | undefined;
  /** Takes the place of a spoilt object no good version of which is known. */
  readonly standIn: StandIn | undefined;
  readonly place: Place | undefined;
}

export interface StandIn {
  readonly value: Collections[CollectionName];
  /** What that means, completing the sentence of a fault. */
  readonly meaning: string;
}

export interface Reading {
  readonly objects: readonly ReadObject[];
  readonly faults: readonly DatastoreFault[];
}

const MAX_LIST_DEPTH = 4;
/** Times an object is read again with what was skippable left out; new faults show at most this late. */
const MAX_ROUNDS = 4;

/** Reads the object of a document, or those of a list (`List`, `BGPPeerList`). */
export function readObjects(document: SourceDocument): Reading {
  const objects: ReadObject[] = [];
  const faults: DatastoreFault[] = [];
  const visit = (value: unknown, path: readonly PropertyKey[], depth: number) => {
    if (value === null || value === undefined) return;
    if (isList(value) && depth < MAX_LIST_DEPTH) {
      value.items.forEach((item, index) => {
        visit(withListKind(item, value), [...path, 'items', index], depth + 1);
      });
      return;
    }
    const reader = new ObjectReader(document, path, faults);
    const object = reader.read(value);
    if (object) objects.push(object);
  };
  visit(document.value, [], 0);
  return { objects, faults };
}

/**
 * An object of a kind that is read, of which only the name is known: its text cannot be parsed. The
 * version before stays in use, where there is one.
 */
export function spoiltObject(
  about: { readonly kind: string; readonly apiVersion: string; readonly name: string },
  reason: string,
): Reading {
  const kind = kindOf(about.kind, about.apiVersion)!;
  const label = `${kind.kind}/${about.name}`;
  const standIn =
    typeof kind.standIn === 'object' ? standInFor(kind, undefined, about.name) : undefined;
  const { collection } = kind;
  return {
    objects: [{ collection, key: about.name, label, value: undefined, standIn, place: undefined }],
    faults: [faultAt(undefined, { object: label, reason })],
  };
}

function kindOf(kind: string, apiVersion: unknown): ResourceKind | undefined {
  return RESOURCE_KINDS.find(
    (known) => known.kind === kind && known.apiVersions.some((version) => version === apiVersion),
  );
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is JsonObject & { readonly items: readonly unknown[] } {
  if (!isObject(value) || !Array.isArray(value['items'])) return false;
  return typeof value['kind'] === 'string' && value['kind'].endsWith('List');
}

/** Items of a typed list may leave out kind and apiVersion, as the API server does. */
function withListKind(item: unknown, list: JsonObject): unknown {
  const kind = String(list['kind']).slice(0, -'List'.length);
  if (!isObject(item) || kind === '' || item['kind'] !== undefined) return item;
  return { kind, apiVersion: list['apiVersion'], ...item };
}

class ObjectReader {
  readonly #document: SourceDocument;
  readonly #base: readonly PropertyKey[];
  readonly #faults: DatastoreFault[];
  #label: string | undefined;

  constructor(document: SourceDocument, base: readonly PropertyKey[], faults: DatastoreFault[]) {
    this.#document = document;
    this.#base = base;
    this.#faults = faults;
  }

  read(raw: unknown): ReadObject | undefined {
    if (!isObject(raw)) return this.#refuse([], 'this is no object');
    const kind = this.#kindOf(raw);
    if (!kind) return undefined;
    const metadata = isObject(raw['metadata']) ? raw['metadata'] : {};
    const name = metadata['name'];
    if (typeof name !== 'string' || name === '') {
      return this.#refuse(['metadata', 'name'], `a ${kind.kind} needs a name`);
    }
    const key = objectKey(kind, metadata, name);
    this.#label = `${kind.kind}/${key}`;
    const outcome = readTolerantly(kind.schema, raw);
    for (const issue of outcome.issues) this.#report(issue.path, reasonOf(issue, raw));
    if (outcome.value === null) return undefined;
    if (outcome.value) this.#remark(kind, outcome.value);
    return {
      collection: kind.collection,
      key,
      label: this.#label,
      value: outcome.value,
      standIn: outcome.value ? undefined : standInFor(kind, raw, name),
      place: this.#document.locate(this.#base),
    };
  }

  #kindOf(raw: JsonObject): ResourceKind | undefined {
    const { kind, apiVersion } = raw;
    if (typeof kind !== 'string') return this.#refuse([], 'this is no object: kind is missing');
    const found = kindOf(kind, apiVersion);
    if (found || UNREAD_KINDS.has(kind)) return found;
    const named = RESOURCE_KINDS.filter((known) => known.kind === kind);
    if (named.length === 0) return this.#refuseKind(`unknown kind ${JSON.stringify(kind)}`);
    const accepted = named.flatMap((known) => known.apiVersions).join(', ');
    const quoted = typeof apiVersion === 'string' ? `${JSON.stringify(apiVersion)} ` : '';
    const given = apiVersion === undefined ? 'is missing' : `${quoted}is unknown`;
    return this.#refuse(['apiVersion'], `apiVersion ${given}; a ${kind} has one of ${accepted}`);
  }

  #remark(kind: ResourceKind, value: Collections[CollectionName]): void {
    for (const { path, reason } of kind.remarks?.(value as never) ?? []) this.#report(path, reason);
  }

  /** Once per document, for a list may hold thousands of a kind. */
  #refuseKind(reason: string): undefined {
    if (this.#faults.some((fault) => fault.reason === reason)) return undefined;
    return this.#refuse(['kind'], reason);
  }

  #refuse(path: readonly PropertyKey[], reason: string): undefined {
    this.#report(path, reason);
    return undefined;
  }

  #report(path: readonly PropertyKey[], reason: string): void {
    const place = this.#document.locate([...this.#base, ...path]);
    const object = this.#label;
    this.#faults.push(faultAt(place, { path, reason, ...(object !== undefined && { object }) }));
  }
}

function objectKey(kind: ResourceKind, metadata: JsonObject, name: string): string {
  if (!kind.isNamespaced) return name;
  const { namespace } = metadata;
  return `${typeof namespace === 'string' && namespace !== '' ? namespace : 'default'}/${name}`;
}

type Issue = z.core.$ZodIssue;

/** Reads; where only skippable fields are at fault, reads again without them. */
function readTolerantly<T>(
  schema: z.ZodType<T>,
  raw: unknown,
  isSkippable: (issue: Issue) => boolean = isMarkedSkippable,
): { readonly value: T | undefined; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  let input = raw;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const result = schema.safeParse(input);
    if (result.success) return { value: result.data, issues };
    issues.push(...result.error.issues);
    if (!result.error.issues.every(isSkippable)) break;
    for (const issue of result.error.issues) input = without(input, issue.path);
  }
  return { value: undefined, issues };
}

function isMarkedSkippable(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.['isSkippable'] === true;
}

/** A copy with the value at `path` absent; in lists its place stays, empty. */
function without(value: unknown, path: readonly PropertyKey[]): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.map((entry, index) => (index === step ? without(entry, rest) : entry));
  }
  if (!isObject(value)) return value;
  return { ...value, [step]: without(value[String(step)], rest) };
}

function standInFor(kind: ResourceKind, raw: unknown, name: string): StandIn | undefined {
  if (kind.standIn === undefined) return undefined;
  if (kind.standIn !== 'without-faults') {
    return { value: kind.standIn.make(name), meaning: kind.standIn.meaning };
  }
  const { value } = readTolerantly(kind.schema, raw, () => true);
  return value ? { value, meaning: 'the rest of it is used' } : undefined;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** Never quotes the value, which may be a secret. */
function reasonOf(issue: Issue, raw: unknown): string {
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) {
    return issue.message;
  }
  const expected = NOUNS[issue.expected] ?? issue.expected;
  const found = nounOf(valueAt(raw, issue.path));
  return found === undefined ? `is required: ${expected}` : `expected ${expected}, found ${found}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, step) => (inner as Record<PropertyKey, unknown> | null | undefined)?.[step],
    value,
  );
}

function nounOf(value: unknown): string | undefined {
  if (value === null) return 'nothing';
  if (Number.isInteger(value)) return 'a number';
  return NOUNS[Array.isArray(value) ? 'array' : typeof value];
}
