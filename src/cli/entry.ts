/** The process behind `bin/catbird`: gives the command line the real streams and the exit code. */
import type { CommandIo } from './command.ts';
import { runCommandLine } from './main.ts';

const io: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  isTerminal: process.stdout.isTTY === true,
};

// A reader that goes away (`catbird show rib | head`) ends the command quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), io);
