/** A BGPPeer resolved to one remote end, before sessions are chosen among them (EXP, REV). */
import type { BgpPeer, CalicoNode } from '../datastore/snapshot.ts';
import type { Family } from '../net/family.ts';
import { addressOf, type Cluster } from './cluster.ts';

/** Order of precedence for one address and port (DEDUP-2, DEDUP-5). */
export const RANK = { globalForward: 0, workload: 1, mesh: 2, nodeForward: 3, reverse: 4 } as const;

export interface ExpandedPeer {
  readonly rank: (typeof RANK)[keyof typeof RANK];
  /** Applies to all nodes; decides label and passive rule. */
  readonly isGlobal: boolean;
  /** What tells where the remote end is (EXP-2, EXP-5); of one by `peerIP` only the address is known (EXP-4). */
  readonly by: 'workload' | 'selector' | 'address';
  readonly peer: BgpPeer;
  readonly family: Family;
  /** Canonical text. */
  readonly address: string;
  /** Undefined: nothing determines one and 179 applies. */
  readonly port: number | undefined;
  readonly asNumber: number;
  /** The Calico node at the other end, where the peer is given by selector. */
  readonly node?: CalicoNode;
  /** Reflector id of the remote node; undefined when empty or unknown (RR-2, RR-4). */
  readonly clusterId: string | undefined;
}

/** What decides between peers with the same address and port. */
export type Precedence = Pick<ExpandedPeer, 'rank' | 'isGlobal'>;

/** A peer that is a Calico node; undefined when it has no address of the family (EXP-3). */
export function peerAtNode(
  cluster: Cluster,
  peer: BgpPeer,
  node: CalicoNode,
  family: Family,
  { rank, isGlobal }: Precedence,
): ExpandedPeer | undefined {
  const address = addressOf(node, family);
  if (address === undefined) return undefined;
  return {
    rank,
    isGlobal,
    by: 'selector',
    node,
    peer,
    family,
    address,
    port: cluster.listenPortOf(node),
    asNumber: cluster.asOf(node),
    clusterId: node.routeReflectorClusterID || undefined,
  };
}
