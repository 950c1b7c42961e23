/**
 * What became of one session lately: when it came up, was lost, or could not be made. Bounded; attempts that
 * fail over and over for one reason are one entry with a count.
 */
import type { SessionState } from '../bgp/session/fsm.ts';

export interface SessionEvent {
  readonly event: 'up' | 'down' | 'failed';
  readonly text: string;
  /** Monotonic ms of the first and the last time. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

const MOST = 32;

/** See the head of the file. */
export class SessionHistory {
  #events: SessionEvent[] = [];

  /** A session went from one state to another. */
  note(from: SessionState, to: SessionState, text: string, now: number): void {
    const event = eventOf(from, to);
    if (!event) return;
    const last = this.#events.at(-1);
    const isSame = event === 'failed' && last?.event === event && last.text === text;
    if (isSame) this.#events.pop();
    if (this.#events.length === MOST) this.#events.shift();
    const { firstAt, count } = isSame ? last : { firstAt: now, count: 0 };
    this.#events.push({ event, text, firstAt, lastAt: now, count: count + 1 });
  }

  /** Latest first. */
  list(): SessionEvent[] {
    return this.#events.toReversed();
  }
}

/** Steps on the way up say nothing. */
function eventOf(from: SessionState, to: SessionState): SessionEvent['event'] | undefined {
  if (to === 'Established') return 'up';
  if (from === 'Established') return 'down';
  const wasTrying = from === 'Connect' || from === 'OpenSent' || from === 'OpenConfirm';
  return wasTrying && (to === 'Active' || to === 'Idle') ? 'failed' : undefined;
}
