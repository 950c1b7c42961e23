/**
 * What happens, told to those who watch (`catbird monitor`). Each watcher has a queue of its own with a bound:
 * one that reads too slowly loses events and is told how many, and never costs the daemon more memory.
 * Without watchers nothing is made.
 */
import type { FeedTopic, Watcher } from '../api/views.ts';

const QUEUE = 4096;
const MAX_WATCHERS = 32;

/** See the head of the file. */
export class Feed {
  readonly #watchers = new Set<QueuedWatcher>();

  /** @returns undefined when there are too many already */
  watch(topic: FeedTopic): Watcher | undefined {
    if (this.#watchers.size >= MAX_WATCHERS) return undefined;
    const watcher = new QueuedWatcher(topic, () => this.#watchers.delete(watcher));
    this.#watchers.add(watcher);
    return watcher;
  }

  isWatched(topic: FeedTopic): boolean {
    for (const watcher of this.#watchers) if (watcher.topic === topic) return true;
    return false;
  }

  /** @param make called for each watcher that has room */
  publish(topic: FeedTopic, make: () => object): void {
    for (const watcher of this.#watchers) if (watcher.topic === topic) watcher.push(make);
  }
}

class QueuedWatcher implements Watcher {
  readonly topic: FeedTopic;
  readonly #closed: () => void;
  #queue: object[] = [];
  #lost = 0;
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(topic: FeedTopic, closed: () => void) {
    this.topic = topic;
    this.#closed = closed;
  }

  push(make: () => object): void {
    if (this.#queue.length >= QUEUE) this.#lost++;
    else this.#queue.push(make());
    this.#wake();
  }

  async next(): Promise<readonly object[]> {
    if (this.#queue.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const events = this.#queue;
    if (this.#lost > 0) events.push({ event: 'lost', count: this.#lost });
    this.#queue = [];
    this.#lost = 0;
    return events;
  }

  close(): void {
    this.#isClosed = true;
    this.#closed();
    this.#wake();
  }
}
