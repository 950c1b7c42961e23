/** `catbird stop`: ends the daemon, with or without withdrawing its routes. */
import { parseArgs } from 'node:util';
import { apiPath, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';
import { followDrain } from '../drain-progress.ts';
import { drainBody } from './drain.ts';

/** Runs the command. */
export async function stop(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: 'string' },
      withdraw: { type: 'boolean' },
      wait: { type: 'string' },
      message: { type: 'string' },
    },
  });
  const { withdraw, wait = '0', message } = values;
  const api = apiPath(values.api, io.env);
  if (withdraw) {
    await postCommand(api, '/v1/drain', { ...drainBody({ wait, message }), stop: true });
    if (await followDrain(api, io)) return EXIT_DONE;
    io.stderr.write('catbird: the stop was called off\n');
    return EXIT_NO;
  }
  if (values.wait !== undefined || message !== undefined) {
    throw new UsageError('--wait and --message go with --withdraw');
  }
  await postCommand(api, '/v1/stop', {});
  return EXIT_DONE;
}
