/** How a route is shown: the fixed shape of `show rib`, with rank, loss and refusal where they are known. */
import type { RouteView } from '../api/views.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import type { Family } from '../net/family.ts';
import type { PeerId, PrefixId } from '../rib/ids.ts';
import type { PathView } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';
import type { RankedPath } from '../rib/rib-views.ts';
import { viewAttributes } from './attribute-view.ts';
import type { Broker } from './broker.ts';
import type { Forwarding } from './forwarding.ts';
import { placeOfRule } from './rib-peer.ts';

/** What a route view is made from: a daemon, or what stands in for one. */
export interface RouteContext {
  readonly daemon: {
    readonly rib: Rib;
    readonly config: Config;
    readonly neighbors: {
      list(): readonly { readonly peerId: PeerId; readonly config: NeighborConfig }[];
    };
    readonly broker: Pick<Broker, 'find'>;
  };
  readonly forwarding: Pick<Forwarding, 'stateOf'>;
}

/** RIB-2: how far a next hop is, where the kernel cannot tell. */
const COST_UNKNOWN = 0xffffffff;

/** The paths of one prefix in the order of preference, each with the step of the decision it lost at. */
export function rankedPaths(context: RouteContext, family: Family, prefix: PrefixId): RouteView[] {
  if (prefix === 0) return [];
  const { views } = context.daemon.rib;
  const shared = views.multipath(family, prefix);
  const ranked = views.decision(family, prefix).map(({ path: row, rank, loss }) => {
    const view = viewPath(context, family, views.path(family, row));
    const multipath = shared.length > 1 && shared.includes(row);
    return { ...view, rank, multipath, lost: loss ? viewLoss(context, family, loss) : null };
  });
  const others = [...views.paths(family, prefix)].filter(({ reason }) => reason !== 'none');
  return [...ranked, ...others.map((path) => viewRejected(context, family, path))];
}

function viewLoss(
  { daemon }: RouteContext,
  family: Family,
  { step, value, against, againstValue }: NonNullable<RankedPath['loss']>,
) {
  const { views } = daemon.rib;
  const { peer, pathId } = views.path(family, against);
  return {
    step,
    value,
    against: { neighbor: views.sourceName(peer), pathId, value: againstValue },
  };
}

/** One path that import refused, and why. */
export function viewRejected(context: RouteContext, family: Family, path: PathView): RouteView {
  return { ...viewPath(context, family, path), ...rejection(context, family, path) };
}

/** Why import refused a path: `policy: no bogons` names the rule, `rejectedBy` tells where it stands. */
function rejection({ daemon }: RouteContext, family: Family, path: PathView) {
  if (path.reason !== 'policy') return { rejected: path.reason };
  const verdict = daemon.rib.views.rejectingRule(family, path);
  const neighbor = daemon.neighbors.list().find(({ peerId }) => peerId === path.peer);
  if (!verdict || !neighbor) return { rejected: path.reason };
  const place = placeOfRule(neighbor.config.import, daemon.config, verdict.place);
  return { rejected: `policy: ${verdict.rule}`, rejectedBy: { ...place, name: verdict.rule } };
}

/** One path. */
export function viewPath(
  { daemon, forwarding }: RouteContext,
  family: Family,
  path: PathView,
): RouteView {
  const { views } = daemon.rib;
  const { interface: dev, igpCost } = views.nextHopState(path.attrs);
  return {
    prefix: path.prefix,
    best: path.isBest,
    valid: path.isValid,
    neighbor: views.sourceName(path.peer),
    ...ownerOf(daemon, path),
    ...viewAttributes(views.attributes(path.attrs)),
    pathId: path.pathId,
    ageSec: Math.floor(path.ageMs / 1000),
    stale: path.isStale,
    weight: path.weight,
    interface: dev === '' ? null : dev,
    igpCost: igpCost === COST_UNKNOWN ? null : igpCost,
    kernel: path.isBest ? forwarding.stateOf(views.prefix(family, path.prefixId)) : 'none',
  };
}

/** Which agent has us announce a route; nothing of others. */
function ownerOf({ rib, broker }: RouteContext['daemon'], { peer, prefix }: PathView) {
  if (rib.views.sourceKind(peer) !== 'broker') return {};
  return { owner: broker.find(prefix)?.owner ?? null };
}
