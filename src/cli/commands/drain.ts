/** `catbird drain`: starts, follows and takes back the drain of the running daemon. */
import { parseArgs } from 'node:util';
import { apiPath, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';
import { describeProgress, drainProgress, followDrain } from '../drain-progress.ts';

/** Runs the command. */
export async function drain(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
      wait: { type: 'string' },
      message: { type: 'string' },
      detach: { type: 'boolean' },
      abort: { type: 'boolean' },
      status: { type: 'boolean' },
    },
  });
  const api = apiPath(values.api, io.env);
  if (values.status) return status(api, values.output, io);
  if (values.abort) {
    await postCommand(api, '/v1/drain/abort', {});
    return EXIT_DONE;
  }
  await postCommand(api, '/v1/drain', drainBody(values));
  if (values.detach || (await followDrain(api, io))) return EXIT_DONE;
  io.stderr.write('catbird: the drain was called off\n');
  return EXIT_NO;
}

/** What the API is sent. @throws UsageError when `wait` is no number of seconds */
export function drainBody(values: {
  readonly wait?: string | undefined;
  readonly message?: string | undefined;
}): object {
  const { wait, message } = values;
  if (wait !== undefined && !/^\d+$/.test(wait)) {
    throw new UsageError(`--wait takes a number of seconds, not '${wait}'`);
  }
  return {
    ...(wait !== undefined && { waitSec: Number(wait) }),
    ...(message !== undefined && { message }),
  };
}

async function status(api: string, output: string, io: CommandIo): Promise<number> {
  const progress = await drainProgress(api);
  const text = output === 'json' ? JSON.stringify(progress) : describeProgress(progress);
  io.stdout.write(`${text}\n`);
  return EXIT_DONE;
}
