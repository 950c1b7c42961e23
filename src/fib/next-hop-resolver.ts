/**
 * Resolves BGP next hops through interfaces, static routes and the kernel routes of others, by longest
 * match and never through BGP (RIB-3).
 *
 * Answers are kept, and are the same object until they change, so that whoever derives something from an
 * answer can tell by identity whether it still holds.
 */
import { type Address, isLinkLocal, isUnspecified, sameAddress } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatAddress } from '../net/text.ts';
import type { NextHopResolver } from '../rib/ports.ts';
import type { KernelNextHop, KernelRoute } from './kernel.ts';
import type { KernelView } from './kernel-view.ts';
import { LongestMatch } from './longest-match.ts';
import type { ConnectedSubnet } from './network-table.ts';
import type { Resolution, RoutePlanFacts } from './route-policy.ts';

/** RIB-2: unless directly connected. */
const COST_UNKNOWN = 0xffffffff;
/** Static routes may lead to each other this many times. */
const MAXIMUM_DEPTH = 8;
/** Peers choose next hops; more answers than this are forgotten, and asked for again. */
const MAXIMUM_ANSWERS = 100_000;

/** A route Catbird itself brings, such as to a peer off-subnet (LEARN-7). */
export interface StaticRoute {
  readonly prefix: Prefix;
  readonly via: Address;
}

/** The link-local address of a router, and the link it is on. */
export interface LinkLocalHop {
  readonly linkLocal: Address;
  readonly zone: string;
}

interface Answer {
  readonly nextHop: Address;
  resolution: Resolution;
}

/** Resolves with what a KernelView knows. */
export class KernelNextHopResolver implements NextHopResolver, RoutePlanFacts {
  readonly #view: KernelView;
  readonly #answers = new Map<string, Answer>();
  /** Interfaces of link-local next hops; there are as many as neighbours on links. */
  readonly #places = new Map<string, string>();
  /** Link-local addresses that stand for global ones on a link; there are as many as neighbours on links. */
  readonly #pairs = new Map<string, LinkLocalHop>();
  /** Interfaces asked for, by name. */
  readonly #interfaces = new Map<string, boolean>();
  readonly #statics = new LongestMatch<StaticRoute>();
  readonly #listeners = new Set<(changed: readonly Address[]) => void>();

