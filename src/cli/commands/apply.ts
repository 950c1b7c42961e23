/** `catbird apply [--force]`: has the configuration read again, or releases what the brake holds. */
import { parseArgs } from 'node:util';
import { apiPath, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO } from '../command.ts';

/** Runs the command; 1, and why, when nothing is held that could be forced. */
export async function apply(args: string[], io: CommandIo): Promise<number> {
  const options = { api: { type: 'string' }, force: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ args, options });
  const { force } = values;
  const answer = await postCommand(apiPath(values.api, io.env), '/v1/apply', { force });
  const { ok, reason } = answer as { ok: boolean; reason?: string };
  if (ok) return EXIT_DONE;
  io.stderr.write(`catbird: ${reason}\n`);
  return EXIT_NO;
}
