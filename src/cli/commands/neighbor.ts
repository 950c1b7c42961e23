/** `catbird clear|shutdown|enable neighbor NAME`: administrative actions on one session. */
import { parseArgs } from 'node:util';
import { apiPath, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';

/** Closes the session and lets it come up again; with `--soft` only routes are refreshed. */
export async function clear(args: string[], io: CommandIo): Promise<number> {
  return act('clear', args, io);
}

/** Takes the session down until it is enabled again. */
export async function shutdown(args: string[], io: CommandIo): Promise<number> {
  return act('shutdown', args, io);
}

/** Lets a session that was shut down come up again. */
export async function enable(args: string[], io: CommandIo): Promise<number> {
  return act('enable', args, io);
}

async function act(action: string, args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { api: { type: 'string' }, message: { type: 'string' }, soft: { type: 'string' } },
  });
  const [kind, name] = positionals;
  if (kind !== 'neighbor' || name === undefined || positionals.length > 2) {
    throw new UsageError(`usage: catbird ${action} neighbor NAME`);
  }
  const { message, soft } = values;
  if (soft !== undefined) checkSoft(action, soft, message);
  const body = { ...(message !== undefined && { message }), ...(soft !== undefined && { soft }) };
  const path = `/v1/neighbors/${encodeURIComponent(name)}/${action}`;
  await postCommand(apiPath(values.api, io.env), path, body);
  return EXIT_DONE;
}

function checkSoft(action: string, soft: string, message: string | undefined): void {
  if (action !== 'clear') throw new UsageError(`${action} takes no --soft`);
  if (soft !== 'in' && soft !== 'out')
    throw new UsageError(`--soft takes in or out, not '${soft}'`);
  if (message !== undefined) throw new UsageError('--message goes with a session that is closed');
}
