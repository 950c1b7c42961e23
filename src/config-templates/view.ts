/**
 * What templates see: plain data about one node, made from a snapshot by Calico's rules.
 *
 * The view is versioned, because users write templates against it; docs/templates.md describes it.
 * Addresses, prefixes and ids are text, durations are seconds. What does not apply is null, so that a
 * name that is misspelt in a template is always an error.
 */
import type { Family } from '../net/family.ts';

/** Version of the view's shape; grows when a field changes its meaning or goes. */
export const VIEW_VERSION = 1;

export interface NodeView {
  readonly viewVersion: typeof VIEW_VERSION;
  readonly node: OwnNodeView;
  readonly router: RouterView;
  readonly fib: FibView;
  readonly blocks: readonly BlockView[];
  readonly originate: readonly OriginateView[];
  readonly pools: readonly PoolView[];
  /** How routes inside pools are programmed, and why (FIB-5). */
  readonly clusterRoutes: { readonly mode: string; readonly reason: string };
  readonly neighbors: readonly NeighborView[];
  readonly policies: readonly PolicyView[];
  readonly log: { readonly level: string };
}

/** A Calico node, as far as templates may want to decide by it. */
export interface NodeFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The own node; every template sees it as `node`. */
export interface OwnNodeView extends NodeFacts {
  readonly asNumber: number;
  /** Without prefix length; null where the node has none. */
  readonly ipv4Address: string | null;
  readonly ipv6Address: string | null;
}

export interface RouterView {
  readonly asNumber: number;
  readonly routerId: string;
  /** Null: not a route reflector. */
  readonly clusterId: string | null;
  readonly listen: { readonly port: number; readonly addresses: readonly string[] };
  /** Metric of ordinary routes per family (PRIO, N). */
  readonly normalPriority: Readonly<Record<Family, number>>;
}

export interface FibView {
  readonly metric: number | 'local-pref';
  readonly rejectPrefixes: readonly string[];
  readonly localSubnets: readonly string[];
  readonly rejectNextHops: readonly string[];
  readonly ignoredInterfaces: readonly string[];
}

export interface BlockView {
  readonly cidr: string;
  /** As the affinity says; empty in old ones. */
  readonly state: string;
  readonly advertise: boolean;
  readonly blackhole: boolean;
  /** What it comes from: `BlockAffinity/…` or `Node/…`. */
  readonly resource: string;
}

export interface OriginateView {
  readonly cidr: string;
  readonly kind: 'reachable-by' | 'service-range' | 'service';
  readonly via: string | null;
  /** What it comes from: `BGPPeer/…`, `BGPConfiguration/…`, `Service/…` or `environment`. */
  readonly resource: string;
}

export interface PoolView {
  readonly cidr: string;
  readonly encapsulation: 'none' | 'ipip-always' | 'ipip-cross-subnet' | 'vxlan';
  readonly program: boolean;
  readonly export: boolean;
  /** `IPPool/…`. */
  readonly resource: string;
}

export interface NeighborView {
  /** Session label (MESH-13, EXP-9). */
  readonly name: string;
  readonly kind: 'mesh' | 'global' | 'node' | 'workload';
  /** What the session comes from: `BGPPeer/rack2-tor` or `Node/worker-1`. */
  readonly resource: string;
  /** The Calico node at the other end; null: none is known there. */
  readonly peerNode: NodeFacts | null;
  readonly address: string;
  readonly port: number;
  readonly asNumber: number;
  readonly localAsNumber: number;
  readonly passive: boolean;
  readonly families: readonly Family[];
  /** Null: whatever the route lookup gives (SESS-8). */
  readonly sourceAddress: string | null;
  readonly password: string | null;
  /** Not null: the session waits, for this reason (SESS-9). */
  readonly waitingFor: string | null;
  readonly ttlSecurity: number | null;
  readonly keepaliveTime: number | null;
  readonly restartTime: number;
  readonly routeReflectorClient: boolean;
  readonly nextHop: 'auto' | 'self' | 'keep';
  readonly allowLocalAs: number;
  /** Policy names, in order. */
  readonly import: readonly string[];
  readonly export: readonly string[];
}

/** A rule exactly as `policies` takes it; see docs/configuration.md. */
export interface RuleView {
  readonly name: string;
  readonly match?: MatchView;
  readonly set?: SetView;
  readonly action: 'accept' | 'reject' | 'next';
  /** The object to edit where the rule is not as it should be. */
  readonly source?: string;
}

export interface MatchView {
  readonly prefixes?: readonly string[];
  readonly notPrefixes?: readonly string[];
  readonly sources?: readonly string[];
  readonly peerType?: 'internal' | 'external';
  readonly communities?: readonly string[];
  readonly largeCommunities?: readonly string[];
  readonly asPathPrefix?: readonly number[];
  readonly localPref?: { readonly min?: number; readonly max?: number };
  readonly interfaces?: readonly string[];
}

export interface SetView {
  readonly localPref?: number;
  readonly addCommunities?: readonly string[];
  readonly addLargeCommunities?: readonly string[];
  readonly prepend?: readonly number[];
}

export interface PolicyView {
  readonly name: string;
  readonly rules: readonly RuleView[];
}
