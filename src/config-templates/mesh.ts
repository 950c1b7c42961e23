/** The node-to-node mesh: one session per family to every other ordinary node (MESH). */
import type { CalicoNode } from '../datastore/snapshot.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { addressOf, type Cluster, DEFAULT_PORT } from './cluster.ts';
import { lookUpPassword } from './passwords.ts';
import { chainOf } from './policy-names.ts';
import { labelOf, restartTimeOf } from './session-names.ts';
import type { NeighborView } from './view.ts';

/** Mesh sessions of the own node; none with the mesh off or on a reflector (MESH-1, MESH-2). */
export function viewMesh(cluster: Cluster): NeighborView[] {
  if (cluster.defaults.nodeToNodeMeshEnabled === false || cluster.clusterId) return [];
  const others = cluster.nodes.filter(
    ({ name, routeReflectorClusterID }) => name !== cluster.own.name && !routeReflectorClusterID,
  );
  return FAMILIES.flatMap((family) => {
    const own = cluster.ownAddress(family);
    if (own === undefined) return [];
    return others.flatMap((node) => meshNeighbor(cluster, node, family, own) ?? []);
  });
}

/** @returns undefined when the node has no address, or ours (MESH-3) */
function meshNeighbor(
  cluster: Cluster,
  node: CalicoNode,
  family: Family,
  own: string,
): NeighborView | undefined {
  const address = addressOf(node, family);
  if (address === undefined || address === own) return undefined;
  const { nodeMeshPassword, nodeMeshMaxRestartTimeSec } = cluster.defaults;
  return {
    name: labelOf('Mesh', address, undefined),
    kind: 'mesh',
    resource: `Node/${node.name}`,
    address,
    port: cluster.listenPortOf(node) ?? DEFAULT_PORT,
    asNumber: cluster.asOf(node),
    localAsNumber: cluster.asOf(cluster.own),
    passive: address > own, // as text (MESH-10)
    families: [family],
    sourceAddress: own,
    ...lookUpPassword(cluster, nodeMeshPassword),
    ttlSecurity: null,
    keepaliveTime: null,
    restartTime: restartTimeOf(nodeMeshMaxRestartTimeSec),
    routeReflectorClient: false,
    nextHop: 'auto',
    allowLocalAs: 0,
    import: [],
    export: chainOf(family, []),
  };
}
