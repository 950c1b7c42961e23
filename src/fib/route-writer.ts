/**
 * Carries differences to the kernel: first what is added or replaced, then what is deleted, so that a
 * metric change never leaves a gap.
 */
import { formatPrefix } from '../net/text.ts';
import type { Log } from '../telemetry/log.ts';
import type { DeltaTracker } from './delta-tracker.ts';
import type { Kernel, RouteError, RouteOperation } from './kernel.ts';
import type { RouteContests } from './route-contests.ts';
import type { RouteProblems } from './route-problems.ts';

/** Rows per kernel call: some ten milliseconds of kernel time. */
const BATCH_ROWS = 4096;

/** Errors of the moment: the old route keeps forwarding until the new one gets in. */
const TRANSIENT: ReadonlySet<string> = new Set(['ENOBUFS', 'ENOMEM', 'EAGAIN', 'EINTR', 'EBUSY']);

/** A delete that finds nothing has done its work. */
const GONE: ReadonlySet<string> = new Set(['ESRCH', 'ENOENT', 'ENODEV']);

/** One family's ledger, problems and disputes. */
export interface FibSide {
  readonly tracker: DeltaTracker;
  readonly problems: RouteProblems;
  readonly contests: RouteContests;
}

/** Plain numbers, read at scrape time. */
export interface WriteCounters {
  /** Routes added or replaced. */
  written: number;
  deleted: number;
  /** Operations the kernel refused. */
  refused: number;
  /** The same by symbolic name, `EEXIST`. */
  readonly refusals: Map<string, number>;
}

export interface RouteWriterOptions {
  readonly kernel: Kernel;
  readonly settings: { readonly table: number; readonly protocol: number };
  readonly counters: WriteCounters;
  readonly log: Pick<Log, 'warn'>;
  /** Told when a route finds its place taken for the first time. */
  readonly onForeign: () => void;
  /** Told of every operation, and why the kernel refused it. */
  readonly onTried: (operation: RouteOperation, error: RouteError | undefined) => void;
}

type Work = readonly (readonly [row: number, operation: RouteOperation])[];

/** Writes one batch at a time. */
export class RouteWriter {
  readonly #options: RouteWriterOptions;

  constructor(options: RouteWriterOptions) {
    this.#options = options;
  }

  /**
   * Takes a batch of rows off the ledger's list and settles them.
   *
   * @throws what the kernel throws when it refuses as a whole; the rows are back on the list
   */
  async write(side: FibSide): Promise<void> {
    const rows = takeFree(side);
    if (rows.length === 0) return;
    try {
      await this.#writeDeletes(side, rows, await this.#writeUpserts(side, rows));
    } catch (error) {
      for (const row of rows) side.tracker.mark(row);
      throw error;
    }
    for (const row of rows) side.tracker.discardIfEmpty(row);
  }

  /** @returns errno by row */
  async #writeUpserts(side: FibSide, rows: readonly number[]): Promise<Map<number, string>> {
    const { tracker, problems } = side;
    const work: [number, RouteOperation][] = [];
    for (const row of rows) {
      const operation = tracker.upsertOf(row);
      if (operation) work.push([row, operation]);
      else problems.clear(row);
    }
    const errors = await this.#apply(work);
    const refusals = new Map<number, string>();
    work.forEach(([row, { target }], index) => {
      const error = errors.get(index);
      if (error) {
        this.#refused(side, row, error);
        refusals.set(row, error.errno);
      } else {
        this.#options.counters.written++;
        problems.clear(row);
        tracker.setOwned(row, target);
      }
    });
    return refusals;
  }

  #refused({ problems }: FibSide, row: number, error: RouteError): void {
    const isKnown = problems.get(row)?.isForeign === true;
    const { isForeign } = problems.add(row, error);
    // The rival may be our own route, removed and put back by others in the meantime: have a look.
    if (isForeign && !isKnown) this.#options.onForeign();
  }

  /** An old route outlives the refusal of its successor only when that says nothing about the successor. */
  async #writeDeletes(
    { tracker, problems }: FibSide,
    rows: readonly number[],
    refusals: ReadonlyMap<number, string>,
  ): Promise<void> {
    const work: [number, RouteOperation][] = [];
    for (const row of rows) {
      const errno = refusals.get(row);
      if (errno !== undefined && TRANSIENT.has(errno)) continue;
      for (const gone of tracker.deletesOf(row, errno !== undefined)) work.push([row, gone]);
    }
    const errors = await this.#apply(work);
    work.forEach(([row, { target }], index) => {
      const error = errors.get(index);
      if (error && !GONE.has(error.errno)) {
        problems.add(row, error);
        return;
      }
      this.#options.counters.deleted++;
      tracker.clearOwned(row, target.metric);
    });
  }

  /** @returns errors by index */
  async #apply(work: Work): Promise<ReadonlyMap<number, RouteError>> {
    if (work.length === 0) return new Map();
    const { kernel, settings, counters, log, onTried } = this.#options;
    const operations = work.map(([, operation]) => operation);
    const { table, protocol } = settings;
    const errors = await kernel.apply({ table, protocol, operations });
    counters.refused += errors.length;
    for (const { errno } of errors) {
      counters.refusals.set(errno, (counters.refusals.get(errno) ?? 0) + 1);
    }
    const [first] = errors;
    if (first) {
      const prefix = formatPrefix(operations[first.index]!.prefix);
      const { reason } = first;
      log.warn({ count: errors.length, prefix, reason }, 'kernel refused routes');
    }
    const byIndex = new Map(errors.map((error) => [error.index, error]));
    operations.forEach((operation, index) => {
      onTried(operation, byIndex.get(index));
    });
    return byIndex;
  }
}

/** Without the routes others keep changing: their time comes when their hold is over. */
function takeFree({ tracker, contests }: FibSide): number[] {
  const rows = tracker.takeDirty(BATCH_ROWS);
  if (!contests.isHolding) return rows;
  return rows.filter((row) => !contests.isHeld(formatPrefix(tracker.prefixOf(row))));
}
