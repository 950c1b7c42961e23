/** `catbird run`: the daemon in the foreground. */
import { runDaemon } from '../../main.ts';
import { parseRunOptions } from '../../run/options.ts';
import { type CommandIo, EXIT_DONE } from '../command.ts';

/** Runs until a signal stops the daemon. */
export async function run(args: string[], io: CommandIo): Promise<number> {
  await runDaemon(parseRunOptions(args, io.env, io.isTerminal));
  return EXIT_DONE;
}
