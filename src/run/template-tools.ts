/** What `catbird template` does: looks at templates, and tries users' own without a daemon. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describeDocuments } from '../config/describe-documents.ts';
import { printConfig } from '../config/print.ts';
import { loadTemplates } from '../config-templates/load.ts';
import { TemplateSet } from '../config-templates/template-set.ts';
import {
  TEMPLATE_SUFFIX,
  type TemplateFile,
  type TemplateFiles,
} from '../config-templates/template-source.ts';
import { readFolder } from '../datastore/folder.ts';
import {
  type Environment,
  type Flags,
  resolveEnvironment,
} from '../datastore/settings/environment.ts';
import { emptySnapshot, type Snapshot } from '../datastore/snapshot.ts';
import { CatbirdError } from '../net/error.ts';
import { hasStoredTemplates } from './config-map-templates.ts';
import { compareGolden, type Expectation } from './golden.ts';
import { readDatastoreOptions } from './options.ts';
import { readDatastoreSnapshot } from './render-once.ts';
import { describeFaults, openRenderer } from './rendering.ts';
import { readTemplates } from './template-directory.ts';
import { readUsersTemplates } from './template-sources.ts';

/**
 * Users' templates: of the named directory, and of the datastore where it is named or keeps some.
 *
 * @throws CatbirdError when a place cannot be read
 */
export async function readTemplateFiles(
  flags: Flags,
  outside: Environment,
): Promise<TemplateFiles> {
  const env = resolveEnvironment(outside, flags);
  const isStored = hasStoredTemplates(env);
  if (isStored || typeof flags['datastore'] === 'string') {
    const options = readDatastoreOptions(flags, outside);
    const { datastore } = options;
    const snapshot = isStored ? await readDatastoreSnapshot(datastore) : emptySnapshot();
    return await readUsersTemplates(options, snapshot);
  }
  const directory = env['CATBIRD_TEMPLATES'];
  return directory ? await readTemplates(directory, false) : { files: [], faults: [] };
}

export interface TemplateRow {
  readonly name: string;
  /** `shipped`, `override`, `addition`; `unusable` for files that are neither. */
  readonly kind: string;
  readonly blocks: readonly string[];
  readonly place: string;
  /** Why a user's file is not in force, as far as its text alone tells. */
  readonly fault: string | undefined;
}

/** Every template there is, users' files included. */
export function listTemplates(files: readonly TemplateFile[]): TemplateRow[] {
  const set = new TemplateSet(loadTemplates());
  set.setFiles(files);
  const faults = new Map(set.faults.map((fault) => [fault.template, fault]));
  const known = [...set.slots].map((slot): TemplateRow => {
    const file = files.find(({ name }) => name === slot.name);
    const place = file?.place ?? `${slot.name}${TEMPLATE_SUFFIX}`;
    const kind = slot.adds ? 'addition' : file ? 'override' : 'shipped';
    const blocks = blocksOf(slot.shipped?.text ?? '');
    return { name: slot.name, kind, blocks, place, fault: faultOf(place, faults) };
  });
  const strangers = files.filter(({ name }) => !known.some((row) => row.name === name));
  const rows = strangers.map(({ name, place }): TemplateRow => {
    return { name, kind: 'unusable', blocks: [], place, fault: faultOf(place, faults) };
  });
  return [...known, ...rows];
}

function faultOf(
  place: string,
  faults: ReadonlyMap<string | undefined, { line: number | undefined; reason: string }>,
): string | undefined {
  const fault = faults.get(place);
  return fault && `line ${fault.line ?? 1}: ${fault.reason}`;
}

