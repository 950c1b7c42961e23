/** Waiting for the world to reach a state, with a deadline; the lab's only way to wait. */
import { statSync } from 'node:fs';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

const INTERVAL_MS = 100;

/**
 * Repeats `attempt` until it stops throwing.
 *
 * @param what the state waited for, as the error tells it
 * @returns what the successful attempt returned
 * @throws Error naming `what` and the last reason, once `deadlineSec` have passed
 */
export async function eventually<T>(
  what: string,
  deadlineSec: number,
  attempt: () => T | Promise<T>,
): Promise<T> {
  const deadline = performance.now() + deadlineSec * 1000;
  for (;;) {
    try {
      return await attempt();
    } catch (cause) {
      if (performance.now() > deadline) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new Error(`not within ${deadlineSec} s: ${what}: ${reason}`, { cause });
      }
    }
    await delay(INTERVAL_MS);
    await turn(); // blocking attempts of several waits must not keep children's ends from being seen
  }
}

/** Waits until a file is there and has stopped growing. */
export async function written(file: string): Promise<void> {
  let before = -1;
  await eventually(`${file} is written`, 60, async () => {
    const { size } = statSync(file);
    if (size > 0 && size === before) return;
    before = size;
    await delay(INTERVAL_MS * 10);
    throw new Error(`it has ${size} octets`);
  });
}
