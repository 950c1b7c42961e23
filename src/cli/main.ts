/**
 * The command line: finds the command, runs it, and turns its outcome into an exit code.
 *
 * Errors are one plain sentence on stderr; a stack trace never reaches a user.
 */
import { CatbirdError } from '../net/error.ts';
import { CATALOG } from './catalog.ts';
import {
  type CommandIo,
  EXIT_DONE,
  EXIT_NO,
  EXIT_UNREACHABLE,
  EXIT_USAGE,
  UsageError,
} from './command.ts';

/**
 * Runs one command line.
 *
 * @param argv the words behind `catbird`
 * @returns the exit code: 0 done, 1 no or invalid, 2 usage, 3 daemon not reachable
 */
export async function runCommandLine(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined) return overview(io.stderr, EXIT_USAGE);
  if (name === '--help' || name === '-h' || name === 'help') return overview(io.stdout, EXIT_DONE);
  const entry = CATALOG.find((candidate) => candidate.name === name);
  if (!entry) {
    return complain(io, `there is no command '${name}'; catbird --help lists them`, EXIT_USAGE);
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${entry.help}\n`);
    return EXIT_DONE;
  }
  return runCommand(await entry.load(), args, io);
}

async function runCommand(
  command: (args: string[], io: CommandIo) => Promise<number>,
  args: string[],
  io: CommandIo,
): Promise<number> {
  try {
    return await command(args, io);
  } catch (error) {
    return explainFailure(error, io);
  }
}

function explainFailure(error: unknown, io: CommandIo): number {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError || isArgumentError(error))
    return complain(io, message, EXIT_USAGE);
  if (error instanceof CatbirdError && error.code === 'CATBIRD_UNREACHABLE') {
    return complain(io, message, EXIT_UNREACHABLE);
  }
  return complain(io, message, EXIT_NO);
}

/** node:util parseArgs throws TypeErrors with these codes. */
function isArgumentError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
}

function complain(io: CommandIo, message: string, code: number): number {
  io.stderr.write(`catbird: ${message}\n`);
  return code;
}

function overview(stream: { write(text: string): unknown }, code: number): number {
  const width = Math.max(...CATALOG.map(({ name }) => name.length));
  const rows = CATALOG.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  stream.write(
    `usage: catbird COMMAND [options]\n\n${rows.join('\n')}\n\ncatbird COMMAND --help tells more.\n`,
  );
  return code;
}
