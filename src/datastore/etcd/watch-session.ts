/**
 * Follows all ranges over one stream until something ends it: an error, a compaction, silence.
 *
 * A watch can hang without a word, on a stopped server or behind a dead middlebox. Silence is therefore
 * answered by asking the server how far it is, and silence to that by giving the connection up.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';
import { type EtcdConnection, EtcdError, STATUS, type WatchStream } from './connection.ts';
import type { KeyRange } from './key-space.ts';
import type { Header, WatchEvent, WatchResponse } from './messages.ts';

export interface WatchTimers {
  /** In which all watches must have been created. */
  readonly createMs: number;
  /** Of silence, until the server is asked for its progress. */
  readonly probeAfterMs: number;
  /** In which it must say something. */
  readonly probeTimeoutMs: number;
}

export const WATCH_TIMERS: WatchTimers = {
  createMs: 10_000,
  probeAfterMs: 20_000,
  probeTimeoutMs: 10_000,
};

/** Times the clock is looked at in the shortest of the periods above. */
const LOOKS = 4;

/** How much is known of a store. */
export interface Position {
  /** When everything was read. */
  readonly header: Header;
  /** Up to which revision each range is known, in order of the ranges; moves forward with the watch. */
  readonly progress: number[];
}

export interface WatchSessionOptions {
  readonly ranges: readonly KeyRange[];
  readonly position: Position;
  readonly clock: Clock;
  readonly timers: WatchTimers;
  /** All watches stand; nothing was missed. */
  readonly onFollowing: () => void;
  readonly onEvents: (events: readonly WatchEvent[]) => void;
}

/** Why a watch ended. */
export type WatchEnd =
  | { readonly kind: 'lost'; readonly error: EtcdError }
  /** What was asked for is gone, or the store is another: everything must be read again. */
  | { readonly kind: 'reread'; readonly reason: string; readonly hasFollowed: boolean }
  | { readonly kind: 'stopped' };

export class WatchSession {
  readonly #options: WatchSessionOptions;
  readonly #stream: WatchStream;
  /** Watches whose creation the server has not confirmed. */
  readonly #uncreated: Set<number>;
  readonly #startedAt: number;
  #heardAt: number;
  #askedAt: number | undefined;
  #look: Timer | undefined;
  #end: ((end: WatchEnd) => void) | undefined;
  readonly ended: Promise<WatchEnd>;

  constructor(connection: EtcdConnection, token: string | undefined, options: WatchSessionOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#heardAt = this.#startedAt;
    this.#uncreated = new Set(options.ranges.keys());
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#stream = connection.watch(token, {
      onResponse: (response) => this.#take(response),
      onEnd: (error) => this.#finish({ kind: 'lost', error }),
    });
    options.ranges.forEach((range, watchId) => {
      this.#stream.create({
        ...range,
        startRevision: options.position.progress[watchId]! + 1,
        watchId,
      });
    });
    this.#scheduleLook();
  }

  stop(): void {
    this.#finish({ kind: 'stopped' });
  }

  #finish(end: WatchEnd): void {
    this.#end?.(end);
    this.#end = undefined;
    this.#look?.cancel();
    this.#stream?.cancel();
  }

  #take(response: WatchResponse): void {
    this.#heardAt = this.#options.clock.now();
    this.#askedAt = undefined;
    const end = this.#endSaidBy(response);
    if (end) this.#finish(end);
    else if (response.created) this.#created(response.watchId);
    else this.#follow(response);
  }

  #endSaidBy({ header, ...response }: WatchResponse): WatchEnd | undefined {
    const { position } = this.#options;
    if (response.compactRevision > 0) return this.#reread('what was to be followed is compacted');
    // A restored backup counts from an earlier revision; its events would seem old for ever.
    const isBehind = response.created && !isSameStore(position, header);
    if (isBehind) return this.#reread('the store is another one, or went back');
    if (!response.canceled) return undefined;
    const reason = response.cancelReason.replace(/^.*desc = /, '').replace(/^etcdserver: /, '');
    return {
      kind: 'lost',
      error: new EtcdError(STATUS.CANCELLED, reason || 'the watch was ended'),
    };
  }

  #reread(reason: string): WatchEnd {
    return { kind: 'reread', reason, hasFollowed: this.#uncreated.size === 0 };
  }

  #created(watchId: number): void {
    this.#uncreated.delete(watchId);
    if (this.#uncreated.size === 0) this.#options.onFollowing();
  }

  #follow({ header, watchId, events, fragment }: WatchResponse): void {
    const { position, onEvents } = this.#options;
    const { progress } = position;
    if (events.length > 0) onEvents(events);
    const isOurs = progress[watchId] !== undefined;
    if (!isOurs || fragment) return;
    // Without events it is a notification that this watch has seen everything up to here.
    const last = events.at(-1)?.kv.modRevision ?? header.revision;
    progress[watchId] = Math.max(progress[watchId]!, last);
  }

  #scheduleLook(): void {
    const { clock, timers } = this.#options;
    const shortest = Math.min(timers.createMs, timers.probeAfterMs, timers.probeTimeoutMs);
    this.#look = clock.setTimer(shortest / LOOKS, () => this.#lookAround());
  }

  #lookAround(): void {
    const { timers, clock } = this.#options;
    const now = clock.now();
    const isLate = this.#uncreated.size > 0 && now - this.#startedAt >= timers.createMs;
    const isHanging = this.#askedAt !== undefined && now - this.#askedAt >= timers.probeTimeoutMs;
    if (isLate || isHanging) {
      const reason = isLate ? 'the server did not begin to watch' : 'the watch is silent';
      this.#finish({ kind: 'lost', error: new EtcdError(STATUS.DEADLINE_EXCEEDED, reason) });
      return;
    }
    if (this.#askedAt === undefined && now - this.#heardAt >= timers.probeAfterMs) {
      this.#askedAt = now;
      this.#stream.requestProgress();
    }
    this.#scheduleLook();
  }
}

/** True when revisions mean in a store what they meant at a position. */
export function isSameStore(
  position: Position,
  { clusterId, revision, raftTerm }: Header,
): boolean {
  const { header, progress } = position;
  if (clusterId !== header.clusterId || raftTerm < header.raftTerm) return false;
  return revision >= Math.max(...progress);
}
