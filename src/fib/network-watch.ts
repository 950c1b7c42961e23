/**
 * What a daemon that writes no routes needs of the kernel: interfaces and addresses, kept current by watching.
 *
 * Routes are neither read nor listened to. Changes count at once, those of a storm together; a read that
 * fails is tried again, and without any change there is one now and then.
 */
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Kernel } from './kernel.ts';
import { LinkReads } from './link-reads.ts';
import { NetworkTable } from './network-table.ts';
import { Rescan } from './rescan.ts';

export interface NetworkWatchOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Interfaces or their addresses are others than before. */
  readonly changed: () => void;
}

/** See the head of the file. */
export class NetworkWatch {
  readonly table: NetworkTable;
  readonly #options: NetworkWatchOptions;
  readonly #reads: LinkReads;
  readonly #rescan: Rescan;
  readonly #unwatch: () => void;
  #isClosed = false;

  /** The first read is for the caller to ask for. */
  constructor(options: NetworkWatchOptions) {
    const { kernel, clock } = options;
    this.#options = options;
    this.table = new NetworkTable(kernel);
    this.#reads = new LinkReads(clock, () => this.read());
    this.#rescan = new Rescan(clock, () => this.#reads.request());
    this.#unwatch = kernel.watch(({ kind }) => {
      if (kind !== 'route') this.#reads.request();
    });
  }

  /** As {@link NetworkTable.ignore}. */
  ignore(globs: readonly string[]): void {
    if (this.table.ignore(globs)) this.#reads.request();
  }

  /** Never rejects. */
  async read(): Promise<void> {
    const { clock, log, changed } = this.#options;
    const startedAt = clock.now();
    try {
      const isNews = await this.table.read();
      if (this.#isClosed) return;
      this.#rescan.done(clock.now() - startedAt);
      if (isNews) changed();
    } catch (error) {
      if (this.#isClosed) return;
      log.warn({ error }, 'cannot read interfaces');
      this.#rescan.failed();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch();
    this.#reads.stop();
    this.#rescan.stop();
    await this.#options.kernel.close();
  }
}
