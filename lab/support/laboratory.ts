/**
 * One lab: a network, the daemons in it, a folder for their files, and the story told to the reader.
 *
 * `dispose` removes all of it and runs in any case: at the end of a scene, on an error, and from the
 * process's exit handler on Ctrl-C.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Daemon } from './daemon.ts';
import type { Narrator } from './narrator.ts';
import { Network } from './network.ts';
import { inside, run } from './shell.ts';
import { eventually } from './wait.ts';

const MARK = 'catbird-lab-';

const open = new Set<Laboratory>();
process.on('exit', () => {
  for (const lab of open) lab.dispose();
});

export class Laboratory {
  readonly network = new Network();
  /** A folder of its own under the system's temporary folder. */
  readonly directory = mkdtempSync(join(tmpdir(), `${MARK}${process.pid}-`));
  readonly #narrator: Narrator;
  readonly #daemons = new Set<Daemon>();

  constructor(narrator: Narrator) {
    removeLeftovers();
    this.#narrator = narrator;
    open.add(this);
  }

  say(text: string): void {
    this.#narrator.say(text);
  }

  /** Path of a file in the lab's folder. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Path of a folder in the lab's folder; made when absent. */
  folder(name: string): string {
    mkdirSync(this.path(name), { recursive: true });
    return this.path(name);
  }

  /** Starts a daemon inside a namespace; its log goes to `<name>.log`. */
  start(name: string, namespace: string, argv: readonly string[]): Daemon {
    const { directory } = this;
    const logFile = this.path(`${name}.log`);
    const daemon = new Daemon({ name, namespace, argv, logFile, directory });
    this.#daemons.add(daemon);
    return daemon;
  }

  /** Runs a command inside a namespace and returns its output. */
  run(namespace: string, argv: readonly string[]): string {
    return run(inside(namespace, argv));
  }

  /** Runs a command inside a namespace and shows both to the reader. */
  show(at: string, namespace: string, argv: readonly string[]): void {
    this.#narrator.command(at, argv, this.run(namespace, argv));
  }

  /**
   * Waits until `verify` stops throwing and tells that the claim holds.
   *
   * @throws Error when it does not hold within `deadlineSec`
   */
  async expect<T>(claim: string, deadlineSec: number, verify: () => T | Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const value = await eventually(claim, deadlineSec, verify);
    this.#narrator.holds(claim, (performance.now() - startedAt) / 1000);
    return value;
  }

  /** The end of every daemon's log, for a failure report. */
  logs(): string {
    const tails = [...this.#daemons].map((daemon) => `--- ${daemon.name}\n${daemon.logTail(12)}`);
    return tails.join('\n');
  }

  dispose(): void {
    if (!open.delete(this)) return;
    for (const daemon of this.#daemons) daemon.kill();
    this.network.dispose();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Removes the folders of labs that were killed. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(MARK) && name.slice(MARK.length).split('-')[0];
    if (!pid || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
