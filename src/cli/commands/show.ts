/** `catbird show`: read views of the running daemon, as tables or as JSON. */
import { parseArgs } from 'node:util';
import { apiPath, getDocument, getLines } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { formatTable } from '../table.ts';
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

const VIEWS = new Words('view', [
  'neighbors',
  'neighbor',
  'rib',
  'adj-in',
  'adj-out',
  'fib',
  'blocks',
  'quarantine',
  'config',
  'version',
]);

interface Request {
  readonly socketPath: string;
  readonly isJson: boolean;
  readonly io: CommandIo;
}

/** Runs `show VIEW [NAME]`. */
export async function show(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { api: { type: 'string' }, output: { type: 'string', short: 'o', default: 'table' } },
  });
  if (values.output !== 'json' && values.output !== 'table') {
    throw new UsageError(`-o takes json or table, not '${values.output}'`);
  }
  const socketPath = apiPath(values.api, io.env);
  await showView(positionals, { socketPath, isJson: values.output === 'json', io });
  return EXIT_DONE;
}

async function showView(words: readonly string[], request: Request): Promise<void> {
  const [word = '', argument] = words;
  const view = VIEWS.resolve(word);
  if (words.length > 2) throw new UsageError(`show ${view} takes one name at most`);
  switch (view) {
    case 'neighbors':
      return showList(request, '/v1/neighbors', NEIGHBOR_COLUMNS);
    case 'neighbor':
      return showRecord(request, `/v1/neighbors/${named(view, argument)}`);
    case 'rib':
      return showRoutes(
        request,
        argument ? `/v1/rib?query=${encodeURIComponent(argument)}` : '/v1/rib',
      );
    case 'adj-in':
    case 'adj-out':
      return showRoutes(request, `/v1/${view}/${named(view, argument)}`);
    case 'fib':
      return showList(request, '/v1/fib', FIB_COLUMNS);
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

async function showRoutes(request: Request, path: string): Promise<void> {
  let rows: string[] = [];
  let isFirst = true;
  const flush = () => {
    request.io.stdout.write(
      request.isJson ? rows.map((row) => `${row}\n`).join('') : table(rows, isFirst),
    );
    rows = [];
    isFirst = false;
  };
  for await (const line of getLines(request.socketPath, path)) {
    if (rows.push(line) === ROWS_PER_BATCH) flush();
  }
  if (rows.length > 0 || (isFirst && !request.isJson)) flush();
}

function table(lines: readonly string[], hasTitles: boolean): string {
  const text = formatTable(
    ROUTE_COLUMNS,
    lines.map((line) => JSON.parse(line) as Row),
  );
  return hasTitles ? text : text.slice(text.indexOf('\n') + 1);
}
