/**
 * What a late timer says: this process was held up (stopped, swapped out, busy), and what peers sent in the
 * meantime still lies unread. With many peers one round of reading does not bring it all in, so that nobody
 * may be judged by silence until there was time to catch up.
 */

const LONGEST_MS = 1000;

/** Milliseconds to go on reading before silence counts, for a timer that fired `lateMs` late. */
export function catchUpMs(lateMs: number): number {
  return Math.min(LONGEST_MS, Math.max(0, lateMs));
}
