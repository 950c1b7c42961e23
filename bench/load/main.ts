/**
 * The generator as a process, because its sessions start inside a network namespace: main.ts ORDER
 *
 * ORDER is the JSON text of a `LoadOrder`; prints a `LoadReport` as one JSON line and ends.
 */
import { scenarioNamed } from '../scenario/catalog.ts';
import type { Sizes } from '../scenario/scenario.ts';
import { Load, type LoadOptions, type Phase } from './load.ts';
import { costOf } from './process-cost.ts';

export interface LoadOrder extends LoadOptions {
  readonly scenario: string;
  readonly sizes: Sizes;
}

export interface LoadReport {
  readonly phases: readonly Phase[];
  readonly peakMemoryMiB: number;
  /** CPU time of the generator itself, while the speaker was under load. */
  readonly generatorCpuSec: number;
}

async function play(order: LoadOrder): Promise<LoadReport> {
  const scenario = scenarioNamed(order.scenario);
  const load = new Load(order, scenario.routes(order.sizes, order.role), scenario.copies);
  const before = process.cpuUsage();
  try {
    await scenario.play(load, order.sizes);
    const { user, system } = process.cpuUsage(before);
    return {
      phases: load.phases,
      peakMemoryMiB: costOf(load.pid).peakMemoryMiB,
      generatorCpuSec: (user + system) / 1e6,
    };
  } finally {
    await load.stop();
  }
}

try {
  console.log(JSON.stringify(await play(JSON.parse(process.argv[2]!))));
  process.exit(0); // sessions are open
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
