/** Writes as fast as the reader takes it: a listing of a million lines never waits in memory. */
import type { CommandIo } from './command.ts';

/** Resolves when more may be written. */
export async function write(stdout: CommandIo['stdout'], text: string): Promise<void> {
  if (stdout.write(text) !== false || !stdout.once) return;
  await new Promise<void>((resolve) => stdout.once!('drain', () => resolve()));
}
