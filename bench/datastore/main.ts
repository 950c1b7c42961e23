/**
 * What following a large datastore costs, and how soon a change is in force.
 *
 *   npm run bench:datastore                   5,000 Nodes, Services and EndpointSlices
 *   npm run bench:datastore -- --nodes 1000
 *
 * `blocked` is the longest stretch in which nothing else had its turn; of repeated work the worst one,
 * where time is the median.
 */
import { parseArgs } from 'node:util';
import { measureInForce } from './in-force.ts';
import { measureListing } from './listing.ts';
import { measureRendering } from './rendering.ts';
import type { Cost } from './stopwatch.ts';

async function main(args: string[]): Promise<void> {
  const options = { nodes: { type: 'string', default: '5000' } } as const;
  const count = Number(parseArgs({ args, options }).values.nodes);
  if (!(count >= 100 && count <= 20_000)) throw new Error('--nodes takes 100 to 20000');
  console.log(`${''.padEnd(56)}      wall       CPU   blocked`);
  await measureRendering(count, show);
  await measureListing(count, show);
  await measureInForce(count, (line) => console.log(line));
}

function show(what: string, { wallMs, cpuMs, blockedMs }: Cost): void {
  const figures = [wallMs, cpuMs, blockedMs].map((ms) => `${ms.toFixed(0)} ms`.padStart(10));
  console.log(`${what.padEnd(56)}${figures.join('')}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`npm run bench:datastore: ${(error as Error).message}`);
  process.exitCode = 1;
}