function blocksOf(text: string): string[] {
  return [...text.matchAll(/\{%-?\s*block\s+(\w+)/g)].map(([, name]) => name!);
}

/**
 * The text of a template: the user's, else the shipped one.
 *
 * @throws CatbirdError CATBIRD_USAGE when there is none of that name
 */
export function templateText(name: string, files: readonly TemplateFile[]): string {
  const text = files.find((file) => file.name === name)?.text ?? loadTemplates().get(name);
  if (text !== undefined) return text;
  const message = `there is no template '${name}'; catbird template list tells which there are`;
  throw new CatbirdError('CATBIRD_USAGE', message);
}

export interface NodeDifference {
  readonly nodes: readonly string[];
  /** Nothing: users' templates change nothing there. */
  readonly lines: readonly string[];
}

export interface TemplateDifference {
  /** Nodes for which the same changes are together. */
  readonly differences: readonly NodeDifference[];
  /** What is wrong with users' templates, each sentence once. */
  readonly faults: readonly string[];
}

/** What users' templates change in the effective configuration of nodes. */
export function diffTemplates(
  snapshot: Snapshot,
  files: readonly TemplateFile[],
  nodes: readonly string[],
  env: Environment,
): TemplateDifference {
  const groups = new Map<string, { nodes: string[]; lines: string[] }>();
  const faults = new Set<string>();
  for (const node of nodes) {
    const plain = openRenderer(node, env).render(snapshot);
    const renderer = openRenderer(node, env);
    renderer.setTemplates(files);
    const own = renderer.render(snapshot);
    const known = new Set(describeFaults(snapshot, plain));
    for (const fault of describeFaults(snapshot, own)) if (!known.has(fault)) faults.add(fault);
    const [before, after] = [plain, own].map(({ config }) => (config ? printConfig(config) : {}));
    const lines = describeDocuments(before!, after!);
    const key = lines.join('\n');
    const group = groups.get(key) ?? { nodes: [], lines };
    group.nodes.push(node);
    groups.set(key, group);
  }
  return { differences: [...groups.values()], faults: [...faults] };
}

export interface GoldenResult {
  readonly name: string;
  /** Nothing: as expected. */
  readonly lines: readonly string[];
}

/**
 * Renders every case of a directory and compares it with what it says.
 *
 * @param files templates of all cases; those in `templates/` of a case come on top
 * @throws CatbirdError CATBIRD_USAGE when there is no case
 */
export async function testTemplates(
  directory: string,
  files: readonly TemplateFile[],
  env: Environment,
): Promise<GoldenResult[]> {
  const results: GoldenResult[] = [];
  for (const name of casesIn(directory)) {
    const lines = await testCase(join(directory, name), files, env);
    results.push({ name: name === '.' ? directory : name, lines });
  }
  return results;
}

function casesIn(directory: string): string[] {
  if (!existsSync(directory)) throw noCases(directory);
  const names = ['.', ...readdirSync(directory).sort()];
  const cases = names.filter((name) => existsSync(join(directory, name, 'expected.yaml')));
  if (cases.length === 0) throw noCases(directory);
  return cases;
}

function noCases(directory: string): CatbirdError {
  const message = `${directory} has no case: a folder with datastore.yaml and expected.yaml`;
  return new CatbirdError('CATBIRD_USAGE', message);
}

async function testCase(
  path: string,
  files: readonly TemplateFile[],
  env: Environment,
): Promise<string[]> {
  const datastore = ['datastore.yaml', 'datastore'].find((name) => existsSync(join(path, name)));
  if (datastore === undefined) return ['has neither datastore.yaml nor a folder datastore'];
  const expected = parse(readFileSync(join(path, 'expected.yaml'), 'utf8')) as Expectation;
  const snapshot = await readFolder(join(path, datastore));
  const node = expected.node ?? snapshot.nodes.keys().next().value ?? '';
  const renderer = openRenderer(node, { ...env, ...expected.env });
  const own = await readTemplates(join(path, 'templates'), true);
  renderer.setTemplates([...files, ...own.files]);
  const result = renderer.render(snapshot);
  const faults = describeFaults(snapshot, result);
  return compareGolden(expected, result.config ? printConfig(result.config) : {}, faults);
}
