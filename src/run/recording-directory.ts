/**
 * Recordings as files of a directory: each whole or not there, readable by the owner alone, and never more of them
 * than was said; the oldest go. Other files are not touched.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordingStore } from '../daemon/recording.ts';

export interface DirectoryLimits {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
}

const OURS = /^catbird-\d{8}T\d{9}Z(-\d+)?-[\w.-]+\.mrt(\.part)?$/;
const PART = '.part';
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const LONGEST_LABEL = 64;

/** See the head of the file. */
export class RecordingDirectory implements RecordingStore {
  readonly #limits: DirectoryLimits;
  readonly #wallTime: () => number;
  /** What is being written: not a leftover. */
  readonly #open = new Set<string>();
  #lastStamp = '';
  #sameStamp = 0;

  constructor(limits: DirectoryLimits, wallTime: () => number) {
    this.#limits = limits;
    this.#wallTime = wallTime;
  }

  async write(label: string, pieces: Iterable<Uint8Array>): Promise<string> {
    const { directory } = this.#limits;
    await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    const name = this.#nameOf(label);
    this.#open.add(`${name}${PART}`);
    try {
      await writePieces(join(directory, `${name}${PART}`), pieces);
      await rename(join(directory, `${name}${PART}`), join(directory, name));
    } finally {
      this.#open.delete(`${name}${PART}`);
      this.#prune();
    }
    return join(directory, name);
  }

  writeNow(label: string, pieces: Iterable<Uint8Array>): string {
    const { directory } = this.#limits;
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
    const path = join(directory, this.#nameOf(label));
    const file = openSync(`${path}${PART}`, 'w', FILE_MODE);
    for (const piece of pieces) writeSync(file, piece);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}${PART}`, path);
    this.#prune();
    return path;
  }

  /** Sorts by time. */
  #nameOf(label: string): string {
    const stamp = new Date(this.#wallTime()).toISOString().replace(/[-:.]/g, '');
    this.#sameStamp = stamp === this.#lastStamp ? this.#sameStamp + 1 : 0;
    this.#lastStamp = stamp;
    const number = this.#sameStamp === 0 ? '' : `-${this.#sameStamp}`;
    const word = label.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, LONGEST_LABEL) || '_';
    return `catbird-${stamp}${number}-${word}.mrt`;
  }

  /** Oldest first, until what is left is within both bounds; parts of writes that never ended go too. */
  #prune(): void {
    const { directory, files, bytes } = this.#limits;
    const ours = readdirSync(directory).filter((name) => OURS.test(name) && !this.#open.has(name));
    const parts = ours.filter((name) => name.endsWith(PART));
    const whole = ours.filter((name) => !name.endsWith(PART)).sort();
    let size = whole.reduce((sum, name) => sum + sizeOf(join(directory, name)), 0);
    for (const name of parts) rmSync(join(directory, name), { force: true });
    while (whole.length > 1 && (whole.length > files || size > bytes)) {
      const oldest = join(directory, whole.shift()!);
      size -= sizeOf(oldest);
      rmSync(oldest, { force: true });
    }
  }
}

async function writePieces(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w', FILE_MODE);
  try {
    for (const piece of pieces) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