  constructor(view: KernelView) {
    this.#view = view;
    view.onChange(() => this.#refresh());
  }

  /** Told the next hops whose answer is another now; none when only {@link isInterfaceEnabled} answers otherwise. */
  onChange(listener: (changed: readonly Address[]) => void): void {
    this.#listeners.add(listener);
  }

  /** Replaces the static routes. */
  setStatics(routes: readonly StaticRoute[]): void {
    this.#statics.clear();
    for (const route of routes) this.#statics.set(route.prefix, route);
    this.#refresh();
  }

  /** Says on which interface a link-local address is; the last word counts. */
  locate(nextHop: Address, zone: string): void {
    const key = keyOf(nextHop);
    if (this.#places.get(key) === zone) return;
    this.#places.set(key, zone);
    this.#refresh();
  }

  /** Says which link-local address stands for a next hop while that is on the link itself (RFC 2545 §3). */
  pair(nextHop: Address, link: LinkLocalHop | undefined): void {
    const key = keyOf(nextHop);
    if (link) this.#pairs.set(key, link);
    else this.#pairs.delete(key);
    this.#refresh();
  }

  resolve(nextHop: Address): Resolution {
    const key = keyOf(nextHop);
    const known = this.#answers.get(key);
    if (known) return known.resolution;
    if (this.#answers.size >= MAXIMUM_ANSWERS) this.#answers.clear();
    const resolution = this.#compute(nextHop, 0);
    this.#answers.set(key, { nextHop, resolution });
    return resolution;
  }

  /** True when the kernel takes routes through the interface; a change of that is told too. */
  isInterfaceEnabled(name: string): boolean {
    const answer = this.#view.isInterfaceEnabled(name);
    if (!this.#interfaces.has(name)) this.#interfaces.set(name, answer);
    return answer;
  }

  #refresh(): void {
    const changed = this.#refreshAnswers();
    if (!this.#refreshInterfaces() && changed.length === 0) return;
    for (const listener of this.#listeners) listener(changed);
  }

  #refreshInterfaces(): boolean {
    let isChanged = false;
    for (const [name, before] of this.#interfaces) {
      const answer = this.#view.isInterfaceEnabled(name);
      isChanged ||= answer !== before;
      this.#interfaces.set(name, answer);
    }
    return isChanged;
  }

  #refreshAnswers(): Address[] {
    const changed: Address[] = [];
    for (const answer of this.#answers.values()) {
      const resolution = this.#compute(answer.nextHop, 0);
      if (isSameResolution(answer.resolution, resolution)) continue;
      answer.resolution = resolution;
      changed.push(answer.nextHop);
    }
    return changed;
  }

  /** The longest match wins; at equal length direct before static before learned (RIB-1). */
  #compute(nextHop: Address, depth: number): Resolution {
    if (isUnspecified(nextHop) || this.#view.isOwnAddress(nextHop)) return unreachable();
    if (isLinkLocal(nextHop)) return this.#onLink(nextHop);
    const subnet = this.#view.subnetOf(nextHop);
    const fixed = this.#statics.lookup(nextHop);
    const learned = this.#view.routeTo(nextHop);
    const length = Math.max(lengthOf(subnet), lengthOf(fixed), lengthOf(learned));
    if (subnet && lengthOf(subnet) === length) return this.#direct(nextHop, subnet);
    if (fixed && lengthOf(fixed) === length) return this.#through(fixed, nextHop, depth);
    return learned ? this.#learned(nextHop, learned) : unreachable();
  }

  /** A link-local address leads nowhere but to its link. */
  #onLink(nextHop: Address): Resolution {
    const dev = this.#places.get(keyOf(nextHop));
    if (dev === undefined || !this.#view.isInterfaceUp(dev)) return unreachable();
    return reachable(dev, 0, { via: nextHop, dev });
  }

  #direct(nextHop: Address, { interface: dev }: ConnectedSubnet): Resolution {
    const pair = this.#pairs.get(keyOf(nextHop));
    return reachable(dev, 0, { via: pair?.zone === dev ? pair.linkLocal : nextHop, dev });
  }

  #through(route: StaticRoute, nextHop: Address, depth: number): Resolution {
    if (depth >= MAXIMUM_DEPTH || sameAddress(route.via, nextHop)) return unreachable();
    const { isReachable, interface: name, hop } = this.#compute(route.via, depth + 1);
    return isReachable
      ? { isReachable, igpCost: COST_UNKNOWN, interface: name, hop }
      : unreachable();
  }

  /** The kernel resolved its gateways already; of several the first that is up serves. */
  #learned(nextHop: Address, { target }: KernelRoute): Resolution {
    const hop = target.nextHops.find(
      ({ dev }) => dev !== undefined && this.#view.isInterfaceUp(dev),
    );
    if (hop?.dev === undefined) return unreachable();
    const { via, dev, onlink } = hop;
    if (!via) return reachable(dev, 0, { via: nextHop, dev });
    return reachable(dev, COST_UNKNOWN, { via, dev, ...(onlink && { onlink }) });
  }
}

function keyOf(address: Address): string {
  return String.fromCharCode(...address);
}

/** A fresh object: answers of different next hops are never the same one. */
function unreachable(): Resolution {
  return { isReachable: false, igpCost: COST_UNKNOWN, interface: '', hop: undefined };
}

function reachable(name: string, igpCost: number, hop: KernelNextHop): Resolution {
  return { isReachable: true, igpCost, interface: name, hop };
}

function lengthOf(route: { readonly prefix: Prefix } | undefined): number {
  return route ? route.prefix.length : -1;
}

function isSameResolution(a: Resolution, b: Resolution): boolean {
  return describe(a) === describe(b);
}

function describe({ isReachable, igpCost, interface: name, hop }: Resolution): string {
  const via = hop?.via ? formatAddress(hop.via) : '';
  return `${isReachable} ${igpCost} ${name} ${via} ${hop?.dev} ${hop?.onlink}`;
}
