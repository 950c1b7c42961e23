/** Durations as Go prints them: what Kubernetes and Calico store (`90s`, `2m0s`, `1h2m3.5s`). */

const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6, // micro sign
  μs: 1e-6, // Greek mu
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const TERM = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Reads a duration that is not negative.
 *
 * @returns whole seconds, halves rounded up; undefined when the text is no duration or is negative
 */
export function parseDurationSec(text: string): number | undefined {
  if (text === '0') return 0;
  let seconds = 0;
  let at = text.startsWith('+') ? 1 : 0;
  if (at === text.length) return undefined;
  while (at < text.length) {
    TERM.lastIndex = at;
    const term = TERM.exec(text);
    if (!term) return undefined;
    seconds += Number(term[1]) * UNIT_SECONDS[term[2]!]!;
    at = TERM.lastIndex;
  }
  return Math.round(seconds);
}
