/** What a command is, and how it says that it was called wrongly. */

export interface CommandIo {
  /** `once` where a reader may be slower than we are. */
  readonly stdout: {
    write(text: string): unknown;
    once?(event: 'drain', done: () => void): unknown;
  };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<Buffer | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** Runs with the words behind its name; returns the exit code. */
export type Command = (args: string[], io: CommandIo) => Promise<number>;

export interface CommandEntry {
  readonly name: string;
  /** One line for the overview. */
  readonly summary: string;
  /** The whole help text. */
  readonly help: string;
  readonly load: () => Promise<Command>;
}

export const EXIT_DONE = 0;
export const EXIT_NO = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNREACHABLE = 3;

/** Wrong words on the command line; the sentence says what would be right. */
export class UsageError extends Error {}
