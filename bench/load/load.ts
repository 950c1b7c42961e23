/** The load on one speaker: all sessions, what they offer, and the phases that are timed. */
import { setTimeout as delay } from 'node:timers/promises';
import { walkUpdate } from '../../src/bgp/wire/update.ts';
import type { UpdateSink } from '../../src/bgp/wire/update-sink.ts';
import type { WireOptions } from '../../src/bgp/wire/wire-options.ts';
import type { Role } from '../programs/program.ts';
import { Speaker } from '../programs/speaker.ts';
import { hashAttributes } from './attribute-hash.ts';
import { passedOn } from './attribute-set.ts';
import { type Account, Ledger } from './ledger.ts';
import { type LoopDelay, LoopProbe } from './loop-probe.ts';
import { costOf, residentMiB } from './process-cost.ts';
import type { Choice, RouteSet } from './route-set.ts';
import { rejection } from './rule-effect.ts';
import { Session } from './session.ts';

/** What one phase took, and what it cost the speaker. */
export interface Phase {
  readonly name: string;
  readonly wallSec: number;
  readonly cpuSec: number;
  /** Resident memory at its end. */
  readonly residentMiB: number;
  /** Of the speaker's event loop, where it has one that can be measured. */
  readonly loopDelay?: LoopDelay;
  /** Figures of the scenario's own, by name with unit. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A source's routes in the ledger. */
export interface Offer {
  readonly source: number;
  readonly routes: RouteSet;
  /** Row of the first route in the ledger; the others follow `stride` rows apart. */
  readonly base: number;
  readonly stride: number;
  /** Hash others shall see, by attribute set: Uint32Array[sets]. */
  readonly hashes: Uint32Array;
}

/** How a speaker is started that is not there before the load. */
export interface Launch {
  readonly namespace: string;
  readonly argv: readonly string[];
  readonly logFile: string;
}

export interface LoadOptions {
  readonly role: Role;
  /** The speaker: a process id, or how to start it. */
  readonly speaker: { readonly pid: number } | { readonly launch: Launch };
  /** Namespace of the speaker, for a look at its kernel. */
  readonly speakerAt: string;
  /** Where the speaker's files are. */
  readonly folder: string;
  readonly loopDelayFile?: string | undefined;
  /** A phase that takes longer has failed. */
  readonly deadlineSec: number;
}

export interface PhaseOptions {
  /** Asked for at the end. */
  readonly figures?: (loopDelay: LoopDelay | undefined) => Readonly<Record<string, number>>;
  /** What to wait for when it is not the receivers; must throw when it is not as it should be. */
  readonly until?: () => Promise<void>;
  /** Leaves the speaker's event loop alone: measuring it costs wake-ups. */
  readonly isUnwatched?: boolean;
}

/** A correct speaker is quiet after a phase; this long is watched, and its cost counts. */
const SETTLE_MS = 300;

export class Load {
  readonly phases: Phase[] = [];
  /** Called with the row of every route that came right. */
  onRight: ((row: number) => void) | undefined;
  readonly ledger: Ledger;
  readonly offers: Offer[] = [];
  readonly #options: LoadOptions;
  readonly #wire: WireOptions;
  readonly #sessions: Session[];
  readonly #accounts: Account[] = [];
  readonly #probe: LoopProbe;
  #launched: Speaker | undefined;
  #lost: Error | undefined;
  #fail: (error: Error) => void = () => undefined;
  #onSettled: () => void = () => undefined;

  /**
   * @param routesOfSources the routes of each session in order; sessions beyond have none
   * @param copies how many sources in a row announce the same prefixes
   */
  constructor(options: LoadOptions, routesOfSources: readonly RouteSet[], copies = 1) {
    this.#options = options;
    const { role } = options;
    this.#probe = new LoopProbe(options.loopDelayFile);
    this.#wire = wireOf(role);
    const rows = routesOfSources.reduce((n, { addresses }) => n + addresses.length, 0);
    this.ledger = new Ledger(Math.ceil(rows / copies), role.family, copies);
    for (const [source, routes] of routesOfSources.entries()) {
      const base = this.ledger.offer(routes, source % copies);
      const hashes = this.hashesOf(routes, source);
      this.offers.push({ source, routes, base, stride: copies, hashes });
    }
    this.#sessions = role.neighbors.map((_, i) => this.#session(i));
  }

