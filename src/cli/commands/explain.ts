/** `catbird explain PREFIX|ADDRESS`: the whole story of one destination. */
import { parseArgs } from 'node:util';
import type { ExplainStep, ExplainView } from '../../api/views.ts';
import { apiPath, getDocument } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { type Column, formatTable } from '../table.ts';

/** A step, or several neighbours' steps that say the same. */
interface Row extends ExplainStep {
  readonly isFirstNo: boolean;
  readonly neighbors: readonly string[];
}

const NAMES_SHOWN = 3;

const COLUMNS: readonly Column<Row>[] = [
  { title: '', text: ({ isFirstNo }) => (isFirstNo ? '>' : '') },
  { title: 'STAGE', text: ({ stage }) => stage },
  { title: 'ANSWER', text: ({ answer }) => answer },
  { title: 'NEIGHBOR', text: ({ neighbors }) => namesOf(neighbors) },
  { title: 'OBJECT', text: ({ object }) => object ?? '-' },
  { title: 'WHY', text: ({ text }) => text },
];

/** Prints one document, or a table with the first "no" marked. */
export async function explain(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      api: { type: 'string' },
      neighbor: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
    },
  });
  const [query, ...rest] = positionals;
  if (query === undefined || rest.length > 0) {
    throw new UsageError('usage: catbird explain PREFIX|ADDRESS [--neighbor NAME]');
  }
  if (values.output !== 'json' && values.output !== 'table') {
    throw new UsageError(`-o takes json or table, not '${values.output}'`);
  }
  const asked = new URLSearchParams({ query });
  if (values.neighbor !== undefined) asked.set('neighbor', values.neighbor);
  const story = await getDocument(apiPath(values.api, io.env), `/v1/explain?${asked}`);
  const isJson = values.output === 'json';
  io.stdout.write(
    isJson ? `${JSON.stringify(story, null, 2)}\n` : formatStory(story as ExplainView),
  );
  return EXIT_DONE;
}

function formatStory({ prefix, outcome, firstNo, steps, history }: ExplainView): string {
  const verdict = firstNo === null ? outcome : `no: ${outcome}`;
  const table = formatTable(COLUMNS, rowsOf(steps, firstNo));
  const changes = history.map(({ text }) => `  ${text}\n`).join('');
  return `${prefix}: ${verdict}\n\n${table}${changes && `\nlately:\n${changes}`}`;
}

/** Neighbours that are told the same for the same reason share a row, where the first one stood. */
function rowsOf(steps: readonly ExplainStep[], firstNo: number | null): Row[] {
  const rows = new Map<string, Row>();
  steps.forEach((step, index) => {
    const { neighbor, ...said } = step;
    const isFirstNo = index === firstNo;
    const isShared = step.stage === 'export' || step.stage === 'adj-rib-out';
    const key = isShared && !isFirstNo ? JSON.stringify(said) : String(index);
    const known = rows.get(key);
    const neighbors = [...(known?.neighbors ?? []), ...(neighbor === null ? [] : [neighbor])];
    rows.set(key, { ...step, isFirstNo, neighbors });
  });
  return [...rows.values()];
}

function namesOf(names: readonly string[]): string {
  if (names.length <= NAMES_SHOWN) return names.join(', ') || '-';
  const left = names.length - NAMES_SHOWN;
  return `${names.slice(0, NAMES_SHOWN).join(', ')} and ${left} more`;
}
