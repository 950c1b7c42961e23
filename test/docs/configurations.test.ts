/** Every configuration the documents show is one that Catbird accepts. */
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { formatFault, parseConfig } from '../../src/config/parse.ts';
import { type Block, blocksOf, documents } from './documents.ts';

const ROUTER = 'router: { asNumber: 64512, routerId: 192.0.2.1 }\n';

const shown = documents()
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'yaml');

/** The top-level keys of a block's first document. */
function keysOf({ text }: Block): readonly string[] {
  const value: unknown = parseAllDocuments(text)[0]?.toJS();
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** A whole configuration has `router`; a part of one is whole with a router of ours in front. */
function faultsOf(block: Block): readonly string[] {
  const keys = keysOf(block);
  if (keys.includes('kind') || keys.length === 0) return yamlFaults(block);
  const text = keys.includes('router') ? block.text : ROUTER + block.text;
  const outcome = parseConfig(text, `${block.document}:${block.line}`);
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
