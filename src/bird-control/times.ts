/** Times as BIRD prints them, in local time. */

const RECENT_MS = 20 * 3600 * 1000;

/** `18:39:10` of the last 20 hours, `2026-01-31` before. */
export function shortTime(at: number, now: number): string {
  return now - at < RECENT_MS ? clockOf(new Date(at)) : dateOf(new Date(at));
}

/** `2026-01-31 18:39:10` */
export function longTime(at: number): string {
  const date = new Date(at);
  return `${dateOf(date)} ${clockOf(date)}`;
}

function clockOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

function dateOf(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
