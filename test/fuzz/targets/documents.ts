/**
 * Whole documents: resource files of the datastore, what the templates make of them, and configurations.
 *
 * Holds: nothing is thrown; faults have places inside the text; a configuration prints to one that is equal;
 * what a datastore holds can spoil parts of the configuration, never the configuration.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseConfig } from '../../../src/config/parse.ts';
import { printConfig } from '../../../src/config/print.ts';
import { loadTemplates } from '../../../src/config-templates/load.ts';
import { renderConfig } from '../../../src/config-templates/render.ts';
import { type ReadObject, readObjects } from '../../../src/datastore/read-object.ts';
import { parseSelector } from '../../../src/datastore/selectors.ts';
import type { DatastoreFault, Snapshot } from '../../../src/datastore/snapshot.ts';
import { SnapshotAssembler, type Source } from '../../../src/datastore/snapshot-assembler.ts';
import { readDocument, splitDocuments } from '../../../src/datastore/yaml-documents.ts';
import { TEXTS as CONFIGS, NODE } from '../configs.ts';
import { mutateText } from '../mutate-text.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url);
const SEEDS: readonly string[] = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /^(datastore\/.*\.(ya?ml|json)|templates\/.*\/datastore\.yaml)$/.test(name))
  .sort()
  .map((name) => readFileSync(new URL(name, FIXTURES), 'utf8'));

/** An input is a file of resources. */
export const DATASTORE: FuzzTarget = {
  name: 'datastore',
  isText: true,
  make: (dice) => Buffer.from(mutateText(dice, dice.pick(SEEDS), dice.pick(SEEDS))),
  run: (input) => {
    const text = new TextDecoder().decode(input);
    const { objects, faults, chunks } = readFile(text);
    checkSame(chunks.join(''), text, 'the documents put together');
    check(faults.length <= 4 * text.length + 4, 'more faults than text');
    for (const { line, column, reason } of faults) {
      checkPlace(text, line ?? 1, column ?? 1);
      check(reason !== '', 'a fault without a reason');
    }
    for (const object of objects) check(object.key !== '', 'an object without a name');
    assemble(text);
  },
};

interface FileContents {
  readonly chunks: readonly string[];
  readonly objects: readonly ReadObject[];
  readonly faults: readonly DatastoreFault[];
  readonly sources: readonly Source[];
}

/** As the reader of folders does. */
function readFile(text: string): FileContents {
  const chunks = splitDocuments(text);
  const faults: DatastoreFault[] = [];
  const sources: Source[] = [];
  for (const chunk of chunks) {
    const document = readDocument(chunk.text);
    if (document === undefined) continue;
    if (!('locate' in document)) faults.push(...document);
    else
      sources.push({
        file: 'f.yaml',
        lineOffset: chunk.lineOffset,
        reading: readObjects(document),
      });
  }
  const readings = sources.map(({ reading }) => reading);
  return {
    chunks: chunks.map((chunk) => chunk.text),
    objects: readings.flatMap(({ objects }) => objects),
    faults: [...faults, ...readings.flatMap((reading) => reading.faults)],
    sources,
  };
}

function assemble(text: string): Snapshot {
  const snapshot = new SnapshotAssembler().assemble([...readFile(text).sources]);
  check(snapshot !== undefined, 'no snapshot');
  return snapshot;
}

function checkPlace(text: string, line: number, column: number): void {
  const lines = text.split('\n');
  check(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
  check(column >= 1 && column <= text.length + 1, `column ${column}`);
}

/** What every node needs, so that there is something to spoil. */
const BASE = `apiVersion: projectcalico.org/v3
kind: Node
metadata: { name: ${NODE} }
spec: { bgp: { ipv4Address: 172.16.5.11/24, ipv6Address: "fd20::11/64", asNumber: 64512 } }
---
`;
const templates = loadTemplates();

/** An input is a file of resources, rendered for a node that is well. */
export const RENDER: FuzzTarget = {
  name: 'render',
  isText: true,
  make: DATASTORE.make,
  run: (input) => {
    const snapshot = assemble(`${new TextDecoder().decode(input)}\n---\n${BASE}`);
    const { config, yaml, faults } = renderConfig(snapshot, {
      node: NODE,
      templates,
      matchesSelector,
    });
    for (const { reason } of faults) check(reason !== '', 'a fault without a reason');
    check(config !== undefined || faults.length > 0, 'no configuration, and no reason why');
    if (!config) return;
    const outcome = parseConfig(yaml(), 'rendered.yaml');
    check('config' in outcome, 'the text is no configuration');
    checkSame(outcome.config, config, 'the text says something else');
  },
};

function matchesSelector(text: string, labels: Readonly<Record<string, string>>): boolean {
  const selector = parseSelector(text);
  return !('reason' in selector) && selector.matches(labels);
}

/** An input is a configuration file. */
export const CONFIG: FuzzTarget = {
  name: 'config',
  isText: true,
  make: (dice) => Buffer.from(mutateText(dice, dice.pick(CONFIGS), dice.pick(CONFIGS))),
  run: (input) => {
    const text = new TextDecoder().decode(input);
    const outcome = parseConfig(text, 'fuzz.yaml');
    if ('config' in outcome) {
      const printed = JSON.stringify(printConfig(outcome.config, { showSecrets: true }));
      const again = parseConfig(printed, 'printed.json');
      check('config' in again, `not read back: ${'faults' in again && again.faults[0]?.reason}`);
      checkSame(again.config, outcome.config, 'printed and read');
      return;
    }
    check(outcome.faults.length > 0, 'no configuration, and no fault');
    check(outcome.faults.length <= 4 * text.length + 8, 'more faults than text');
    for (const { line, column, reason } of outcome.faults) {
      checkPlace(text, line, column);
      check(reason !== '', 'a fault without a reason');
    }
  },
};
