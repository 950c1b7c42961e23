/** `catbird run`: the daemon in the foreground. */
import { runDaemon } from '../../main.ts';
import { keepMemoryOutOfCores, maskedCommandLine } from '../../run/keep-secrets.ts';
import { parseRunOptions } from '../../run/options.ts';
import { type CommandIo, EXIT_DONE } from '../command.ts';

/** Runs until a signal stops the daemon; not at all where Calico routes without BGP. */
export async function run(args: string[], io: CommandIo): Promise<number> {
  keepMemoryOutOfCores();
  const title = maskedCommandLine(args);
  if (title !== undefined) process.title = `catbird run ${title}`;
  const options = parseRunOptions(args, io.env, io.isTerminal);
  if (options.isOff) {
    io.stdout.write('catbird: CALICO_NETWORKING_BACKEND leaves nothing for BGP to do here\n');
  } else await runDaemon(options);
  return EXIT_DONE;
}
