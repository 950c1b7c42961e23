/**
 * Who programs cluster routes, the BGP side or Felix (FIB-5).
 *
 * When the configuration says nothing, both sides must guess alike, or both program, or none: Calico
 * 3.33 gave the routes of IPIP pools to Felix, before it they were the BGP side's.
 */
import type { ProgramClusterRoutes } from '../datastore/snapshot.ts';
import type { Cluster } from './cluster.ts';

export interface ClusterRoutesChoice {
  readonly mode: ProgramClusterRoutes;
  /** Why, for the log. */
  readonly reason: string;
}

export function clusterRoutes({ defaults, snapshot }: Cluster): ClusterRoutesChoice {
  const { programClusterRoutes } = defaults;
  if (programClusterRoutes) {
    return { mode: programClusterRoutes, reason: 'BGPConfiguration/default says so' };
  }
  const version = snapshot.clusterInformations.get('default')?.calicoVersion;
  const [, major, minor] = /^v?(\d{1,5})\.(\d{1,5})/.exec(version ?? '') ?? [];
  if (major === undefined) {
    const what = version ? `does not tell a version: "${version}"` : 'tells no version of Calico';
    return { mode: 'Enabled', reason: `ClusterInformation/default ${what}; as before 3.33` };
  }
  const isNew = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 33);
  const reason = `ClusterInformation/default says Calico ${version}`;
  return isNew ? { mode: 'EnabledNoEncapOnly', reason } : { mode: 'Enabled', reason };
}
