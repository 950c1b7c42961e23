/** Runs long work in slices, so that sessions and timers have their turn in between. */
import type { Clock } from '../runtime/clock.ts';

/** Longest slice; a step that takes longer by itself is not cut. */
const SLICE_MS = 10;

/** Takes step after step, and lets others run whenever a slice is over. */
export async function inSlices<T>(steps: Generator<void, T>, clock: Clock): Promise<T> {
  let since = clock.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (clock.now() - since < SLICE_MS) continue;
    await new Promise<void>((resume) => clock.defer(resume));
    since = clock.now();
  }
}
