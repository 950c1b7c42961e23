/** Puts the view of one node together. */
import type { Snapshot } from '../datastore/snapshot.ts';
import { FAMILIES } from '../net/family.ts';
import { ownBlocks, viewBlock } from './blocks.ts';
import { Cluster } from './cluster.ts';
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
import { type NeighborView, type NodeView, type PolicyView, VIEW_VERSION } from './view.ts';

/**
 * What one node should do, by Calico's rules.
 *
 * @returns the view, undefined when the own node is not in the snapshot; and what could not be used
 */
export function buildView(
  snapshot: Snapshot,
  options: ViewOptions,
): { readonly view: NodeView | undefined; readonly faults: readonly RenderFault[] } {
  const faults = new Map<string, RenderFault>();
  const note = (fault: Pick<RenderFault, 'object' | 'path' | 'reason' | 'isRemark'>) => {
    const where = { template: undefined, line: undefined, column: undefined };
    faults.set(`${fault.object} ${fault.path} ${fault.reason}`, { ...where, ...fault });
  };
  const report: Report = (object, path, reason) => note({ object, path, reason });
  const remark: Report = (object, path, reason) => note({ object, path, reason, isRemark: true });
  const own = snapshot.nodes.get(options.node);
  if (own) {
    const view = viewNode(new Cluster(snapshot, own, options, { report, remark }));
    return { view, faults: [...faults.values()] };
  }
  report(
    `Node/${options.node}`,
    '',
    'is not in the datastore; nothing can be configured without it',
  );
  return { view: undefined, faults: [...faults.values()] };
}

function viewNode(cluster: Cluster): NodeView {
  const peers = choosePeers(cluster);
  const ranges = serviceRanges(cluster);
  const blocks = ownBlocks(cluster);
  const pools = viewPools(cluster);
  const originate = viewOriginate(cluster, peers, ranges);
  const neighbors = viewNeighbors(cluster, peers);
  return {
    viewVersion: VIEW_VERSION,
    node: cluster.own.name,
    router: viewRouter(cluster),
    fib: viewFib(cluster, ranges),
    blocks: blocks.map(viewBlock),
    originate,
    pools,
    neighbors,
    policies: viewPolicies(cluster, neighbors, { blocks, pools, originate, ranges }),
    log: viewLog(cluster),
  };
}

/** Filters in use, and the shared policies of the families the own node has an address of. */
function viewPolicies(
  cluster: Cluster,
  neighbors: readonly NeighborView[],
  input: ExportInput,
): PolicyView[] {
  const used = new Set(neighbors.flatMap((neighbor) => [...neighbor.import, ...neighbor.export]));
  const shared = FAMILIES.filter((family) => cluster.ownAddress(family) !== undefined).flatMap(
    (family) => [priorityPolicy(cluster, family), exportPolicy(cluster, family, input)],
  );
  return [...shared, ...viewFilters(cluster, used)];
}
