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
    peakMemoryMiB += statusOf(each, 'VmHWM') / 1024;
  }
  return { cpuSec, peakMemoryMiB };
}

/** What a process and its descendants hold now. */
export function residentMiB(pid: number): number {
  return familyOf(pid).reduce((sum, each) => sum + statusOf(each, 'VmRSS') / 1024, 0);
}

/** Precise run time and voluntary switches, for a speaker that hardly does anything. */
export interface Activity {
  readonly runSec: number;
  /** How often a thread went to sleep, hence was woken. */
  readonly wakeUps: number;
}

/** Adds up all threads of a process and its descendants. */
export function activityOf(pid: number): Activity {
  let runSec = 0;
  let wakeUps = 0;
  for (const each of familyOf(pid)) {
    for (const thread of readdirSync(`/proc/${each}/task`)) {
      const path = `/proc/${each}/task/${thread}`;
      runSec += Number(readFileSync(`${path}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
      wakeUps += statusOf(`${each}/task/${thread}`, 'voluntary_ctxt_switches');
    }
  }
  return { runSec, wakeUps };
}

/** A process and all its descendants. */
export function familyOf(pid: number): number[] {
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

/** A number of /proc/PID/status; 0 when the process is gone. */
function statusOf(process: number | string, field: string): number {
  try {
    const status = readFileSync(`/proc/${process}/status`, 'utf8');
    return Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  } catch {
    return 0; // it has ended meanwhile
  }
}
