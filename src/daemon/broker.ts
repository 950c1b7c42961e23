/**
 * Routes that other agents of the node have us announce (`catbird originate`): each with an owner, who may
 * announce what the configuration lets it, and with a lease, so that an agent that is gone leaves nothing behind.
 *
 *     add ──▶ who may, what, how many ──▶ Rib (source `broker`) ──▶ neighbours, as export policies say
 *                                          ▲
 *     lease over, owner's leave gone ──────┘ withdrawn
 *
 * Nothing of it goes into the kernel: traffic that comes for such a prefix is the agent's business.
 */
import type { Caller, OriginateOrder } from '../api/views.ts';
import type { BrokerOwnerConfig, Config } from '../config/model.ts';
import { CatbirdError } from '../net/error.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/text.ts';
import { PrefixIndex } from '../policy/prefix-index.ts';
import type { LocalRoute } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { type OrderedRoute, readOrder } from './broker-order.ts';
import { RefusalLog } from './refusal-log.ts';

/** One announced route. Times are monotonic ms. */
export interface Origination extends OrderedRoute {
  readonly owner: string;
  readonly leaseSec: number;
  /** When it was first announced. */
  readonly since: number;
  readonly expiresAt: number;
}

export interface BrokerPorts {
  readonly rib: Rib;
  readonly clock: Clock;
  readonly log: Log;
}

/** Agents could not repeat anything while we were away: after a start a lease has at least this left. */
const RESTORED_LEASE_MS = 15_000;

interface Owner {
  readonly config: BrokerOwnerConfig;
  readonly allowed: PrefixIndex;
}

/** See the head of the file. */
export class Broker {
  readonly #ports: BrokerPorts;
  readonly #refusals: RefusalLog;
  /** By prefix text: a prefix has one owner at a time. */
  readonly #routes = new Map<string, Origination>();
  #owners: ReadonlyMap<string, Owner> = new Map();
  #timer: Timer | undefined;
  /** Told when what there is, or how long it lasts, has changed. */
  changed: () => void = () => {};

  constructor(ports: BrokerPorts, config: Config) {
    this.#ports = ports;
    this.#refusals = new RefusalLog(ports.clock, ports.log);
    this.configure(config);
  }

  /** Takes over who may announce what; routes that are not allowed any more go. */
  configure({ brokerOwners }: Config): void {
    this.#owners = new Map(
      brokerOwners.map((config) => [
        config.name,
        { config, allowed: new PrefixIndex([config.prefixes]) },
      ]),
    );
    const before = this.#routes.size;
    for (const [key, { owner, prefix }] of this.#routes) {
      if (this.#isAllowed(owner, prefix)) continue;
      this.#withdraw(key, 'the configuration does not allow it any more');
    }
    if (this.#routes.size < before) this.#settle();
  }

  /** Everything that is announced, by owner if one is named, in the order of its coming. */
  list(owner?: string): Origination[] {
    const all = [...this.#routes.values()];
    return owner === undefined ? all : all.filter((route) => route.owner === owner);
  }

  /** What an agent announces with exactly this prefix. */
  find(prefixText: string): Origination | undefined {
    return this.#routes.get(prefixText);
  }

  /**
   * Announces routes, or renews their leases: all of them, or none.
   *
   * @param caller who asks, as the system knows it; undefined when it cannot tell
   * @throws CatbirdError with what is wrong, or who may not
   */
  add(order: OriginateOrder, caller: Caller | undefined): Origination[] {
    const owner = this.#authorize(order, caller);
    return this.#guard(order, caller, () => {
      const { routes, leaseSec = owner.config.leaseSec } = readOrder(order);
      for (const route of routes) this.#checkRoute(owner, route);
      this.#checkQuota(owner, routes);
      this.#checkLease(owner, leaseSec);
      const added = routes.map((route) => this.#put(owner, route, leaseSec, caller));
      this.#settle();
      return added;
    });
  }

  /**
   * Withdraws routes of an owner; those it does not announce are none of its business, and nothing to withdraw.
   *
   * @returns how many there were
   * @throws CatbirdError when the caller may not
   */
  remove(order: OriginateOrder, caller: Caller | undefined): number {
    const { name } = this.#authorize(order, caller).config;
    const isOwn = (key: string) => this.#routes.get(key)?.owner === name;
    const keys = this.#guard(order, caller, () =>
      order.all
        ? [...this.#routes.keys()].filter(isOwn)
        : readOrder(order).routes.map(({ prefix }) => formatPrefix(prefix)),
    );
    const own = [...new Set(keys)].filter(isOwn);
    for (const key of own) this.#withdraw(key, 'removed', caller);
    this.#settle();
    return own.length;
  }

  /** Takes up what an earlier run announced: leases go on, as far as the configuration lets them. */
  restore(stored: readonly Origination[]): void {
    const now = this.#ports.clock.now();
    for (const route of stored) {
      const key = formatPrefix(route.prefix);
      const isAllowed = this.#isAllowed(route.owner, route.prefix);
      const isOver = route.expiresAt + route.leaseSec * 1000 <= now;
      if (isAllowed && !isOver && !this.#routes.has(key)) {
        const least = Math.min(RESTORED_LEASE_MS, route.leaseSec * 1000);
        this.#originate(key, { ...route, expiresAt: Math.max(route.expiresAt, now + least) });
      } else {
        const reason = isAllowed
          ? 'its lease ended meanwhile'
          : 'the configuration does not allow it';
        this.#ports.log.info({ owner: route.owner, prefix: key, reason }, 'originated route gone');
      }
    }
    this.#settle();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #authorize(order: OriginateOrder, caller: Caller | undefined): Owner {
    return this.#guard(order, caller, () => {
      const owner = this.#owners.get(order.owner);
      if (!owner) {
        const known = [...this.#owners.keys()].join(', ') || 'none';
        throw denied(`there is no owner '${order.owner}' in brokerOwners; known are: ${known}`);
      }
      if (maySpeakFor(owner.config, caller)) return owner;
      const who = caller ? `user ${caller.uid}` : 'a caller whose user cannot be told';
      throw denied(`${who} may not speak for '${order.owner}'; see users and groups of the owner`);
    });
  }

