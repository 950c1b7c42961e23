/** The load on one speaker: all sessions, what they offer, and the phases that are timed. */
import { setTimeout as delay } from 'node:timers/promises';
import { walkUpdate } from '../../src/bgp/wire/update.ts';
import type { UpdateSink } from '../../src/bgp/wire/update-sink.ts';
import type { WireOptions } from '../../src/bgp/wire/wire-options.ts';
import type { Role } from '../programs/program.ts';
import { hashAttributes } from './attribute-hash.ts';
import { passedOn } from './attribute-set.ts';
import { type Account, Ledger } from './ledger.ts';
import { costOf } from './process-cost.ts';
import type { Choice, RouteSet } from './route-set.ts';
import { Session } from './session.ts';

/** What one phase took, and what it cost the speaker. */
export interface Phase {
  readonly name: string;
  readonly wallSec: number;
  readonly cpuSec: number;
  /** Figures of the scenario's own, by name with unit. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** A source's routes in the ledger. */
export interface Offer {
  readonly source: number;
  readonly routes: RouteSet;
  /** Row of the first route in the ledger. */
  readonly base: number;
  /** Hash others shall see, by attribute set: Uint32Array[sets]. */
  readonly hashes: Uint32Array;
}

export interface LoadOptions {
  readonly role: Role;
  /** Process id of the speaker. */
  readonly pid: number;
  /** A phase that takes longer has failed. */
  readonly deadlineSec: number;
}

/** A correct speaker is quiet after a phase; this long is watched, and its cost counts. */
const SETTLE_MS = 300;

const WIRE: WireOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
  toleratesAsZero: true,
};

export class Load {
  readonly phases: Phase[] = [];
  /** Called with the row of every route that came right. */
  onRight: ((row: number) => void) | undefined;
  readonly ledger: Ledger;
  readonly offers: Offer[] = [];
  readonly #options: LoadOptions;
  readonly #sessions: Session[];
  #lost: Error | undefined;
  #fail: (error: Error) => void = () => undefined;
  #onSettled: () => void = () => undefined;

  /** @param routesOfSources the routes of each session in order; sessions beyond have none */
  constructor(options: LoadOptions, routesOfSources: readonly RouteSet[]) {
    this.#options = options;
    const { role } = options;
    this.ledger = new Ledger(routesOfSources.reduce((n, { addresses }) => n + addresses.length, 0));
    for (const [source, routes] of routesOfSources.entries()) {
      const base = this.ledger.offer(routes);
      this.offers.push({ source, routes, base, hashes: this.hashesOf(routes, source) });
    }
    this.#sessions = role.neighbors.map((_, i) => this.#session(i));
  }

  /** Hashes of a source's sets as the other sessions shall see them. */
  hashesOf({ attributeSets }: RouteSet, source: number): Uint32Array {
    const { role } = this.#options;
    const originator = role.neighbors[source]!.address;
    return Uint32Array.from(attributeSets, (set) => {
      const seen = passedOn(set, role, originator);
      return hashAttributes(seen, 0, seen.length);
    });
  }

  /** Establishes all sessions at once. */
  async connect(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.establish()));
  }

  send(source: number, bytes: Uint8Array): void {
    this.#sessions[source]!.send(bytes);
  }

  /** From now on the chosen routes of an offer shall be seen by all others, or by nobody. */
  want({ routes, base, hashes }: Offer, isReachable: boolean, isChosen: Choice = () => true): void {
    for (let i = 0; i < routes.addresses.length; i++) {
      if (isChosen(i)) this.ledger.want(base + i, isReachable ? hashes[routes.sets[i]!]! : 0);
    }
  }

  /**
   * Times what `begin` sets off until every receiver holds what is wanted, and checks it.
   *
   * @param figures asked for at the end
   * @throws Error when it is not so within the deadline, or does not stay so
   */
  async phase(
    name: string,
    begin: () => void | Promise<void>,
    figures?: () => Readonly<Record<string, number>>,
  ): Promise<void> {
    const { pid } = this.#options;
    const cpuBefore = costOf(pid).cpuSec;
    const startedAt = performance.now();
    await this.#untilSettled(name, begin);
    const wallSec = (performance.now() - startedAt) / 1000;
    await delay(SETTLE_MS);
    const faults = this.ledger.faults();
    if (faults) throw new Error(`${name}: ${faults}`);
    const cpuSec = costOf(pid).cpuSec - cpuBefore;
    this.phases.push({ name, wallSec, cpuSec, ...(figures && { figures: figures() }) });
  }

  async #untilSettled(name: string, begin: () => void | Promise<void>): Promise<void> {
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
      if (this.ledger.pending === 0) return;
      const settled = new Promise<void>((resolve) => {
        this.#onSettled = resolve;
      });
      await Promise.race([failed, settled]);
    } finally {
      clearTimeout(deadline);
    }
  }

  #session(i: number): Session {
    const { role } = this.#options;
    const { address, asNumber } = role.neighbors[i]!;
    const own = this.offers[i];
    const from = own?.base ?? 0;
    const account = this.ledger.open(address, from, from + (own?.routes.addresses.length ?? 0));
    const sink = this.#sink(account);
    return new Session({
      address,
      asNumber,
      remote: role.address,
      onUpdate: (bytes, at, end) => this.#take(account, sink, bytes, at, end),
      onLost: (reason) => this.#lose(new Error(`the session of ${address} was lost: ${reason}`)),
    });
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#fail(error);
  }

  #take(account: Account, sink: UpdateSink, bytes: Uint8Array, at: number, end: number): void {
    const fault = walkUpdate(bytes, at, end, WIRE, sink);
    if (fault) this.#fail(new Error(`${account.name} was sent a broken UPDATE: ${fault.action}`));
    if (this.ledger.pending === 0) this.#onSettled();
  }

  #sink(account: Account): UpdateSink {
    let hash = 0;
    return {
      attributes: (_family, bytes, at, end, nextHop) => {
        hash = hashAttributes(bytes, at, end, nextHop);
        return undefined;
      },
      reach: (_family, _pathId, bytes, at, bits) => this.#enter(account, bytes, at, bits, hash),
      withdraw: (_family, _pathId, bytes, at, bits) => this.#enter(account, bytes, at, bits, 0),
      endOfRib: () => undefined,
    };
  }

  #enter(account: Account, bytes: Uint8Array, at: number, bits: number, hash: number): void {
    const row = this.ledger.enter(account, bytes, at, bits, hash);
    if (row >= 0) this.onRight?.(row);
  }
}
