/** Files that are whole or not there: written beside their place and put into it at the end. */
import { open, rename, rm } from 'node:fs/promises';
import { CatbirdError } from '../net/error.ts';

/** Only the owner reads: routes tell much about a network. */
const MODE = 0o600;

/** @returns octets written. @throws CatbirdError when that cannot be done; nothing is left then */
export async function writeWholeFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<number> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const size = await writeAll(beside, pieces);
    await rename(beside, path);
    return size;
  } catch (cause) {
    await rm(beside, { force: true });
    if (cause instanceof CatbirdError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CatbirdError('CATBIRD_FILE', `${path} was not written: ${reason}`, { cause });
  }
}

async function writeAll(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'w', MODE);
  let size = 0;
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece);
      size += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return size;
}
