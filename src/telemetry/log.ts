/**
 * The log: pino events on stdout, JSON for machines, pretty on a terminal.
 *
 * Other folders take the narrow `Log` interface, so that tests can collect events and nothing but this
 * file knows pino.
 */
import { createRequire } from 'node:module';
import { type Logger, pino } from 'pino';
import type pretty from 'pino-pretty';

/** One event: plain data first, then what happened in a few words. */
export type LogEvent = (fields: object, message: string) => void;

export interface Log {
  readonly error: LogEvent;
  readonly warn: LogEvent;
  readonly info: LogEvent;
  readonly debug: LogEvent;
  readonly trace: LogEvent;
}

/** The daemon's log, whose level can change at run time. */
export interface LeveledLog extends Log {
  level: string;
}

/**
 * Opens the log.
 *
 * @param options.isTerminal pretty lines instead of JSON
 */
export function openLog(options: { level: string; isTerminal: boolean }): LeveledLog {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  const logger: Logger = options.isTerminal ? pino(settings, prettyStream()) : pino(settings);
  return logger;
}

/** Loaded only for a terminal: a daemon under a supervisor never needs it. */
function prettyStream() {
  const makePretty = createRequire(import.meta.url)('pino-pretty') as typeof pretty;
  return makePretty({
    colorize: !process.env['NO_COLOR'],
    sync: true,
    singleLine: true,
    ignore: 'pid,hostname',
  });
}

/** Drops every event; for one-shot commands and tests. */
export const silentLog: LeveledLog = {
  level: 'silent',
  error() {},
  warn() {},
  info() {},
  debug() {},
  trace() {},
};
