/** `catbird show`: read views of the running daemon, as tables or as JSON. */
import { parseArgs } from 'node:util';
import { apiPath, getDocument, getLines } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { write } from '../output.ts';
import { formatTable, LongTable } from '../table.ts';
import { VIEW_NAMES } from '../vocabulary.ts';
import {
  BLOCK_COLUMNS,
  FIB_COLUMNS,
  NEIGHBOR_COLUMNS,
  QUARANTINE_COLUMNS,
  ROUTE_COLUMNS,
} from './show-columns.ts';
import { formatRecord } from './show-record.ts';

/** Rows printed at a time; columns of a long listing are aligned per batch. */
const ROWS_PER_BATCH = 500;

const VIEWS = new Words('view', VIEW_NAMES);

/** As `parseArgs` reads them. */
interface Filters {
  readonly neighbor?: string | undefined;
  readonly community?: string[] | undefined;
  readonly 'as-path'?: string | undefined;
  readonly longer?: boolean | undefined;
  readonly best?: boolean | undefined;
  readonly family?: string | undefined;
  readonly drift?: boolean | undefined;
}

interface Request {
  readonly socketPath: string;
  readonly isJson: boolean;
  readonly io: CommandIo;
}

const OPTIONS = {
  api: { type: 'string' },
  output: { type: 'string', short: 'o', default: 'table' },
} as const;

/** Named as the parameters of the daemon's listings. */
const FILTERS = {
  neighbor: { type: 'string' },
  community: { type: 'string', multiple: true },
  'as-path': { type: 'string' },
  longer: { type: 'boolean' },
  best: { type: 'boolean' },
  family: { type: 'string' },
  drift: { type: 'boolean' },
} as const;

const ROUTE_VIEWS: readonly string[] = ['rib', 'adj-in', 'adj-out'];

/** Runs `show VIEW [NAME]`. */
export async function show(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...OPTIONS, ...FILTERS },
  });
  if (values.output !== 'json' && values.output !== 'table') {
    throw new UsageError(`-o takes json or table, not '${values.output}'`);
  }
  const socketPath = apiPath(values.api, io.env);
  await showView(positionals, { socketPath, isJson: values.output === 'json', io }, values);
  return EXIT_DONE;
}

async function showView(
  words: readonly string[],
  request: Request,
  filters: Filters,
): Promise<void> {
  const [word = '', argument] = words;
  const view = VIEWS.resolve(word);
  if (words.length > 2) throw new UsageError(`show ${view} takes one name at most`);
  const takes = (name: string) => (name === 'drift' ? view === 'fib' : ROUTE_VIEWS.includes(view));
  const idle = Object.keys(FILTERS).find((name) => name in filters && !takes(name));
  if (idle) throw new UsageError(`show ${view} takes no --${idle}`);
  switch (view) {
    case 'neighbors':
      return showList(request, '/v1/neighbors', NEIGHBOR_COLUMNS);
    case 'neighbor':
      return showRecord(request, `/v1/neighbors/${named(view, argument)}`);
    case 'rib':
      return showRoutes(request, `/v1/rib?${queryOf(filters, argument)}`);
    case 'adj-in':
    case 'adj-out':
      if (filters.longer) throw new UsageError('--longer goes with show rib PREFIX');
      return showRoutes(request, `/v1/${view}/${named(view, argument)}?${queryOf(filters)}`);
    case 'fib':
      return showList(request, filters.drift ? '/v1/fib?drift' : '/v1/fib', FIB_COLUMNS);
    case 'blocks':
      return showList(request, '/v1/blocks', BLOCK_COLUMNS);
    case 'quarantine':
      return showList(
        request,
        argument ? `/v1/quarantine?peer=${encodeURIComponent(argument)}` : '/v1/quarantine',
        QUARANTINE_COLUMNS,
      );
    case 'config':
    case 'version':
      return showRecord(request, `/v1/${view}`);
  }
}

/** @param argument a prefix or an address; with `--longer` a prefix and all it covers */
function queryOf(filters: Filters, argument?: string): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of ['neighbor', 'as-path', 'family'] as const) {
    if (filters[name] !== undefined) query.set(name, filters[name]);
  }
  for (const community of filters.community ?? []) query.append('community', community);
  if (filters.best) query.set('best', '');
  if (filters.longer && argument === undefined) throw new UsageError('--longer needs a prefix');
  if (argument !== undefined) query.set(filters.longer ? 'longer' : 'query', argument);
  return query;
}

function named(view: string, argument: string | undefined): string {
  if (argument === undefined) throw new UsageError(`show ${view} needs the name of a neighbor`);
  return encodeURIComponent(argument);
}

type Row = Readonly<Record<string, unknown>>;

async function showList(
  request: Request,
  path: string,
  columns: Parameters<typeof formatTable<Row>>[0],
): Promise<void> {
  const rows = (await getDocument(request.socketPath, path)) as Row[];
  const text = request.isJson ? `${JSON.stringify(rows, null, 2)}\n` : formatTable(columns, rows);
  request.io.stdout.write(text);
}

async function showRecord(request: Request, path: string): Promise<void> {
  const record = (await getDocument(request.socketPath, path)) as Row;
  const text = request.isJson ? `${JSON.stringify(record, null, 2)}\n` : formatRecord(record);
  request.io.stdout.write(text);
}

async function showRoutes({ socketPath, isJson, io }: Request, path: string): Promise<void> {
  const table = new LongTable<Row>(ROUTE_COLUMNS);
  const format = (lines: readonly string[]) =>
    isJson
      ? lines.map((line) => `${line}\n`).join('')
      : table.format(lines.map((line) => JSON.parse(line) as Row));
  let lines: string[] = [];
  for await (const line of getLines(socketPath, path)) {
    if (lines.push(line) < ROWS_PER_BATCH) continue;
    await write(io.stdout, format(lines));
    lines = [];
  }
  await write(io.stdout, format(lines));
}
