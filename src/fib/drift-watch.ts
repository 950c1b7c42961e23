/**
 * What others do to our routes, as it is heard or read: the ledger learns of it, it is counted, and held
 * against whoever does it again and again.
 */
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/text.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { KernelChange, KernelRoute, RouteTarget } from './kernel.ts';
import type { Rival, RouteContest } from './route-contests.ts';
import { effectiveMetric } from './route-target.ts';
import type { FibSide } from './route-writer.ts';

/** Plain numbers, read at scrape time. */
export interface DriftCounters {
  /** Times a route of ours was found changed, gone, or added by others. */
  drifted: number;
}

export interface DriftWatchOptions {
  readonly settings: { readonly table: number; readonly protocol: number };
  readonly sides: Readonly<Record<Family, FibSide>>;
  readonly counters: DriftCounters;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

type RouteChange = Extract<KernelChange, { kind: 'route' }>;

/** See the head of the file. */
export class DriftWatch {
  readonly #options: DriftWatchOptions;
  /** An interface was lost: that the next read misses routes is nobody's doing. */
  #isLossExpected = false;

  constructor(options: DriftWatchOptions) {
    this.#options = options;
  }

  /** Until the next complete read, missing routes are held against nobody. */
  expectLoss(): void {
    this.#isLossExpected = true;
  }

  endExpectation(): void {
    this.#isLossExpected = false;
  }

  /** Others added, changed or removed a route. */
  heard({ action, route, by }: RouteChange): void {
    const { settings } = this.#options;
    const { table, protocol, target } = route;
    if (table !== settings.table) return;
    const rival = { protocol, metric: target.metric, port: by };
    if (protocol !== settings.protocol) this.#foreign(action, route, { ...rival, did: 'replaced' });
    else if (action === 'added') this.#changed(route, { ...rival, did: 'changed' });
    else this.#lost(route, { ...rival, did: 'deleted' });
  }

  /** A read found a route of ours that should not be so, or missed one. */
  wasRead(
    { tracker }: FibSide,
    row: number,
    found: RouteTarget | undefined,
    lost: RouteTarget | undefined,
  ): void {
    const { protocol } = this.#options.settings;
    const did = found ? 'changed' : 'deleted';
    const metric = (found ?? lost)?.metric ?? 0;
    const port = this.#isLossExpected ? 0 : undefined;
    this.#drifted(tracker.prefixOf(row), { did, protocol, metric, port });
  }

  /** A route begins to be left alone for a while. */
  report(prefix: string, { rival, losses, since, holdUntil }: RouteContest, others: number): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    const forSec = Math.round((now - since) / 1000);
    const retryInSec = Math.round((holdUntil - now) / 1000);
    const evidence = { prefix, ...rival, losses, forSec, retryInSec, others };
    log.warn(evidence, 'another program keeps changing our kernel routes');
  }

  #changed({ prefix, target }: KernelRoute, rival: Rival): void {
    const row = this.#options.sides[prefix.family].tracker.observe(prefix, target);
    if (row >= 0) this.#drifted(prefix, rival);
  }

  /** One of ours was deleted or replaced: it is brought back at once (FIB-14). */
  #lost({ prefix, target }: KernelRoute, rival: Rival): void {
    const { tracker } = this.#options.sides[prefix.family];
    const row = tracker.find(prefix);
    if (row < 0) return;
    const isOurs = tracker.owned(row).some((own) => isSameMetric(prefix.family, own, target));
    if (!isOurs) return;
    tracker.clearOwned(row, target.metric);
    tracker.mark(row);
    this.#drifted(prefix, rival);
  }

  /** A foreign route made room for ours, or took its place without a word (an atomic replace). */
  #foreign(action: 'added' | 'removed', route: KernelRoute, rival: Rival): void {
    if (action === 'added') {
      this.#lost(route, rival);
      return;
    }
    const { prefix, target } = route;
    const { tracker } = this.#options.sides[prefix.family];
    const row = tracker.find(prefix);
    const wanted = row < 0 ? undefined : tracker.desired(row);
    if (wanted && isSameMetric(prefix.family, wanted, target)) tracker.mark(row);
  }

  /** What the kernel does by itself, as when an interface goes, is no dispute. */
  #drifted(prefix: Prefix, rival: Rival): void {
    this.#options.counters.drifted++;
    const { contests } = this.#options.sides[prefix.family];
    if (rival.port !== 0) contests.lost(formatPrefix(prefix), rival);
  }
}

function isSameMetric(family: Family, a: RouteTarget, b: RouteTarget): boolean {
  return effectiveMetric(family, a.metric) === effectiveMetric(family, b.metric);
}
