/** Work in steps, between which others may have their turn; see {@link finish} for whoever cannot wait. */

/** Entries of a long list that are one step together, where each takes microseconds. */
export const STRIDE = 256;

/** Takes all steps at once. */
export function finish<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
