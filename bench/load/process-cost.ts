/** What a process and its children have cost so far, by /proc. */
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in /proc/PID/stat; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SEC = 100;

export interface ProcessCost {
  /** User and system time, of ended children too. */
  readonly cpuSec: number;
  /** Sum of the most each process ever held. */
  readonly peakMemoryMiB: number;
}

/** Adds up a process and all its descendants. */
export function costOf(pid: number): ProcessCost {
  let cpuSec = 0;
  let peakMemoryMiB = 0;
  for (const each of familyOf(pid)) {
    const fields = statOf(each);
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field] ?? 0), 0);
    cpuSec += ticks / TICKS_PER_SEC;
    peakMemoryMiB += peakOf(each);
  }
  return { cpuSec, peakMemoryMiB };
}

function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(Number(name))[1] ?? 0));
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

/** Fields of /proc/PID/stat from the state on; empty when the process is gone. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0; // it has ended meanwhile
  }
}
