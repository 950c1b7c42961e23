/**
 * The command line: finds the command, runs it, and turns its outcome into an exit code.
 *
 * Errors are one plain sentence on stderr; a stack trace never reaches a user.
 */
import { CATALOG } from './catalog.ts';
import {
  type CommandIo,
  EXIT_DONE,
  EXIT_NO,
  EXIT_UNREACHABLE,
  EXIT_USAGE,
  UsageError,
} from './command.ts';
import { Words } from './complete.ts';

const COMMAND_WORDS = new Words(
  'command',
  CATALOG.map(({ name }) => name),
);

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
  try {
    return await runCommand(name, args, io);
  } catch (error) {
    return explainFailure(error, io);
  }
}

async function runCommand(name: string, args: string[], io: CommandIo): Promise<number> {
  const word = COMMAND_WORDS.resolve(name);
  const entry = CATALOG.find((candidate) => candidate.name === word)!;
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${entry.help}\n`);
    return EXIT_DONE;
  }
  const command = await entry.load();
  return command(args, io);
}

function explainFailure(error: unknown, io: CommandIo): number {
  const message = error instanceof Error ? error.message : String(error);
  const code = exitCodeOf(error);
  // What parseArgs says may go on for lines.
  return complain(io, code === EXIT_USAGE ? message.replaceAll('\n', ' ') : message, code);
}

/** node:util parseArgs throws TypeErrors with codes of its own. */
function exitCodeOf(error: unknown): number {
  const code = String((error as { code?: unknown }).code);
  if (error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS')) return EXIT_USAGE;
  if (code === 'CATBIRD_USAGE') return EXIT_USAGE;
  return code === 'CATBIRD_UNREACHABLE' ? EXIT_UNREACHABLE : EXIT_NO;
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
