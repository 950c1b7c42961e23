/** What a stretch of work costs: wall time, CPU time, and how long others had to wait for their turn. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface Cost {
  readonly wallMs: number;
  /** All threads of this process. */
  readonly cpuMs: number;
  /** Longest stretch in which no timer could fire. */
  readonly blockedMs: number;
}

const RESOLUTION_MS = 1;
/** Lets the probe see the end of the last stretch. */
const AFTERWARDS_MS = 20;

export async function measured<T>(work: () => Promise<T>): Promise<{ value: T; cost: Cost }> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  delays.enable();
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const value = await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  delays.disable();
  const blockedMs = Math.max(0, delays.max / 1e6 - RESOLUTION_MS);
  return { value, cost: { wallMs, cpuMs: (user + system) / 1000, blockedMs } };
}

/** Medians, and the worst stretch. */
export function medianCost(costs: readonly Cost[]): Cost {
  return {
    wallMs: median(costs.map(({ wallMs }) => wallMs)),
    cpuMs: median(costs.map(({ cpuMs }) => cpuMs)),
    blockedMs: Math.max(...costs.map(({ blockedMs }) => blockedMs)),
  };
}

export function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[figures.length >> 1] ?? Number.NaN;
}
