/**
 * What is known of the keys: each with the revision of its last change, so that events that come again
 * or out of order do no harm, and with its value as it was read, never as text.
 */
import type { Reading } from '../read-object.ts';
import type { Source } from '../snapshot-assembler.ts';
import type { KeyValue, WatchEvent } from './messages.ts';

interface Entry {
  readonly modRevision: number;
  /** undefined: a key that means nothing to us. */
  readonly source: Source | undefined;
}

/** Deleted keys that are remembered; beyond that many the oldest deletions are only a revision. */
const MAX_DELETED = 1024;

export type ReadValue = (key: string, value: Uint8Array) => Reading | undefined;

export class KeyTable {
  readonly #read: ReadValue;
  #entries = new Map<string, Entry>();
  /** Revision of the deletion, by key. */
  readonly #deleted = new Map<string, number>();
  /** What is said of unknown keys up to this revision is older than what we know. */
  #floor = 0;
  #sorted: readonly string[] | undefined;

  constructor(read: ReadValue) {
    this.#read = read;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Begins to take a whole snapshot; what is known stays until it is complete. */
  beginSnapshot(): SnapshotTaker {
    const entries = new Map<string, Entry>();
    return {
      take: (kvs, isSameStore) => {
        for (const kv of kvs) {
          const earlier = isSameStore ? this.#entries.get(kv.key) : undefined;
          const isKnown = earlier?.modRevision === kv.modRevision;
          entries.set(kv.key, isKnown ? earlier : this.#entryOf(kv));
        }
      },
      finish: (revision) => {
        this.#entries = entries;
        this.#deleted.clear();
        this.#floor = revision;
        this.#sorted = undefined;
      },
    };
  }

  /** @returns false when the event says nothing new */
  apply({ kind, kv }: WatchEvent): boolean {
    const known = this.#entries.get(kv.key);
    const latest = known?.modRevision ?? this.#deleted.get(kv.key) ?? this.#floor;
    if (kv.modRevision <= latest) return false;
    if (kind === 'put') this.#put(kv, known === undefined);
    else this.#delete(kv);
    return true;
  }

  /** Everything that means something, in order of the keys. */
  sources(): Source[] {
    this.#sorted ??= [...this.#entries.keys()].sort();
    return this.#sorted.flatMap((key) => this.#entries.get(key)!.source ?? []);
  }

  #put(kv: KeyValue, isNew: boolean): void {
    this.#entries.set(kv.key, this.#entryOf(kv));
    this.#deleted.delete(kv.key);
    if (isNew) this.#sorted = undefined;
  }

  #delete({ key, modRevision }: KeyValue): void {
    if (this.#entries.delete(key)) this.#sorted = undefined;
    this.#deleted.set(key, modRevision);
    if (this.#deleted.size > MAX_DELETED) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const [key, revision] = this.#deleted.entries().next().value!;
    this.#deleted.delete(key);
    this.#floor = Math.max(this.#floor, revision);
  }

  #entryOf({ key, value, modRevision }: KeyValue): Entry {
    const reading = this.#read(key, value);
    return { modRevision, source: reading && { file: key, lineOffset: 0, reading } };
  }
}

export interface SnapshotTaker {
  /** @param isSameStore revisions mean the same as before: unchanged values need not be read again */
  take(kvs: readonly KeyValue[], isSameStore: boolean): void;
  /** Puts the snapshot in force, as of a revision. */
  finish(revision: number): void;
}
