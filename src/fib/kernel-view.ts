/**
 * What the kernel knows beside our own routes: interfaces, their subnets, and the routes of other
 * protocols in the main table and in ours, where that is another (LEARN-1 to LEARN-5).
 *
 * Kept current by watching, read anew when details are missing, and now and then in any case. Interfaces
 * and addresses are few: they are read at once when one of them changes. Routes may be many, and go with
 * their interface without a word: they are read soon after.
 */
import type { Address } from '../net/address.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Kernel, KernelChange, KernelRoute } from './kernel.ts';
import { LinkReads } from './link-reads.ts';
import { LongestMatch } from './longest-match.ts';
import { type ConnectedSubnet, NetworkTable } from './network-table.ts';
import { Rescan } from './rescan.ts';
import { effectiveMetric, formatTarget } from './route-target.ts';

/** LEARN-2: unspecified, ICMP redirects, and what the kernel makes itself. */
const IGNORED_PROTOCOLS: ReadonlySet<number> = new Set([0, 1, 2]);

const MAIN_TABLE = 254;

/** Told the learned route of a prefix (of several metrics the lowest), or undefined when there is none any more. */
export type LearnedRouteListener = (prefix: Prefix, route: KernelRoute | undefined) => void;

export interface KernelViewOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  /** Our protocol's routes are not looked at. */
  readonly protocol: number;
  readonly table: number;
  readonly log: Pick<Log, 'warn'>;
}

/** Listens to the kernel and remembers. */
export class KernelView {
  readonly #options: KernelViewOptions;
  readonly #rescan: Rescan;
  readonly #listeners = new Set<() => void>();
  readonly #routeListeners = new Set<LearnedRouteListener>();
  readonly #networkListeners = new Set<() => void>();
  /** Routes of a prefix, lowest metric first. */
  #routes = new LongestMatch<readonly KernelRoute[]>();
  readonly #network: NetworkTable;
  #unwatch: (() => void) | undefined;
  /** Changes of routes told while they are read; undefined when they are not. */
  #held: RouteChange[] | undefined;
  #isReading = false;
  readonly #linkReads: LinkReads;
  readonly #tables: ReadonlySet<number>;
  #isNotifying = false;

  constructor(options: KernelViewOptions) {
    this.#options = options;
    this.#network = new NetworkTable(options.kernel);
    this.#tables = new Set([options.table, MAIN_TABLE]);
    this.#rescan = new Rescan(options.clock, () => void this.#readAgain());
    this.#linkReads = new LinkReads(options.clock, () => this.#readLinksAgain());
  }

