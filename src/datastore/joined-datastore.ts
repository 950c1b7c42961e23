/**
 * One datastore of several sources: waits until each has told what it holds (calico-datastore.md §5),
 * then makes one snapshot of them after each burst of changes. A snapshot that refers to what is yet to be
 * read, a Secret for instance, waits for it.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Datastore } from './datastore.ts';
import type { ObjectSource, SourceContents } from './object-source.ts';
import type { Snapshot } from './snapshot.ts';
import { SnapshotAssembler } from './snapshot-assembler.ts';

/** Quiet that must follow a change before a snapshot is made of it. */
const SETTLE_MS = 20;
/** Changes that never pause are put into a snapshot this long after the first. */
const MAX_SETTLE_MS = 200;

export class JoinedDatastore implements Datastore {
  readonly #sources: readonly ObjectSource[];
  readonly #clock: Clock;
  readonly #assembler = new SnapshotAssembler();
  readonly #contents = new Map<ObjectSource, SourceContents>();
  #deliver: (snapshot: Snapshot) => void = () => {};
  #state: 'new' | 'running' | 'stopped' = 'new';
  #settling: { readonly since: number; timer: Timer } | undefined;
  /** Assembled, but refers to what a source has yet to read. */
  #held: Snapshot | undefined;
  #onFirst: () => void = () => {};

  /** @param sources in order of precedence: of two objects with one name that of the first counts */
  constructor(sources: readonly ObjectSource[], clock: Clock) {
    this.#sources = sources;
    this.#clock = clock;
  }

  /** Delivers the first snapshot before it resolves; stopping meanwhile resolves it without one. */
  async start(onSnapshot: (snapshot: Snapshot) => void): Promise<void> {
    this.#deliver = onSnapshot;
    await Promise.all(
      this.#sources.map((source) => source.start((contents) => this.#take(source, contents))),
    );
    if (this.#state === 'stopped') return;
    this.#state = 'running';
    const first = new Promise<void>((resolve) => {
      this.#onFirst = resolve;
    });
    this.#assemble();
    await first;
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#settling?.timer.cancel();
    this.#onFirst();
    await Promise.all(this.#sources.map((source) => source.stop()));
  }

  contactAgeMs(): number {
    return Math.max(0, ...this.#sources.map((source) => source.contactAgeMs?.() ?? 0));
  }

  #take(source: ObjectSource, contents: SourceContents): void {
    this.#contents.set(source, contents);
    if (this.#state === 'running') this.#settle();
  }

  #settle(): void {
    const now = this.#clock.now();
    const since = this.#settling?.since ?? now;
    this.#settling?.timer.cancel();
    const delayMs = Math.max(0, Math.min(SETTLE_MS, since + MAX_SETTLE_MS - now));
    this.#settling = { since, timer: this.#clock.setTimer(delayMs, () => this.#assemble()) };
  }

  #assemble(): void {
    this.#settling?.timer.cancel();
    this.#settling = undefined;
    const contents = this.#sources.flatMap((source) => this.#contents.get(source) ?? []);
    const next = this.#assembler.assemble(
      contents.flatMap(({ sources }) => sources),
      contents.flatMap(({ faults }) => faults),
    );
    const snapshot = next ?? this.#held;
    if (snapshot) this.#offer(snapshot);
  }

  /** Delivers what is whole; the rest waits for the contents that make it so. */
  #offer(snapshot: Snapshot): void {
    const answers = this.#sources.map((source) => source.onSnapshot?.(snapshot) ?? true);
    const isWhole = answers.every((isReady) => isReady);
    this.#held = isWhole ? undefined : snapshot;
    if (!isWhole) return;
    this.#deliver(snapshot);
    this.#onFirst();
  }
}

/**
 * The first snapshot of some sources, which are stopped again.
 *
 * @returns undefined when they had told nothing `patienceMs` after the start
 */
export async function readOnce(
  sources: readonly ObjectSource[],
  clock: Clock,
  patienceMs: number,
): Promise<Snapshot | undefined> {
  const datastore = new JoinedDatastore(sources, clock);
  let first: Snapshot | undefined;
  const timer = clock.setTimer(patienceMs, () => void datastore.stop());
  try {
    await datastore.start((snapshot) => {
      first ??= snapshot;
    });
  } finally {
    timer.cancel();
    await datastore.stop();
  }
  return first;
}
