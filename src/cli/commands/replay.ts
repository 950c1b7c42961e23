/** `catbird replay FILE...`: what would have been decided over recordings, without a daemon. */
import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { RecordSplitter } from '../../mrt/record-splitter.ts';
import { CatbirdError } from '../../net/error.ts';
import { parsePrefix } from '../../net/text.ts';
import { Replay, type ReplaySummary } from '../../replay/replay.ts';
import { readConfigFile } from '../../run/config-file.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { write } from '../output.ts';
import { LongTable } from '../table.ts';
import { REPLAY_COLUMNS } from './show-columns.ts';

const ROWS_PER_BATCH = 500;
const OPTIONS = {
  config: { type: 'string' },
  prefix: { type: 'string' },
  output: { type: 'string', short: 'o', default: 'table' },
} as const;

type Row = Readonly<Record<string, unknown>>;

/** @returns 0 once all is printed */
export async function replay(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  if (values.output !== 'json' && values.output !== 'table') {
    throw new UsageError(`-o takes json or table, not '${values.output}'`);
  }
  if (positionals.length === 0) throw new UsageError('replay takes the FILE to play');
  const only = values.prefix === undefined ? undefined : parsePrefix(values.prefix);
  if (values.prefix !== undefined && !only) throw new UsageError('--prefix takes a CIDR block');
  const played = new Replay(await configOf(values.config));
  for (const path of positionals) await play(played, path);
  await print(
    io,
    values.output === 'json',
    played.routes(only) as Iterable<unknown> as Iterable<Row>,
  );
  io.stderr.write(`${describe(played.summary)}\n`);
  return EXIT_DONE;
}

async function configOf(path: string | undefined) {
  if (path === undefined) return undefined;
  const { config, faults } = await readConfigFile(path);
  if (!config) throw new CatbirdError('CATBIRD_CONFIG_INVALID', faults.join('\n'));
  return config;
}

/** @throws CatbirdError for a file that cannot be read, or is no MRT */
async function play(played: Replay, path: string): Promise<void> {
  const splitter = new RecordSplitter();
  try {
    for await (const chunk of open(path)) {
      for (const record of splitter.push(chunk)) played.play(record);
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CatbirdError('CATBIRD_RECORDING', `${path}: ${reason}`, { cause });
  }
  if (splitter.rest > 0) throw new CatbirdError('CATBIRD_RECORDING', `${path}: it is cut short`);
}

function open(path: string): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  if (!path.endsWith('.gz')) return file;
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  return file.pipe(unpacked);
}

async function print(io: CommandIo, isJson: boolean, routes: Iterable<Row>): Promise<void> {
  const table = new LongTable<Row>(REPLAY_COLUMNS);
  const format = (rows: readonly Row[]) =>
    isJson ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : table.format(rows);
  let rows: Row[] = [];
  for (const row of routes) {
    if (rows.push(row) < ROWS_PER_BATCH) continue;
    await write(io.stdout, format(rows));
    rows = [];
  }
  await write(io.stdout, format(rows));
}

function describe(summary: ReplaySummary): string {
  const { records, ignored, faultyUpdates, neighbors, unknownPeers } = summary;
  const words = [`${records} records of ${neighbors} neighbors played`];
  if (ignored > 0) words.push(`${ignored} said nothing here`);
  if (faultyUpdates > 0) words.push(`${faultyUpdates} UPDATEs were faulty`);
  if (unknownPeers.length > 0) words.push(`not in the configuration: ${unknownPeers.join(', ')}`);
  return words.join('; ');
}
