/** Catbird as the speaker the matrix's peers talk to: a static configuration, asked with its own CLI. */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Daemon } from '../daemon.ts';
import type { Laboratory } from '../laboratory.ts';
import type { PeerRoute } from './peer.ts';

const CATBIRD = fileURLToPath(new URL('../../../bin/catbird', import.meta.url));

/** What `catbird show neighbor -o json` tells, as far as the matrix looks. */
export interface SpeakerNeighbor {
  readonly state: string;
  readonly lastError: string | null;
  /** State of BFD, where it is in use. */
  readonly bfd?: string;
  readonly maximumMessageSize: number;
  readonly peer: { readonly role?: string | null };
  readonly messages: Readonly<
    Record<'received' | 'sent', { readonly update: number; readonly routeRefresh: number }>
  >;
}

/** A line of `catbird show adj-in -o json`. */
export interface SpeakerRoute extends PeerRoute {
  readonly med: number | null;
  readonly valid: boolean;
  readonly stale: boolean;
  readonly pathId: number;
}

export class CatbirdSpeaker {
  readonly #lab: Laboratory;
  readonly #namespace: string;
  readonly #name: string;
  readonly #file: string;
  readonly #socket: string;
  #daemon: Daemon;

  /** @param name of its files and its log */
  constructor(lab: Laboratory, namespace: string, config: object, name = 'catbird') {
    this.#lab = lab;
    this.#namespace = namespace;
    this.#name = name;
    this.#file = lab.path(`${name}.yaml`);
    this.#socket = lab.path(`${name}.sock`);
    this.#write(config);
    this.#daemon = this.#start();
  }

  neighbor(name: string): SpeakerNeighbor {
    return JSON.parse(this.#show('neighbor', name)) as SpeakerNeighbor;
  }

  received(name: string): readonly SpeakerRoute[] {
    const lines = this.#show('adj-in', name).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as SpeakerRoute);
  }

  /** Judges what came anew, and asks for it again. */
  softClearIn(name: string): void {
    this.#run('clear', 'neighbor', name, '--soft', 'in');
  }

  shutDown(name: string, text: string): void {
    this.#run('shutdown', 'neighbor', name, '--message', text);
  }

  /** Makes it read a changed configuration. */
  reconfigure(config: object): void {
    this.#write(config);
    this.#daemon.signal('SIGHUP');
  }

  async kill(): Promise<void> {
    await this.#daemon.stop('SIGKILL');
  }

  restart(): void {
    this.#daemon = this.#start();
  }

  #write(config: object): void {
    writeFileSync(this.#file, `${JSON.stringify(config, null, 2)}\n`); // JSON is YAML
  }

  #start(): Daemon {
    const argv = [process.execPath, CATBIRD, 'run', '--config', this.#file, '--api', this.#socket];
    return this.#lab.start(this.#name, this.#namespace, argv);
  }

  #show(view: string, name: string): string {
    return this.#run('show', view, name, '-o', 'json');
  }

  #run(...words: string[]): string {
    const argv = [process.execPath, CATBIRD, ...words, '--api', this.#socket];
    return this.#lab.run(this.#namespace, argv);
  }
}

/** True once `npm run build` has made what `bin/catbird` runs. */
export function isCatbirdBuilt(): boolean {
  return existsSync(fileURLToPath(new URL('../../../dist', import.meta.url)));
}
