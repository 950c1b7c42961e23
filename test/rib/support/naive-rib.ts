/**
 * What the RIB must come to, computed from scratch and without regard for cost: every route as an
 * object, best paths by filtering, every peer's Adj-RIB-Out by asking for every route.
 */
import { prepend } from '../../../src/bgp/wire/as-path.ts';
import type { PathAttributes } from '../../../src/bgp/wire/path-attributes.ts';
import { formatAddress } from '../../../src/net/text.ts';
import { Policy } from '../../../src/policy/compile.ts';
import type { PolicyRule, RouteSource } from '../../../src/policy/model.ts';
import type { NextHopState } from '../../../src/rib/ports.ts';
import { address, attributes, describe, LOCAL_AS, prefix } from './rib-lab.ts';

const K = 2_147_483_647;
const NO_EXPORT = 0xffffff01;
const NO_ADVERTISE = 0xffffff02;

export interface NaivePeer {
  readonly name: string;
  readonly address: Uint8Array;
  readonly routerId: number;
  readonly isInternal: boolean;
  readonly isClient: boolean;
  readonly hasAddPathSend: boolean;
  importRules: readonly PolicyRule[];
  exportRules: readonly PolicyRule[];
}

interface Route {
  readonly prefix: string;
  /** Undefined: local. */
  readonly peer: NaivePeer | undefined;
  readonly pathId: number;
  readonly received: PathAttributes;
}

interface Candidate extends Route {
  readonly set: PathAttributes;
  readonly preference: number;
}

export class NaiveRib {
  readonly #routes = new Map<string, Route>();
  readonly #routerId: number;
  readonly #clusterId: number;
  readonly #nextHops: ReadonlyMap<string, NextHopState>;

  constructor(routerId: number, clusterId: number, nextHops: ReadonlyMap<string, NextHopState>) {
    this.#routerId = routerId;
    this.#clusterId = clusterId;
    this.#nextHops = nextHops;
  }

  announce(peer: NaivePeer | undefined, to: string, set: PathAttributes, pathId = 0): void {
    const received = peer && !peer.isInternal ? withoutInternal(set) : set;
    const route = { prefix: to, peer, pathId, received };
    this.#routes.set(`${peer?.name} ${to} ${pathId}`, route);
  }

  withdraw(peer: NaivePeer | undefined, to: string, pathId = 0): void {
    this.#routes.delete(`${peer?.name} ${to} ${pathId}`);
  }

  drop(peer: NaivePeer): void {
    for (const [key, route] of this.#routes) if (route.peer === peer) this.#routes.delete(key);
  }

  /** Lines of a peer's Adj-RIB-Out, sorted. */
  adjRibOut(peer: NaivePeer): string[] {
    const lines: string[] = [];
    for (const candidates of this.#candidatesByPrefix().values()) {
      const offered = peer.hasAddPathSend ? candidates : [this.best(candidates)];
      for (const route of offered) {
        const told = route && this.#export(route, peer);
        if (told) lines.push(`${route.prefix} ${describe(told)}`);
      }
    }
    return lines.sort();
  }

  /** Prefix and next hop of every best path, sorted. */
  locRib(): string[] {
    const all = [...this.#candidatesByPrefix().values()].map((candidates) => {
      const best = this.best(candidates)!;
      return `${best.prefix} ${describe(best.set)} from ${best.peer?.name ?? 'static'}`;
    });
    return all.sort();
  }

