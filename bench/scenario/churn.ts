/** A steady stream of changes through a reflector that holds a table: how long each takes to arrive. */
import { setTimeout as delay } from 'node:timers/promises';
import { encodeAttributes } from '../load/attribute-set.ts';
import type { Load } from '../load/load.ts';
import { encodeAnnouncements, type RouteSet } from '../load/route-set.ts';
import { clientAttributes, routesOfClients } from './generated-routes.ts';
import { announceAll } from './reflection.ts';
import { addressOf, reflectorOf, type Scenario, type Sizes } from './scenario.ts';

const TICK_MS = 10;
/** Attribute sets a client has at first; changes bring new ones. */
const SETS = 10;

export const churn: Scenario = {
  name: 'churn',
  defaults: { clients: 50, prefixes: 100_000, rate: 5000, seconds: 20 },
  title: ({ clients, prefixes, rate, seconds }) =>
    `${clients} clients, ${prefixes} prefixes, ${rate} changes/s for ${seconds} s, each to new attributes`,
  role: ({ clients }) => reflectorOf(clients),
  routes: ({ clients, prefixes }) => {
    const count = Math.floor(prefixes / clients);
    return routesOfClients(clients, { count, bits: 24, attributeSets: SETS });
  },
  async play(load, sizes) {
    await load.connect();
    await announceAll(load);
    const stream = new ChangeStream(load);
    load.onRight = (row) => stream.arrived(row);
    await load.phase('churn', () => stream.run(sizes), { figures: () => stream.figures() });
  },
};

/** Sends the changes and keeps the times of their arrival. */
class ChangeStream {
  readonly #load: Load;
  /** When a row's last change was sent, ms: Float64Array[rows]. */
  readonly #sentAt: Float64Array;
  /** Arrivals by tenths of a millisecond; the last counts all that took longer. */
  readonly #histogram = new Uint32Array(300_001);
  #sent = 0;

  constructor(load: Load) {
    this.#load = load;
    this.#sentAt = new Float64Array(load.offers.reduce((n, o) => n + o.routes.addresses.length, 0));
  }

  /** Keeps to the rate: a late tick sends what it owes. */
  async run({ rate, seconds }: Sizes): Promise<void> {
    const startedAt = performance.now();
    for (let elapsed = 0; elapsed < seconds * 1000; elapsed = performance.now() - startedAt) {
      const due = Math.floor((elapsed * rate) / 1000);
      while (this.#sent < due) this.#change(this.#sent++);
      await delay(TICK_MS);
    }
  }

  arrived(row: number): void {
    const tenths = Math.floor((performance.now() - this.#sentAt[row]!) * 10);
    this.#histogram[Math.min(tenths, this.#histogram.length - 1)]!++;
  }

  figures(): Record<string, number> {
    return { 'p50 ms': this.#quantile(0.5), 'p99 ms': this.#quantile(0.99), changes: this.#sent };
  }

  /** The `n`-th change: the sources take turns, each goes through its prefixes. */
  #change(n: number): void {
    const { offers, ledger } = this.#load;
    const { source, base, routes } = offers[n % offers.length]!;
    const i = Math.floor(n / offers.length) % routes.addresses.length;
    const attributes = encodeAttributes(clientAttributes(addressOf(source), 1_000_000 + n));
    const change: RouteSet = {
      family: routes.family,
      addresses: routes.addresses.subarray(i, i + 1),
      lengths: routes.lengths.subarray(i, i + 1),
      sets: new Uint32Array(1),
      attributeSets: [attributes],
    };
    ledger.want(base + i, this.#load.hashesOf(change, source)[0]!);
    this.#sentAt[base + i] = performance.now();
    this.#load.send(source, encodeAnnouncements(change));
  }

  #quantile(share: number): number {
    const total = this.#histogram.reduce((sum, count) => sum + count, 0);
    let seen = 0;
    const tenths = this.#histogram.findIndex((count) => {
      seen += count;
      return seen >= total * share;
    });
    return tenths / 10;
  }
}
