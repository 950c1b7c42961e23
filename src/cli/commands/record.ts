/** `catbird record table FILE|save [FILE]`: the table, or the latest messages, of the running daemon as MRT. */
import { parseArgs } from 'node:util';
import { apiPath, getOctets, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { RECORD_SUBJECTS } from '../vocabulary.ts';
import { writeWholeFile } from '../whole-file.ts';

const SUBJECTS = new Words('thing to record', RECORD_SUBJECTS);
const VIEWS = new Words('view', ['received', 'accepted', 'best']);
const USAGE = 'record takes table FILE, or save [FILE]';
const OPTIONS = {
  api: { type: 'string' },
  view: { type: 'string', default: 'received' },
} as const;

/** @returns 0 once the file is whole */
export async function record(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [word, file, ...rest] = positionals;
  if (word === undefined || rest.length > 0) throw new UsageError(USAGE);
  const api = apiPath(values.api, io.env);
  if (SUBJECTS.resolve(word) === 'table') return await table(api, file, values.view, io);
  return file === undefined ? await saveThere(api, io) : await saveHere(api, file, io);
}

async function table(
  api: string,
  file: string | undefined,
  view: string,
  io: CommandIo,
): Promise<number> {
  if (file === undefined) throw new UsageError('record table takes the FILE to write');
  return await fetchInto(api, file, `/v1/record/table?view=${VIEWS.resolve(view)}`, io);
}

/** By the daemon, into its directory. */
async function saveThere(api: string, io: CommandIo): Promise<number> {
  const { path } = (await postCommand(api, '/v1/record/save', {})) as { path: string };
  io.stdout.write(`${path}\n`);
  return EXIT_DONE;
}

async function saveHere(api: string, file: string, io: CommandIo): Promise<number> {
  return await fetchInto(api, file, '/v1/record/messages', io);
}

async function fetchInto(api: string, file: string, path: string, io: CommandIo): Promise<number> {
  const size = await writeWholeFile(file, getOctets(api, path));
  io.stdout.write(`${file}: ${size} octets\n`);
  return EXIT_DONE;
}
