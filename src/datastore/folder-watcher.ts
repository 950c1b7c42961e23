/**
 * Notifications about changes below a folder, one inotify watch per directory.
 *
 * Only a hint: a file system may not notify, and watches may run out. The datastore looks by itself
 * every few seconds, so nothing here is ever fatal.
 */
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

export class FolderWatcher {
  readonly #onChange: (path: string) => void;
  readonly #watches = new Map<string, FSWatcher>();

  /** @param onChange gets the path that changed: a file, or the directory when no name was told */
  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches exactly these directories.
   *
   * @returns true when there were new ones: what changed in them before now went unnoticed
   */
  watch(directories: readonly string[]): boolean {
    for (const [path, watcher] of this.#watches) {
      if (!directories.includes(path)) this.#forget(path, watcher);
    }
    const added = directories.filter((path) => !this.#watches.has(path));
    return added.filter((path) => this.#add(path)).length > 0;
  }

  close(): void {
    for (const [path, watcher] of this.#watches) this.#forget(path, watcher);
  }

  /** @returns false when it cannot be watched */
  #add(path: string): boolean {
    try {
      const watcher = watch(path, { persistent: false }, (event, name) => {
        // A directory that is removed or replaced reports itself; its watch is dead from then on.
        if (event === 'rename' && isOwnName(path, name)) this.#forget(path, watcher);
        this.#onChange(name === null ? path : join(path, name));
      });
      watcher.on('error', () => this.#forget(path, watcher));
      this.#watches.set(path, watcher);
      return true;
    } catch {
      return false; // gone already, or no watches left: the regular look finds what changes there
    }
  }

  #forget(path: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watches.get(path) === watcher) this.#watches.delete(path);
  }
}

function isOwnName(path: string, name: string | null): boolean {
  return name !== null && path.endsWith(`/${name}`);
}
