/** Where a result was measured, and what: no figure is worth much without. */
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Program } from './programs/program.ts';

export interface Machine {
  readonly facts: Readonly<Record<string, unknown>>;
  /** The facts for the reader. */
  readonly text: string;
}

/** Describes the machine as it is now, and the programs. */
export function machine(programs: readonly Program[]): Machine {
  const facts = {
    processor: processor(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    governor: governor(),
    /** Load average over one minute before the start. */
    loadBefore: loadavg()[0]!,
    date: new Date().toISOString(),
    versions: Object.fromEntries(programs.map((program) => [program.name, program.version()])),
  };
  const { cores, memoryGiB, kernel, loadBefore } = facts;
  const versions = Object.entries(facts.versions).map(([name, text]) => `  ${name}: ${text}`);
  const text = [
    `${facts.processor}, ${cores} cores, ${memoryGiB} GiB, Linux ${kernel}, governor ${facts.governor}`,
    `load before the start ${loadBefore.toFixed(2)}; the generator shares these cores`,
    ...versions,
  ].join('\n');
  return { facts, text };
}

function processor(): string {
  return cpus()[0]?.model.trim() || 'unknown processor';
}

function governor(): string {
  try {
    return readFileSync('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'utf8').trim();
  } catch {
    return 'unknown'; // as in most virtual machines
  }
}
