/** `catbird template`: what templates there are, what users' own change, and tests of them. */
import { parseArgs } from 'node:util';
import { DATASTORE_FLAGS, readDatastoreOptions } from '../../run/options.ts';
import { readDatastoreSnapshot } from '../../run/render-once.ts';
import { readUsersTemplates } from '../../run/template-sources.ts';
import {
  diffTemplates,
  listTemplates,
  type NodeDifference,
  readTemplateFiles,
  type TemplateRow,
  templateText,
  testTemplates,
} from '../../run/template-tools.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { formatTable } from '../table.ts';

const ACTIONS = { list, show, test, diff } as const;
const WORDS = new Words('action', Object.keys(ACTIONS));

type Values = Readonly<Record<string, string | boolean | undefined>>;
type Action = (words: readonly string[], values: Values, io: CommandIo) => Promise<number>;

/** Exit code 1 when something is to be mended, or a test fails. */
export async function template(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...DATASTORE_FLAGS,
      'all-nodes': { type: 'boolean', default: false },
      shipped: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o', default: 'table' },
    },
  });
  const [word, ...words] = positionals;
  if (word === undefined) throw new UsageError('say which: catbird template list|show|test|diff');
  const action: Action = ACTIONS[WORDS.resolve(word) as keyof typeof ACTIONS];
  return await action(words, values, io);
}

const COLUMNS = [
  { title: 'TEMPLATE', text: ({ name }: TemplateRow) => name },
  { title: 'KIND', text: ({ kind }: TemplateRow) => kind },
  { title: 'BLOCKS', text: ({ blocks }: TemplateRow) => blocks.join(' ') || '-' },
  { title: 'FILE', text: ({ place }: TemplateRow) => place },
];

async function list(_: readonly string[], values: Values, io: CommandIo): Promise<number> {
  const { files, faults } = await readTemplateFiles(values, io.env);
  const rows = listTemplates(files);
  if (values['output'] === 'json') io.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
  else io.stdout.write(formatTable(COLUMNS, rows));
  const faulty = rows.filter(({ fault }) => fault !== undefined);
  const told = [...faults, ...faulty.map(({ place, fault }) => `${place}: ${fault}`)];
  for (const fault of told) io.stderr.write(`catbird: ${fault}\n`);
  return told.length === 0 ? EXIT_DONE : EXIT_NO;
}

async function show(words: readonly string[], values: Values, io: CommandIo): Promise<number> {
  const [name] = words;
  if (name === undefined) throw new UsageError('say which: catbird template show NAME');
  const files = values['shipped'] ? [] : await filesOf(values, io);
  io.stdout.write(templateText(name, files));
  return EXIT_DONE;
}

async function diff(_: readonly string[], values: Values, io: CommandIo): Promise<number> {
  const options = readDatastoreOptions(values, io.env);
  const snapshot = await readDatastoreSnapshot(options.datastore);
  const { files, faults } = await readUsersTemplates(options, snapshot);
  const nodes = values['all-nodes'] ? [...snapshot.nodes.keys()] : [options.node];
  const outcome = diffTemplates(snapshot, files, nodes, options.env);
  const told = [...faults, ...outcome.faults];
  for (const fault of told) io.stderr.write(`catbird: ${fault}\n`);
  if (values['output'] === 'json') {
    io.stdout.write(`${JSON.stringify(outcome.differences, null, 2)}\n`);
  } else for (const one of outcome.differences) io.stdout.write(differenceText(one));
  return told.length === 0 ? EXIT_DONE : EXIT_NO;
}

function differenceText({ nodes, lines }: NodeDifference): string {
  const title = nodes.length === 1 ? nodes[0] : `${nodes.length} nodes: ${nodes.join(', ')}`;
  const body = lines.length === 0 ? ['nothing changes'] : lines;
  return `${title}\n${body.map((line) => `  ${line}\n`).join('')}`;
}

async function test(words: readonly string[], values: Values, io: CommandIo): Promise<number> {
  const [directory] = words;
  if (directory === undefined) throw new UsageError('say where: catbird template test DIR');
  const results = await testTemplates(directory, await filesOf(values, io), io.env);
  for (const { name, lines } of results) {
    io.stdout.write(`${lines.length === 0 ? 'ok' : 'not ok'} ${name}\n`);
    for (const line of lines) io.stdout.write(`  ${line}\n`);
  }
  return results.every(({ lines }) => lines.length === 0) ? EXIT_DONE : EXIT_NO;
}

/** Users' own; what is wrong with where they come from goes to stderr. */
async function filesOf(values: Values, io: CommandIo) {
  const { files, faults } = await readTemplateFiles(values, io.env);
  for (const fault of faults) io.stderr.write(`catbird: ${fault}\n`);
  return files;
}
