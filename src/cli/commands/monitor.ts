/** `catbird monitor routes|neighbors|fib|config`: what happens, as it happens. */
import { parseArgs } from 'node:util';
import { apiPath, getLines } from '../client.ts';
import { type CommandIo, EXIT_DONE, UsageError } from '../command.ts';
import { Words } from '../complete.ts';
import { write } from '../output.ts';
import { MONITOR_TOPICS } from '../vocabulary.ts';

const TOPICS = new Words('thing to monitor', MONITOR_TOPICS);

/** Runs until the daemon, or the reader, goes away. */
export async function monitor(args: string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { api: { type: 'string' }, output: { type: 'string', short: 'o', default: 'table' } },
  });
  const { output } = values;
  if (output !== 'json' && output !== 'table') {
    throw new UsageError(`-o takes json or table, not '${output}'`);
  }
  if (positionals.length !== 1)
    throw new UsageError('monitor takes routes, neighbors, fib or config');
  const topic = TOPICS.resolve(positionals[0]!);
  for await (const line of getLines(apiPath(values.api, io.env), `/v1/monitor/${topic}`)) {
    await write(io.stdout, output === 'json' ? `${line}\n` : formatEvent(line));
  }
  return EXIT_DONE;
}

/** `event key=value …`, without what says nothing. */
function formatEvent(line: string): string {
  const { event, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const words = Object.entries(fields).flatMap(([key, value]) => {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return ['null', '[]', ''].includes(text) ? [] : [`${key}=${text}`];
  });
  return `${[event, ...words].join(' ')}\n`;
}