  #isAllowed(owner: string, prefix: Prefix): boolean {
    const known = this.#owners.get(owner);
    return known !== undefined && covers(known.allowed, prefix);
  }

  #checkRoute({ config: { name }, allowed }: Owner, { prefix }: OrderedRoute): void {
    const key = formatPrefix(prefix);
    if (!covers(allowed, prefix)) {
      throw denied(`'${name}' may not announce ${key}; see prefixes of the owner`);
    }
    const holder = this.#routes.get(key)?.owner;
    if (holder === undefined || holder === name) return;
    throw denied(`${key} is announced by '${holder}' already`);
  }

  #checkQuota({ config: { name, quota } }: Owner, routes: readonly OrderedRoute[]): void {
    const keys = new Set(this.list(name).map(({ prefix }) => formatPrefix(prefix)));
    for (const { prefix } of routes) keys.add(formatPrefix(prefix));
    if (keys.size <= quota) return;
    throw denied(`'${name}' would announce ${keys.size} routes; its quota is ${quota}`);
  }

  #checkLease({ config: { name, maximumLeaseSec } }: Owner, leaseSec: number): void {
    if (leaseSec <= maximumLeaseSec) return;
    throw denied(`a lease of '${name}' is at most ${maximumLeaseSec} s, not ${leaseSec} s`);
  }

  #put(owner: Owner, route: OrderedRoute, leaseSec: number, caller: Caller | undefined) {
    const { name } = owner.config;
    const key = formatPrefix(route.prefix);
    const now = this.#ports.clock.now();
    const known = this.#routes.get(key);
    const times = { leaseSec, since: known?.since ?? now, expiresAt: now + leaseSec * 1000 };
    const next: Origination = { ...route, owner: name, ...times };
    const isRenewal = known !== undefined && contentOf(known) === contentOf(next);
    if (isRenewal) this.#routes.set(key, next);
    else this.#originate(key, next);
    const { prefix: _, ...content } = route;
    const facts = { owner: name, prefix: key, ...content, leaseSec, uid: caller?.uid };
    const action = known ? (isRenewal ? 'renewed' : 'changed') : 'added';
    this.#ports.log[isRenewal ? 'debug' : 'info'](facts, `originated route ${action}`);
    return next;
  }

  #originate(key: string, origination: Origination): void {
    const { prefix, localPref, med, communities, largeCommunities } = origination;
    this.#routes.set(key, origination);
    const route: LocalRoute = { prefix, source: 'broker', gateway: undefined };
    this.#ports.rib.originate({
      ...route,
      ...{ communities, largeCommunities },
      ...(localPref !== undefined && { localPref }),
      ...(med !== undefined && { med }),
    });
  }

  #withdraw(key: string, reason: string, caller?: Caller): void {
    const { prefix, owner } = this.#routes.get(key)!;
    this.#routes.delete(key);
    this.#ports.rib.withdrawLocal(prefix, 'broker');
    this.#ports.log.info({ owner, prefix: key, reason, uid: caller?.uid }, 'originated route gone');
  }

  /** Something changed: the next lease to end may be another. */
  #settle(): void {
    this.changed();
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#routes.size === 0) return;
    let next = Number.POSITIVE_INFINITY;
    for (const { expiresAt } of this.#routes.values()) next = Math.min(next, expiresAt);
    const delayMs = Math.max(0, next - this.#ports.clock.now());
    this.#timer = this.#ports.clock.setTimer(Math.min(delayMs, LONGEST_DELAY_MS), () =>
      this.#sweep(),
    );
  }

  #sweep(): void {
    const now = this.#ports.clock.now();
    for (const [key, { expiresAt }] of this.#routes) {
      if (expiresAt <= now) this.#withdraw(key, 'its lease ended');
    }
    this.#settle();
  }

  /** What is refused is told in the log too. */
  #guard<T>(order: OriginateOrder, caller: Caller | undefined, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#refusals.note({ owner: order.owner, reason, uid: caller?.uid });
      throw error;
    }
  }
}

/** Timers take 31 bits. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

function covers(allowed: PrefixIndex, { family, address, length }: Prefix): boolean {
  return allowed.find(family, address, 0, length) !== 0;
}

/** Root may speak for everybody: it could change the configuration as well. */
function maySpeakFor({ users, groups }: BrokerOwnerConfig, caller: Caller | undefined): boolean {
  if (users.length === 0 && groups.length === 0) return true;
  if (!caller) return false;
  if (caller.uid === 0 || users.includes(caller.uid)) return true;
  return caller.gids.some((gid) => groups.includes(gid));
}

function contentOf({ localPref, med, communities, largeCommunities }: OrderedRoute): string {
  return JSON.stringify([localPref, med, communities, largeCommunities]);
}

function denied(reason: string): CatbirdError {
  return new CatbirdError('CATBIRD_BROKER_DENIED', reason);
}
