/** Replaces a file as a whole: write, fsync, rename, fsync of the directory. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const MODE = 0o600;

/**
 * Writes a file that its owner alone may read. After a crash there is the old one or the new one, never a part.
 *
 * @throws Error of the file system
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', MODE);
  try {
    await file.chmod(MODE); // one that was there keeps its mode otherwise
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const entry = await open(dirname(path), 'r');
  await entry.sync().finally(() => entry.close());
}
