/** A daemon running inside a namespace: its log, its end, and what it costs by /proc. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { inside } from './shell.ts';
import { eventually } from './wait.ts';

/** Clock ticks per second in /proc/PID/stat; 100 on every Linux that Node.js runs on. */
const TICKS_PER_SEC = 100;

export interface DaemonOptions {
  readonly name: string;
  readonly namespace: string;
  readonly argv: readonly string[];
  /** Receives standard output and standard error, appended. */
  readonly logFile: string;
  /** Where it works, and leaves a core file. */
  readonly directory: string;
}

export class Daemon {
  readonly name: string;
  readonly namespace: string;
  readonly logFile: string;
  readonly #child: ChildProcess;

  constructor({ name, namespace, argv, logFile, directory }: DaemonOptions) {
    this.name = name;
    this.namespace = namespace;
    this.logFile = logFile;
    const log = openSync(logFile, 'a');
    const [command, ...args] = inside(namespace, argv); // `ip` becomes the command: the pid is its
    this.#child = spawn(command!, args, { cwd: directory, stdio: ['ignore', log, log] });
    closeSync(log);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#child.kill(signal);
    await eventually(`${this.name} ends on ${signal}`, 20, () => {
      if (this.isRunning) throw new Error('it still runs');
    });
  }

  /** Ends it at once, without waiting. */
  kill(): void {
    if (this.isRunning) this.#child.kill('SIGKILL');
  }

  /** CPU time used so far, user and system. */
  cpuSec(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
  }

  /** The most memory it ever held. */
  peakMemoryMiB(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Lines of its log that match. */
  logLines(pattern: RegExp): string[] {
    return readFileSync(this.logFile, 'utf8')
      .split('\n')
      .filter((line) => pattern.test(line));
  }

  /** The end of its log, for a failure report. */
  logTail(lines: number): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }
}
