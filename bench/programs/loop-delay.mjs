/**
 * Loaded into a Node.js program ahead of it, without its knowledge: measures the delay of its event loop.
 *
 *   SIGUSR2   begin anew
 *   SIGPWR    write what was since then to BENCH_LOOP_DELAY_FILE, and stop measuring
 *
 * The delay is how much later than asked for a timer of 10 ms fires, so that is when a KEEPALIVE could
 * be late. Stopped, it costs no wake-up.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;

const file = process.env.BENCH_LOOP_DELAY_FILE;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
histogram.enable();

process.on('SIGUSR2', () => {
  histogram.reset();
  histogram.enable();
});

process.on('SIGPWR', () => {
  histogram.disable();
  const p999Ms = lateness(histogram.percentile(99.9));
  const maxMs = lateness(histogram.max);
  writeFileSync(`${file}.new`, JSON.stringify({ p999Ms, maxMs }));
  renameSync(`${file}.new`, file);
});

function lateness(nanoseconds) {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
