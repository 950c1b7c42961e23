/**
 * What the RIB must come to, computed from scratch and without regard for cost: every route as an
 * object, best paths by filtering, every peer's Adj-RIB-Out by asking for every route.
 */
import { formatAsPath, prepend } from '../../../src/bgp/wire/as-path.ts';
import type { PathAttributes } from '../../../src/bgp/wire/path-attributes.ts';
import { formatAddress } from '../../../src/net/text.ts';
import { Policy } from '../../../src/policy/compile.ts';
import type { PolicyRule, RouteSource } from '../../../src/policy/model.ts';
import { DEFAULT_DECISION } from '../../../src/rib/decision-options.ts';
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
  readonly addPathBest?: number;
  readonly removesPrivateAs?: boolean;
  weight: number;
  importRules: readonly PolicyRule[];
  exportRules: readonly PolicyRule[];
}

interface Route {
  readonly prefix: string;
  /** Undefined: local. */
  readonly peer: NaivePeer | undefined;
  readonly pathId: number;
  readonly received: PathAttributes;
  /** When it was last announced otherwise than before. */
  readonly since: number;
}

interface Candidate extends Route {
  readonly set: PathAttributes;
  readonly preference: number;
  readonly weight: number;
}

export class NaiveRib {
  options = DEFAULT_DECISION;
  readonly #routes = new Map<string, Route>();
  readonly #stale = new Map<string, Route>();
  readonly #routerId: number;
  readonly #clusterId: number;
  readonly #nextHops: ReadonlyMap<string, NextHopState>;

  constructor(routerId: number, clusterId: number, nextHops: ReadonlyMap<string, NextHopState>) {
    this.#routerId = routerId;
    this.#clusterId = clusterId;
    this.#nextHops = nextHops;
  }

  announce(
    peer: NaivePeer | undefined,
    to: string,
    set: PathAttributes,
    pathId = 0,
    nowSec = 0,
  ): void {
    const received = peer && !peer.isInternal ? withoutInternal(set) : set;
    const key = `${peer?.name} ${to} ${pathId}`;
    const before = this.#routes.get(key) ?? this.#stale.get(key);
    const isSame = before && describe(before.received) === describe(received);
    const since = isSame ? before.since : nowSec;
    this.#routes.set(key, { prefix: to, peer, pathId, received, since });
  }

  withdraw(peer: NaivePeer | undefined, to: string, pathId = 0): void {
    this.#routes.delete(`${peer?.name} ${to} ${pathId}`);
  }

  /** @param isRestart what is announced the same again is as old as before */
  drop(peer: NaivePeer, isRestart = false): void {
    this.#stale.clear();
    for (const [key, route] of this.#routes) {
      if (route.peer !== peer) continue;
      this.#routes.delete(key);
      if (isRestart) this.#stale.set(key, route);
    }
  }

  /** The restart is over. */
  endRestart(): void {
    this.#stale.clear();
  }

  /** Lines of a peer's Adj-RIB-Out, sorted. */
  adjRibOut(peer: NaivePeer): string[] {
    const lines: string[] = [];
    for (const candidates of this.#candidatesByPrefix().values()) {
      const offered = this.#offered(candidates, peer);
      for (const route of offered) {
        const told = route && this.#export(route, peer);
        if (told) lines.push(`${route.prefix} ${describe(told)}`);
      }
    }
    return lines.sort();
  }

