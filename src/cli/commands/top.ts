/**
 * `catbird top`: the sessions of the running daemon, drawn anew every second.
 *
 * Draws on the alternate screen and gives the terminal back as it was, whichever way it ends.
 */
import { parseArgs } from 'node:util';
import { apiPath, getDocument } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { formatTable } from '../table.ts';
import { type Sample, sampleOf, TOP_COLUMNS, topRows } from './top-rows.ts';

const INTERVAL_MS = 1000;
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_REST = '\x1b[J';
const QUIT: readonly string[] = ['q', 'Q', '\x03', '\x1b'];

/** Runs until q, Escape or Ctrl-C. */
export async function top(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args, options: { api: { type: 'string' } } });
  const { stdin } = process;
  if (!io.isTerminal || !stdin.isTTY)
    throw new UsageError('top needs a terminal; see catbird show');
  const socketPath = apiPath(values.api, io.env);
  const first = sampleOf(await ask(socketPath), Date.now()); // fails before anything is drawn
  io.stdout.write(ENTER);
  stdin.setRawMode(true);
  const leave = () => void io.stdout.write(LEAVE);
  process.once('exit', leave);
  try {
    await drawUntilQuit(socketPath, io, first);
  } finally {
    process.off('exit', leave);
    stdin.setRawMode(false);
    stdin.pause();
    leave();
  }
  return EXIT_DONE;
}

async function drawUntilQuit(socketPath: string, io: CommandIo, first: Sample): Promise<void> {
  let isOver = false;
  let wake = () => {};
  process.stdin.on('data', (keys) => {
    isOver ||= QUIT.includes(String(keys));
    wake();
  });
  process.stdout.on('resize', () => wake());
  let before = first;
  while (!isOver) {
    const now = sampleOf(await ask(socketPath), Date.now());
    draw(io, before, now);
    before = now;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, INTERVAL_MS);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function ask(socketPath: string): Promise<Parameters<typeof sampleOf>[0]> {
  const [version, neighbors] = await Promise.all([
    getDocument(socketPath, '/v1/version'),
    getDocument(socketPath, '/v1/neighbors'),
  ]);
  return { version, neighbors } as Parameters<typeof sampleOf>[0];
}

/** As much as the terminal holds; nothing wraps. */
function draw(io: CommandIo, before: Sample, now: Sample): void {
  const { columns = 80, rows = 24 } = process.stdout;
  const table = formatTable(TOP_COLUMNS, topRows(before, now));
  const lines = [now.title, '', ...table.trimEnd().split('\n')];
  const shown = lines.length > rows - 1 ? [...lines.slice(0, rows - 2), '…'] : lines;
  const text = shown.map((line) => `${line.slice(0, columns)}${CLEAR_LINE}\r\n`).join('');
  io.stdout.write(`${HOME}${text}${CLEAR_REST}`);
}
