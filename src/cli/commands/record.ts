/** `catbird record table FILE`: the routing table of the running daemon as an MRT file. */
import { parseArgs } from 'node:util';
import { apiPath, getOctets } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { writeWholeFile } from '../whole-file.ts';

const SUBJECTS = new Words('thing to record', ['table']);
const VIEWS = new Words('view', ['received', 'accepted', 'best']);
const OPTIONS = {
  api: { type: 'string' },
  view: { type: 'string', default: 'received' },
} as const;

/** @returns 0 once the file is whole */
export async function record(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const [subject, file, ...rest] = positionals;
  if (subject === undefined || rest.length > 0) throw new UsageError('record takes table FILE');
  SUBJECTS.resolve(subject);
  if (file === undefined) throw new UsageError('record table takes the FILE to write');
  const path = `/v1/record/table?view=${VIEWS.resolve(values.view)}`;
  const size = await writeWholeFile(file, getOctets(apiPath(values.api, io.env), path));
  io.stdout.write(`${file}: ${size} octets\n`);
  return EXIT_DONE;
}