  /** Reads everything once. @throws CatbirdError when the kernel cannot be read */
  async start(): Promise<void> {
    this.#unwatch = this.#options.kernel.watch((change) => this.#hear(change));
    try {
      await this.#read();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#rescan.stop();
    this.#linkReads.stop();
  }

  /** Subnets of interfaces whose names match one of the globs do not count (LEARN-5). */
  ignore(globs: readonly string[]): void {
    if (this.#network.ignore(globs) && this.#unwatch) this.#linkReads.request();
  }

  /** Called once per turn in which anything changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Called when interfaces or their addresses are others than before, once they were read. */
  onNetwork(listener: () => void): void {
    this.#networkListeners.add(listener);
  }

  /** Called for every learned route that appears, changes or goes, before `onChange`; those found by `start` too. */
  onRoute(listener: LearnedRouteListener): void {
    this.#routeListeners.add(listener);
  }

  /** Of several metrics the lowest counts (LEARN-2). */
  route(prefix: Prefix): KernelRoute | undefined {
    return this.#routes.get(prefix)?.[0];
  }

  /** The route of another protocol that keeps ours of the same metric out. */
  foreignAt(prefix: Prefix, metric: number): KernelRoute | undefined {
    const wanted = effectiveMetric(prefix.family, metric);
    return this.#routes
      .get(prefix)
      ?.find(({ table, target }) => table === this.#options.table && target.metric === wanted);
  }

  /** All learned routes, the lowest metric of each prefix. */
  *routes(): Generator<KernelRoute> {
    for (const [first] of this.#routes.values()) if (first) yield first;
  }

  /** Subnets of interfaces that are up. */
  subnets(): Iterable<ConnectedSubnet> {
    return this.#network.subnets();
  }

  subnetOf(address: Address): ConnectedSubnet | undefined {
    return this.#network.subnetOf(address);
  }

  routeTo(address: Address): KernelRoute | undefined {
    return this.#routes.lookup(address)?.[0];
  }

  isOwnAddress(address: Address): boolean {
    return this.#network.isOwnAddress(address);
  }

  /** True when the kernel takes routes through the interface. */
  isInterfaceEnabled(name: string): boolean {
    return this.#network.isInterfaceEnabled(name);
  }

  isInterfaceUp(name: string): boolean {
    return this.#network.isInterfaceUp(name);
  }

  #hear(change: KernelChange): void {
    if (change.kind === 'route') {
      if (!this.#isLearned(change.route)) return;
      if (this.#held) this.#held.push(change);
      else this.#react(change);
      return;
    }
    if (change.kind !== 'overrun') this.#linkReads.request();
    this.#rescan.request();
  }

  #react({ action, route }: RouteChange): void {
    const { prefix } = route;
    const before = this.route(prefix);
    const isChanged = action === 'added' ? this.#learn(route) : this.#forget(route);
    if (!isChanged) return;
    this.#tellRoute(prefix, before, this.route(prefix));
    this.#notify();
  }

  #tellRoute(
    prefix: Prefix,
    before: KernelRoute | undefined,
    after: KernelRoute | undefined,
  ): void {
    if (before && after ? isSameRoute(before, after) : before === after) return;
    for (const listener of this.#routeListeners) listener(prefix, after);
  }

  #tellDifference(before: LongestMatch<readonly KernelRoute[]>): void {
    for (const [old] of before.values()) {
      if (old && !this.#routes.get(old.prefix)) this.#tellRoute(old.prefix, old, undefined);
    }
    for (const [route] of this.#routes.values()) {
      if (route) this.#tellRoute(route.prefix, before.get(route.prefix)?.[0], route);
    }
  }

  #isLearned({ table, protocol }: KernelRoute): boolean {
    if (!this.#tables.has(table) || protocol === this.#options.protocol) return false;
    return !IGNORED_PROTOCOLS.has(protocol);
  }

  /** @returns whether that is new */
  #learn(route: KernelRoute): boolean {
    const known = this.#routes.get(route.prefix) ?? [];
    const same = known.find((other) => isSamePlace(other, route));
    if (same && isSameRoute(same, route)) return false;
    const others = known.filter((other) => other !== same);
    this.#routes.set(
      route.prefix,
      [...others, route].sort((a, b) => this.#compare(a, b)),
    );
    return true;
  }

  /** As the kernel looks for a gateway: our table first, there the lowest metric. */
  #compare(a: KernelRoute, b: KernelRoute): number {
    if (a.table !== b.table) return a.table === this.#options.table ? -1 : 1;
    return a.target.metric - b.target.metric;
  }

  #forget(route: KernelRoute): boolean {
    const known = this.#routes.get(route.prefix) ?? [];
    const left = known.filter((other) => !isSamePlace(other, route));
    if (left.length === known.length) return false;
    if (left.length > 0) this.#routes.set(route.prefix, left);
    else this.#routes.delete(route.prefix);
    return true;
  }

  async #readAgain(): Promise<void> {
    try {
      await this.#read();
      this.#notify();
    } catch (error) {
      this.#failed(error);
    }
  }

  async #readLinksAgain(): Promise<void> {
    try {
      await this.#readLinks();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#options.log.warn({ error }, 'cannot read interfaces and routes');
    if (this.#unwatch) this.#rescan.failed();
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const startedAt = this.#options.clock.now();
    try {
      await this.#readLinks();
      await this.#readAllRoutes();
    } finally {
      this.#isReading = false;
    }
    if (this.#unwatch) this.#rescan.done(this.#options.clock.now() - startedAt);
  }

  async #readLinks(): Promise<void> {
    if (!(await this.#network.read())) return;
    this.#notify();
    for (const listener of this.#networkListeners) listener();
  }

  async #readAllRoutes(): Promise<void> {
    this.#held = [];
    try {
      const routes = await this.#readRoutes();
      const before = this.#routes;
      this.#routes = new LongestMatch();
      for (const route of routes) this.#learn(route);
      this.#tellDifference(before);
    } finally {
      const held = this.#held;
      this.#held = undefined;
      for (const change of held) this.#react(change);
    }
  }

  async #readRoutes(): Promise<KernelRoute[]> {
    const all: KernelRoute[] = [];
    for (const family of FAMILIES) {
      for (const table of this.#tables) {
        for (const route of await this.#readTable(family, table)) all.push(route);
      }
    }
    return all;
  }

  async #readTable(family: Family, table: number): Promise<KernelRoute[]> {
    const { kernel, protocol } = this.#options;
    const found: KernelRoute[] = [];
    await kernel.scanRoutes(
      { family, table, exceptProtocol: protocol },
      {
        restart: () => void found.splice(0),
        route: (route) => void (this.#isLearned(route) && found.push(route)),
      },
    );
    return found;
  }

  /** Many changes arrive in one turn. */
  #notify(): void {
    if (this.#isNotifying) return;
    this.#isNotifying = true;
    this.#options.clock.defer(() => {
      this.#isNotifying = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

type RouteChange = Extract<KernelChange, { kind: 'route' }>;

/** The kernel keeps one route there. */
function isSamePlace(a: KernelRoute, b: KernelRoute): boolean {
  return a.table === b.table && a.target.metric === b.target.metric;
}

function isSameRoute(a: KernelRoute, b: KernelRoute): boolean {
  return (
    isSamePlace(a, b) &&
    a.protocol === b.protocol &&
    formatTarget(a.target) === formatTarget(b.target)
  );
}
