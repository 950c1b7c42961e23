/** Puts the view of one node together. */
import { finish } from '../config/steps.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import { FAMILIES } from '../net/family.ts';
import { ownBlocks, viewBlock } from './blocks.ts';
import { Cluster } from './cluster.ts';
import { clusterRoutes } from './cluster-routes.ts';
import { type ExportInput, exportPolicy, priorityPolicy } from './export-policy.ts';
import { viewFib } from './fib-view.ts';
import { viewFilters } from './filters.ts';
import { viewNeighbors } from './neighbors.ts';
import type { RenderFault, Report, ViewOptions } from './options.ts';
import { viewOriginate } from './originate.ts';
import { choosePeers } from './peers.ts';
import { viewPools } from './pools.ts';
import { viewLog, viewRouter } from './router-view.ts';
import { serviceRanges } from './service-ranges.ts';
import {
  type NeighborView,
  type NodeView,
  type OwnNodeView,
  type PolicyView,
  VIEW_VERSION,
} from './view.ts';
import { ViewMemo } from './view-memo.ts';

export interface BuiltView {
  /** Undefined when the own node is not in the snapshot. */
  readonly view: NodeView | undefined;
  /** What could not be used. */
  readonly faults: readonly RenderFault[];
}

/** What one node should do, by Calico's rules. */
export function buildView(snapshot: Snapshot, options: ViewOptions): BuiltView {
  return finish(viewSteps(snapshot, options));
}

/** {@link buildView} in small steps, between which others may have their turn. */
export function* viewSteps(
  snapshot: Snapshot,
  options: ViewOptions,
  memo = new ViewMemo(),
): Generator<void, BuiltView> {
  memo.beginRound();
  const faults = new Map<string, RenderFault>();
  const note = (fault: Pick<RenderFault, 'object' | 'path' | 'reason' | 'isRemark'>) => {
    const where = { template: undefined, line: undefined, column: undefined };
    faults.set(`${fault.object} ${fault.path} ${fault.reason}`, { ...where, ...fault });
  };
  const report: Report = (object, path, reason) => note({ object, path, reason });
  const remark: Report = (object, path, reason) => note({ object, path, reason, isRemark: true });
  const own = snapshot.nodes.get(options.node);
  if (own) {
    const view = yield* viewNode(new Cluster(snapshot, own, options, { report, remark }, memo));
    return { view, faults: [...faults.values()] };
  }
  report(
    `Node/${options.node}`,
    '',
    'is not in the datastore; nothing can be configured without it',
  );
  return { view: undefined, faults: [...faults.values()] };
}

function* viewNode(cluster: Cluster): Generator<void, NodeView> {
  yield;
  const peers = yield* choosePeers(cluster);
  const ranges = serviceRanges(cluster);
  const blocks = ownBlocks(cluster);
  yield;
  const pools = viewPools(cluster);
  const originate = viewOriginate(cluster, peers, ranges);
  const neighbors = yield* viewNeighbors(cluster, peers);
  const policies = viewPolicies(cluster, neighbors, { blocks, pools, originate, ranges });
  yield;
  return {
    viewVersion: VIEW_VERSION,
    node: viewOwnNode(cluster),
    router: viewRouter(cluster),
    fib: viewFib(cluster, ranges),
    blocks: blocks.map(viewBlock),
    originate,
    pools,
    clusterRoutes: clusterRoutes(cluster),
    neighbors,
    policies,
    log: viewLog(cluster),
  };
}

function viewOwnNode(cluster: Cluster): OwnNodeView {
  const { own } = cluster;
  return {
    name: own.name,
    labels: own.labels,
    asNumber: cluster.asOf(own),
    ipv4Address: cluster.ownAddress('ipv4-unicast') ?? null,
    ipv6Address: cluster.ownAddress('ipv6-unicast') ?? null,
  };
}

/** Filters in use, and the shared policies of the families the own node has an address of. */
function viewPolicies(
  cluster: Cluster,
  neighbors: readonly NeighborView[],
  input: ExportInput,
): PolicyView[] {
  const used = new Set<string>();
  for (const neighbor of neighbors) {
    for (const name of neighbor.import) used.add(name);
    for (const name of neighbor.export) used.add(name);
  }
  const shared = FAMILIES.filter((family) => cluster.ownAddress(family) !== undefined).flatMap(
    (family) => [priorityPolicy(cluster, family), exportPolicy(cluster, family, input)],
  );
  return [...shared, ...viewFilters(cluster, used)];
}
