/** Every configuration the documents show is one that Catbird accepts. */
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { formatFault, parseConfig } from '../../src/config/parse.ts';
import { type Block, blocksOf, documents, wholeConfiguration } from './documents.ts';

const shown = documents()
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'yaml');

/** The top-level keys of a block's first document. */
function keysOf({ text }: Block): readonly string[] {
  const value: unknown = parseAllDocuments(text)[0]?.toJS();
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function faultsOf(block: Block): readonly string[] {
  const keys = keysOf(block);
  if (keys.includes('kind') || keys.length === 0) return yamlFaults(block);
  const outcome = parseConfig(wholeConfiguration(block), `${block.document}:${block.line}`);
  return 'faults' in outcome ? outcome.faults.map(formatFault) : [];
}

/** Resources of Kubernetes are read by other programs: here they have to be YAML. */
function yamlFaults({ text }: Block): readonly string[] {
  return parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => message));
}

for (const block of shown) {
  t.test(`${block.document}:${block.line} is accepted`, async (t) => {
    t.same(faultsOf(block), []);
  });
}