  get role(): Role {
    return this.#options.role;
  }

  /** Namespace of the speaker. */
  get speakerAt(): string {
    return this.#options.speakerAt;
  }

  get folder(): string {
    return this.#options.folder;
  }

  /** Process id of the speaker; 0 before it was started. */
  get pid(): number {
    const { speaker } = this.#options;
    return 'pid' in speaker ? speaker.pid : (this.#launched?.pid ?? 0);
  }

  /** Starts the speaker of an order that says how. */
  launch(): void {
    const { speaker } = this.#options;
    if (!('launch' in speaker)) throw new Error('the speaker runs already');
    const { namespace, argv, logFile } = speaker.launch;
    this.#launched = new Speaker(namespace, argv, logFile);
  }

  /** Ends the speaker if this load started it. */
  async stop(): Promise<void> {
    await this.#launched?.stop();
  }

  /** Hashes of a source's sets as the other sessions shall see them. */
  hashesOf({ attributeSets }: RouteSet, source: number): Uint32Array {
    const { role } = this;
    const { routerId } = role.neighbors[source]!;
    return Uint32Array.from(attributeSets, (set) => {
      const seen = passedOn(set, role, routerId);
      return hashAttributes(seen, 0, seen.length);
    });
  }

  /**
   * Establishes sessions, all at once.
   *
   * @param chosen numbers of the sessions; all unless given
   * @param onEach called with the number of each as it comes up
   */
  async connect(
    chosen: readonly number[] = this.#sessions.map((_, i) => i),
    onEach: (session: number) => void = () => undefined,
  ): Promise<void> {
    await Promise.all(chosen.map((i) => this.#sessions[i]!.establish().then(() => onEach(i))));
  }

  /** Ends a session; nobody waits for it until it is awaited again. */
  close(session: number): void {
    this.#sessions[session]!.close();
    this.ledger.clear(this.#accounts[session]!);
  }

  /** From now on the session counts for a phase, or not. */
  await(session: number, isAwaited: boolean): void {
    this.ledger.await(this.#accounts[session]!, isAwaited);
  }

  /** The session takes in so many octets per second. */
  readSlowly(session: number, octetsPerSec: number): void {
    this.#sessions[session]!.readSlowly(octetsPerSec);
  }

  /** The session takes in all there is again. */
  readFreely(session: number): void {
    this.#sessions[session]!.readFreely();
  }

  /** Measures anew how long sessions wait for a word of the speaker. */
  watchSilence(): void {
    for (const session of this.#sessions) session.watchSilence();
  }

  /** How much longer than agreed a session waited since then, the worst of all. */
  worstLatenessMs(): number {
    return Math.max(...this.#sessions.map((session) => session.latenessMs()));
  }

  send(source: number, bytes: Uint8Array): void {
    this.#sessions[source]!.send(bytes);
  }

  /** From now on the chosen routes of an offer shall be seen by all others, or by nobody. */
  want(offer: Offer, isReachable: boolean, isChosen: Choice = () => true): void {
    const { routes, base, stride, hashes } = offer;
    const isRejected = rejection(this.role, routes);
    for (let i = 0; i < routes.addresses.length; i++) {
      if (!isChosen(i)) continue;
      const hash = isReachable && !isRejected(i) ? hashes[routes.sets[i]!]! : 0;
      this.ledger.want(base + i * stride, hash);
    }
  }

  /**
   * Times what `begin` sets off until every receiver holds what is wanted, and checks it.
   *
   * @throws Error when it is not so within the deadline, or does not stay so
   */
  async phase(
    name: string,
    begin: () => void | Promise<void>,
    { figures, until, isUnwatched }: PhaseOptions = {},
  ): Promise<void> {
    const cpuBefore = this.pid > 0 ? costOf(this.pid).cpuSec : 0;
    if (this.pid > 0 && !isUnwatched) this.#probe.begin(this.pid);
    const startedAt = performance.now();
    await this.#untilSettled(name, begin, until);
    const wallSec = (performance.now() - startedAt) / 1000;
    await delay(SETTLE_MS);
    const faults = this.ledger.faults();
    if (faults) throw new Error(`${name}: ${faults}`);
    const cpuSec = costOf(this.pid).cpuSec - cpuBefore;
    const loopDelay = isUnwatched ? undefined : await this.#probe.end(this.pid);
    this.phases.push({
      name,
      wallSec,
      cpuSec,
      residentMiB: residentMiB(this.pid),
      ...(loopDelay && { loopDelay }),
      ...(figures && { figures: figures(loopDelay) }),
    });
  }

  /** Settles when every receiver holds what is wanted. */
  settled(): Promise<void> {
    if (this.ledger.pending === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onSettled = resolve;
    });
  }

  async #untilSettled(
    name: string,
    begin: () => void | Promise<void>,
    until?: () => Promise<void>,
  ): Promise<void> {
    const { deadlineSec } = this.#options;
    if (this.#lost) throw this.#lost;
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const deadline = setTimeout(() => {
      const faults = this.ledger.faults() || 'not all sessions are there';
      this.#fail(new Error(`${name}: after ${deadlineSec} s ${faults}`));
    }, deadlineSec * 1000);
    try {
      await Promise.race([failed, begin()]);
      await Promise.race([failed, until ? until() : this.settled()]);
    } finally {
      clearTimeout(deadline);
    }
  }

  #session(i: number): Session {
    const { role } = this.#options;
    const self = role.neighbors[i]!;
    const account = this.#openAccount(self.address, this.offers[i]);
    const sink = this.#sink(account);
    return new Session({
      self,
      role,
      onUpdate: (bytes, at, end) => this.#take(account, sink, bytes, at, end),
      onLost: (reason) =>
        this.#lose(new Error(`the session of ${self.address} was lost: ${reason}`)),
    });
  }

  /** The prefixes of its own offer are not awaited, whoever else announces them. */
  #openAccount(name: string, own: Offer | undefined): Account {
    const from = own ? own.base - (own.base % own.stride) : 0;
    const to = own ? from + own.routes.addresses.length * own.stride : 0;
    const account = this.ledger.open(name, from, to);
    this.#accounts.push(account);
    return account;
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#fail(error);
  }

  #take(account: Account, sink: UpdateSink, bytes: Uint8Array, at: number, end: number): void {
    const fault = walkUpdate(bytes, at, end, this.#wire, sink);
    if (fault) this.#fail(new Error(`${account.name} was sent a broken UPDATE: ${fault.action}`));
    if (this.ledger.pending === 0) this.#onSettled();
  }

  #sink(account: Account): UpdateSink {
    let hash = 0;
    const enter = (pathId: number, bytes: Uint8Array, at: number, bits: number, seen: number) => {
      const row = this.ledger.enter(account, bytes, at, bits, seen, pathId);
      if (row >= 0) this.onRight?.(row);
    };
    return {
      attributes: (_family, bytes, at, end, nextHop) => {
        hash = hashAttributes(bytes, at, end, nextHop);
        return undefined;
      },
      reach: (_family, pathId, bytes, at, bits) => enter(pathId, bytes, at, bits, hash),
      withdraw: (_family, pathId, bytes, at, bits) => enter(pathId, bytes, at, bits, 0),
      endOfRib: () => undefined,
    };
  }
}

function wireOf({ addPath, family }: Role): WireOptions {
  return {
    asWidth: 4,
    addPathReceive: addPath ? [family] : [],
    addPathSend: [],
    maximumMessageSize: 4096,
    isInternal: true,
    toleratesAsZero: true,
  };
}
