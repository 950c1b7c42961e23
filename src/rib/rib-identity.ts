/** Who we are, as far as routes carry it; a change re-evaluates what was imported and exported. */
import type { Family } from '../net/family.ts';

/** True when a cluster list names a cluster of ours (RFC 4456 §8). */
export function hasOwnCluster(
  { clusterId, otherClusterIds }: RibIdentity,
  clusterList: Uint32Array,
): boolean {
  return clusterList.some((id) => id === clusterId || otherClusterIds.includes(id));
}

export interface RibIdentity {
  /** Unsigned 32-bit, as is the cluster id. */
  readonly routerId: number;
  /** The router id where no cluster id is configured (RFC 4456 §8). */
  readonly clusterId: number;
  /** Of clients with a cluster of their own: a list with any of ours has been here. */
  readonly otherClusterIds: readonly number[];
  /** False: clients of one cluster hear each other's routes from each other. */
  readonly reflectsBetweenClients: boolean;
  readonly defaultLocalPref: number;
  /** Kernel metric of ordinary routes (PRIO, N). */
  readonly normalPriority: Readonly<Record<Family, number>>;
}
