/** The node-to-node mesh: one session per family to every other ordinary node (MESH). */
import type { CalicoNode } from '../datastore/snapshot.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { addressOf, type Cluster, DEFAULT_PORT } from './cluster.ts';
import { lookUpPassword, type PasswordView } from './passwords.ts';
import { chainOf } from './policy-names.ts';
import { labelOf, restartTimeOf } from './session-names.ts';
import type { NeighborView } from './view.ts';

/** Mesh sessions of the own node; none with the mesh off or on a reflector (MESH-1, MESH-2). */
export function* viewMesh(cluster: Cluster): Generator<NeighborView> {
  const { defaults, memo, own: ownNode, snapshot } = cluster;
  if (defaults.nodeToNodeMeshEnabled === false || cluster.clusterId) return;
  const password = lookUpPassword(cluster, defaults.nodeMeshPassword);
  const restartTime = restartTimeOf(defaults.nodeMeshMaxRestartTimeSec);
  const localAsNumber = cluster.asOf(ownNode);
  for (const family of FAMILIES) {
    const own = cluster.ownAddress(family);
    if (own === undefined) continue;
    const common = { own, localAsNumber, restartTime, password };
    const context = JSON.stringify([common, cluster.globalAs]);
    const group = memo.group(`mesh ${family}`, context, snapshot.nodes);
    for (const node of cluster.nodes) {
      if (node === ownNode || node.routeReflectorClusterID) continue;
      const port = cluster.listenPortOf(node) ?? DEFAULT_PORT;
      const make = () => meshNeighbor(cluster, node, family, port, common);
      const neighbor = group.view(node, port, make);
      if (neighbor) yield neighbor;
    }
  }
}

/** What all mesh sessions of a family share. */
interface MeshCommon {
  readonly own: string;
  readonly localAsNumber: number;
  readonly restartTime: number;
  readonly password: PasswordView;
}

/** @returns undefined when the node has no address, or ours (MESH-3) */
function meshNeighbor(
  cluster: Cluster,
  node: CalicoNode,
  family: Family,
  port: number,
  { own, localAsNumber, restartTime, password }: MeshCommon,
): NeighborView | undefined {
  const address = addressOf(node, family);
  if (address === undefined || address === own) return undefined;
  return {
    name: labelOf('Mesh', address, undefined),
    kind: 'mesh',
    resource: `Node/${node.name}`,
    peerNode: { name: node.name, labels: node.labels },
    address,
    port,
    asNumber: cluster.asOf(node),
    localAsNumber,
    passive: address > own, // as text (MESH-10)
    families: [family],
    sourceAddress: own,
    password: password.password,
    waitingFor: password.waitingFor,
    ttlSecurity: null,
    keepaliveTime: null,
    restartTime,
    routeReflectorClient: false,
    nextHop: 'auto',
    allowLocalAs: 0,
    import: [],
    export: chainOf(family, []),
  };
}
