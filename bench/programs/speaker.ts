/** A speaker under test as a process inside a namespace. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { attempt, inside } from '../../lab/support/shell.ts';
import { eventually } from '../../lab/support/wait.ts';
import { familyOf } from '../load/process-cost.ts';

const STOP_SEC = 20;

export class Speaker {
  readonly pid: number;
  readonly #child: ChildProcess;

  /** @param logFile receives standard output and standard error */
  constructor(namespace: string, argv: readonly string[], logFile: string) {
    const log = openSync(logFile, 'a');
    const [command, ...args] = inside(namespace, argv); // `ip` becomes the command: the pid is its
    this.#child = spawn(command!, args, { stdio: ['ignore', log, log] });
    this.pid = this.#child.pid!;
    closeSync(log);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Lets it end in its own way, and makes it and its children end when that takes too long. */
  async stop(): Promise<void> {
    const family = familyOf(this.pid);
    this.#child.kill('SIGTERM');
    await eventually('the speaker ends', STOP_SEC, () => {
      if (this.isRunning) throw new Error('it still runs');
    }).catch(() => this.#child.kill('SIGKILL'));
    for (const pid of family) if (pid !== this.pid) attempt(['kill', '-KILL', `${pid}`]);
  }
}