  /** RIB-1 and RIB-2 by filtering. */
  best(candidates: readonly Candidate[]): Candidate | undefined {
    let left = [...candidates];
    const keepLowest = (key: (route: Candidate) => number) => {
      const lowest = Math.min(...left.map(key));
      left = left.filter((route) => key(route) === lowest);
    };
    keepLowest((route) => -route.preference);
    keepLowest((route) => (route.peer ? 1 : 0));
    keepLowest((route) => (this.#hop(route.set).isReachable ? 0 : 1));
    keepLowest((route) => -route.set.localPref!);
    keepLowest((route) => pathLength(route.set));
    keepLowest((route) => route.set.origin);
    const beforeMed = left;
    left = beforeMed.filter((route) => !beforeMed.some((other) => hasLowerMed(other, route)));
    keepLowest((route) => (route.peer?.isInternal ? 1 : 0));
    keepLowest((route) => this.#hop(route.set).igpCost);
    keepLowest((route) => route.set.originatorId ?? route.peer?.routerId ?? 0);
    keepLowest((route) => route.set.clusterList.length);
    keepLowest((route) => (route.peer ? Number.parseInt(formatHex(route.peer.address), 16) : 0));
    keepLowest((route) => route.pathId);
    return left[0];
  }

  #hop(set: PathAttributes): NextHopState {
    const known = set.nextHop.length > 0 && this.#nextHops.get(formatAddress(set.nextHop));
    return known || { isReachable: true, igpCost: 0, interface: 'eth0' };
  }

  #candidatesByPrefix(): Map<string, Candidate[]> {
    const byPrefix = new Map<string, Candidate[]>();
    for (const route of this.#routes.values()) {
      const candidate = this.#import(route);
      if (!candidate) continue;
      const list = byPrefix.get(route.prefix);
      if (list) list.push(candidate);
      else byPrefix.set(route.prefix, [candidate]);
    }
    return byPrefix;
  }

  #import(route: Route): Candidate | undefined {
    const { peer, received } = route;
    const set = { ...received, localPref: received.localPref ?? 100 };
    if (!peer) return { ...route, set, preference: 200 };
    if (received.asPath.segments.some(({ asns }) => asns.includes(LOCAL_AS))) return undefined;
    if (received.originatorId === this.#routerId) return undefined;
    if (peer.isClient && received.clusterList.includes(this.#clusterId)) return undefined;
    const source = peer.isInternal ? 'ibgp' : 'ebgp';
    const verdict = this.#ask(route, peer.importRules, peer.isInternal, set, source);
    if (!verdict.accepted) return undefined;
    const isElevated = verdict.rule === '' && verdict.attributes.localPref! > K - 1024;
    return { ...route, set: verdict.attributes, preference: isElevated ? 200 : 100 };
  }

  #ask(
    route: Route,
    rules: readonly PolicyRule[],
    isInternal: boolean,
    set: PathAttributes,
    source: RouteSource,
  ) {
    const { family, address: bytes, length } = prefix(route.prefix);
    const peerType = isInternal ? 'internal' : 'external';
    const session = { peerType, name: '', localAsNumber: LOCAL_AS } as const;
    const policy = Policy.compile(rules, session);
    const { interface: name } = this.#hop(set);
    const where = { family, bytes, at: 0, bits: length };
    return policy.evaluate({ ...where, source, attributes: set, interface: name });
  }

  #export(route: Candidate, to: NaivePeer): PathAttributes | undefined {
    const { peer, set } = route;
    if (peer === to) return undefined;
    const isReflected = peer?.isInternal === true && to.isInternal;
    if (peer && set.communities.includes(NO_ADVERTISE)) return undefined;
    if (peer && !to.isInternal && set.communities.includes(NO_EXPORT)) return undefined;
    if (isReflected && !peer.isClient && !to.isClient) return undefined;
    if (isReflected && to.isClient && set.clusterList.includes(this.#clusterId)) return undefined;
    const source = peer ? (peer.isInternal ? 'ibgp' : 'ebgp') : 'static';
    let out = set;
    if (isReflected) {
      const clusterList = Uint32Array.of(this.#clusterId, ...set.clusterList);
      out = { ...set, originatorId: set.originatorId ?? peer.routerId, clusterList };
    }
    if (!to.isInternal) {
      out = { ...withoutInternal(set), localPref: set.localPref };
      out = { ...out, asPath: prepend(set.asPath, [LOCAL_AS]) };
      if (peer) out = { ...out, med: undefined };
    }
    const verdict = this.#ask(route, to.exportRules, to.isInternal, out, source);
    if (!verdict.accepted) return undefined;
    out = verdict.attributes;
    if (!to.isInternal) out = { ...out, localPref: undefined };
    const keeps = to.isInternal && out.nextHop.length > 0;
    return keeps ? out : { ...out, nextHop: address('10.0.0.100') };
  }
}

/** A local route as the model sees it. */
export function localSet(): PathAttributes {
  return attributes({ nextHop: new Uint8Array(0) });
}

function withoutInternal(set: PathAttributes): PathAttributes {
  return { ...set, localPref: undefined, originatorId: undefined, clusterList: new Uint32Array(0) };
}

function pathLength({ asPath }: PathAttributes): number {
  return asPath.segments.reduce((sum, { type, asns }) => sum + (type === 1 ? 1 : asns.length), 0);
}

function hasLowerMed(other: Candidate, route: Candidate): boolean {
  const first = ({ set }: Candidate) => set.asPath.segments[0]?.asns[0];
  return first(other) === first(route) && (other.set.med ?? 0) < (route.set.med ?? 0);
}

function formatHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
