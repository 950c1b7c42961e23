/** The words that start a Node.js program with the event loop's delay measured. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROBE = fileURLToPath(new URL('./loop-delay.mjs', import.meta.url));

/** Where a program with a folder of its own leaves its delays. */
export function loopDelayFile(folder: string): string {
  return join(folder, 'loop-delay.json');
}

/** `node` and what goes in front of the program's file. */
export function probedNode(folder: string): string[] {
  return [
    'env',
    `BENCH_LOOP_DELAY_FILE=${loopDelayFile(folder)}`,
    process.execPath,
    '--import',
    PROBE,
  ];
}
