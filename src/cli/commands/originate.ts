/** `catbird originate add|remove|list`: routes of another agent of the node, announced through our sessions. */
import { parseArgs } from 'node:util';
import { apiPath, getDocument, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { formatTable } from '../table.ts';
import { ORIGINATE_ACTIONS } from '../vocabulary.ts';
import { ORIGINATED_COLUMNS } from './show-columns.ts';

const ACTIONS = new Words('action of originate', ORIGINATE_ACTIONS);

const OPTIONS = {
  api: { type: 'string' },
  output: { type: 'string', short: 'o', default: 'table' },
  owner: { type: 'string' },
  community: { type: 'string', multiple: true },
  'local-pref': { type: 'string' },
  med: { type: 'string' },
  lease: { type: 'string' },
  all: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];
type Row = Readonly<Record<string, unknown>>;

/** Options that go with one action only. */
const OF_ADD = ['community', 'local-pref', 'med', 'lease'] as const;

/** Runs the command; 1 when nothing of what was to be removed is there. */
export async function originate(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [word = '', ...prefixes] = positionals;
  const action = ACTIONS.resolve(word);
  checkOptions(action, values, prefixes);
  const api = apiPath(values.api, io.env);
  if (action === 'list') return await list(api, values, io);
  return action === 'add'
    ? await add(api, prefixes, values, io)
    : await remove(api, prefixes, values, io);
}

function checkOptions(action: string, values: Values, prefixes: readonly string[]): void {
  const { output, owner, all } = values;
  if (output !== 'json' && output !== 'table') throw new UsageError('-o takes json or table');
  const stranger = OF_ADD.find((name) => action !== 'add' && values[name] !== undefined);
  if (stranger) throw new UsageError(`originate ${action} takes no --${stranger}`);
  if (all && action !== 'remove') throw new UsageError(`originate ${action} takes no --all`);
  if (action === 'list') {
    if (prefixes.length > 0) throw new UsageError('originate list takes no prefix');
    return;
  }
  if (owner === undefined) throw new UsageError(`originate ${action} needs --owner NAME`);
  if ((prefixes.length === 0) === !all) {
    throw new UsageError(`usage: catbird originate ${action} PREFIX... --owner ${owner}`);
  }
}

async function list(api: string, { owner, output }: Values, io: CommandIo): Promise<number> {
  const query = owner === undefined ? '' : `?owner=${encodeURIComponent(owner)}`;
  print((await getDocument(api, `/v1/originated${query}`)) as Row[], output, io);
  return EXIT_DONE;
}

async function add(
  api: string,
  prefixes: string[],
  values: Values,
  io: CommandIo,
): Promise<number> {
  const { owner, community: communities, lease, output } = values;
  const numbers = {
    localPref: numberOf('local-pref', values['local-pref']),
    med: numberOf('med', values.med),
    leaseSec: lease === undefined ? undefined : secondsOf(lease),
  };
  const body = { owner, prefixes, communities, ...numbers };
  const { routes } = (await postCommand(api, '/v1/originated', body)) as { routes: Row[] };
  print(routes, output, io);
  return EXIT_DONE;
}

async function remove(
  api: string,
  prefixes: string[],
  { owner, all, output }: Values,
  io: CommandIo,
): Promise<number> {
  const body = all ? { owner, all } : { owner, prefixes };
  const answer = await postCommand(api, '/v1/originated/remove', body);
  if (output === 'json') io.stdout.write(`${JSON.stringify(answer)}\n`);
  const { removed } = answer as { removed: number };
  if (removed > 0 || all) return EXIT_DONE;
  io.stderr.write(`catbird: '${owner}' announces none of these\n`);
  return EXIT_NO;
}

function print(rows: readonly Row[], output: string, { stdout }: CommandIo): void {
  const isJson = output === 'json';
  stdout.write(
    isJson ? `${JSON.stringify(rows, null, 2)}\n` : formatTable(ORIGINATED_COLUMNS, rows),
  );
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,10}$/.test(text))
    return text === undefined ? text : Number(text);
  throw new UsageError(`--${name} takes a number, not '${text}'`);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

function secondsOf(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,8})([smh]?)$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) * UNITS[unit || 's']!;
  throw new UsageError(`--lease takes a time like 60s or 10m, not '${text}'`);
}