  #offered(candidates: readonly Candidate[], peer: NaivePeer): (Candidate | undefined)[] {
    if (!peer.hasAddPathSend) return [this.best(candidates)];
    return this.ranked(candidates).slice(0, peer.addPathBest);
  }

  /** Each is the best of those that are left. */
  ranked(candidates: readonly Candidate[]): Candidate[] {
    const best = candidates.length > 0 && this.best(candidates);
    if (!best) return [];
    return [best, ...this.ranked(candidates.filter((each) => each !== best))];
  }

  /** By prefix, who the candidates are from in the order of preference, and how many share the traffic. */
  rankings(maximumPaths: number): Map<string, { order: string[]; width: number }> {
    const rankings = [...this.#candidatesByPrefix()].map(([key, candidates]) => {
      const order = this.ranked(candidates).map(
        ({ peer, pathId }) => `${peer?.name ?? 'static'} ${pathId}`,
      );
      return [key, { order, width: Math.min(maximumPaths, this.#width(candidates)) }] as const;
    });
    return new Map(rankings);
  }

  #width(candidates: readonly Candidate[]): number {
    const best = this.best(candidates)!;
    if (!best.peer) return 1;
    const { internal, external, relaxAsPath } = this.options.multipath;
    const left = this.#untilCost(candidates).filter(
      ({ set }) => relaxAsPath || formatAsPath(set.asPath) === formatAsPath(best.set.asPath),
    );
    return Math.min(left.length, best.peer.isInternal ? internal : external);
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
    const { compareRouterId } = this.options;
    return lowest(this.#untilCost(candidates), [
      (route) => (compareRouterId || !route.peer || route.peer.isInternal ? 0 : route.since),
      (route) => route.set.originatorId ?? route.peer?.routerId ?? 0,
      (route) => route.set.clusterList.length,
      (route) => (route.peer ? Number.parseInt(formatHex(route.peer.address), 16) : 0),
      (route) => route.pathId,
    ])[0];
  }

  /** What is left after the steps down to IGP cost. */
  #untilCost(candidates: readonly Candidate[]): readonly Candidate[] {
    const { ignoreAsPath, ignoreIgpMetric } = this.options;
    const beforeMed = lowest(candidates, [
      (route) => -route.preference,
      (route) => (route.peer ? 1 : 0),
      (route) => (this.#hop(route.set).isReachable ? 0 : 1),
      (route) => -route.weight,
      (route) => -route.set.localPref!,
      (route) => (ignoreAsPath ? 0 : pathLength(route.set)),
      (route) => route.set.origin,
    ]);
    const left = beforeMed.filter(
      (route) => !beforeMed.some((each) => this.#hasLowerMed(each, route)),
    );
    return lowest(left, [
      (route) => (route.peer?.isInternal ? 1 : 0),
      (route) => (ignoreIgpMetric ? 0 : this.#hop(route.set).igpCost),
    ]);
  }

  #hasLowerMed(other: Candidate, route: Candidate): boolean {
    const { alwaysCompareMed, missingMedAsWorst } = this.options;
    const first = ({ set }: Candidate) => set.asPath.segments[0]?.asns[0];
    const med = ({ set }: Candidate) => set.med ?? (missingMedAsWorst ? 0xffffffff : 0);
    const isComparable = alwaysCompareMed || first(other) === first(route);
    return isComparable && med(other) < med(route);
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
    if (!peer) return { ...route, set, preference: 200, weight: 0 };
    if (received.asPath.segments.some(({ asns }) => asns.includes(LOCAL_AS))) return undefined;
    if (received.originatorId === this.#routerId) return undefined;
    if (peer.isClient && received.clusterList.includes(this.#clusterId)) return undefined;
    const source = peer.isInternal ? 'ibgp' : 'ebgp';
    const verdict = this.#ask(route, peer.importRules, peer.isInternal, set, source);
    if (!verdict.accepted) return undefined;
    const isElevated = verdict.rule === '' && verdict.attributes.localPref! > K - 1024;
    const weight = verdict.weight ?? peer.weight;
    return { ...route, set: verdict.attributes, preference: isElevated ? 200 : 100, weight };
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
    const where = { family, bytes, at: 0, bits: length, learnedFrom: '' };
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
      const told = to.removesPrivateAs ? withoutPrivate(set.asPath) : set.asPath;
      out = { ...out, asPath: prepend(told, [LOCAL_AS]) };
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

/** Of paths of one sequence, as all here are. */
function withoutPrivate({ segments }: PathAttributes['asPath']): PathAttributes['asPath'] {
  const asns = [...(segments[0]?.asns ?? [])].filter((asn) => asn < 64_512 || asn > 65_534);
  return { segments: asns.length > 0 ? [{ type: 2, asns: Uint32Array.from(asns) }] : [] };
}

function pathLength({ asPath }: PathAttributes): number {
  return asPath.segments.reduce((sum, { type, asns }) => sum + (type === 1 ? 1 : asns.length), 0);
}

/** Those that have the lowest of each key, key after key. */
function lowest(
  candidates: readonly Candidate[],
  keys: readonly ((route: Candidate) => number)[],
): readonly Candidate[] {
  return keys.reduce((left, key) => {
    const least = Math.min(...left.map(key));
    return left.filter((route) => key(route) === least);
  }, candidates);
}

function formatHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
