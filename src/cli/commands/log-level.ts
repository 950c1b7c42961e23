/** `catbird log-level LEVEL`: changes the log level of the running daemon. */
import { parseArgs } from 'node:util';
import { apiPath, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { LOG_LEVELS } from '../vocabulary.ts';

/** Runs the command. */
export async function logLevel(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { api: { type: 'string' } },
  });
  const [level] = positionals;
  if (level === undefined || positionals.length > 1) {
    throw new UsageError(`usage: catbird log-level ${LOG_LEVELS.join('|')}`);
  }
  await postCommand(apiPath(values.api, io.env), '/v1/log-level', { level });
  return EXIT_DONE;
}
