/**
 * The brake: tells when a configuration would take away so much that a mistake in the datastore is
 * likelier than an intention.
 *
 * Sessions are compared by number: one that is replaced by another is not lost. Pools, and routes of this
 * node, are compared one by one. A few routes come and go in everyday life, so only many count.
 */
import { formatPrefix } from '../net/text.ts';
import type { Config, NeighborConfig } from './model.ts';

export interface Loss {
  readonly what: 'peers' | 'pools' | 'routes';
  readonly before: number;
  readonly lost: number;
}

export interface BrakeOptions {
  /** Of 1; losing more than this is held. Losing all peers or all pools is held at any share. */
  readonly share: number;
  /** The full mesh was turned off: its sessions end on purpose, unless no other is left. */
  readonly isMeshOff: boolean;
}

/** Fewer lost routes than this never count. */
const MANY_ROUTES = 4;

/** What is lost beyond measure; nothing for a change that may be applied. */
export function excessiveLosses(
  before: Config,
  after: Config,
  { share, isMeshOff }: BrakeOptions,
): readonly Loss[] {
  const peers = lossOfPeers(before, after, isMeshOff);
  const pools = lossOf('pools', cidrs(before.pools), cidrs(after.pools));
  const routes = lossOf('routes', ownRoutes(before), ownRoutes(after));
  const isTooMuch = (loss: Loss) => loss.lost > loss.before * share;
  const isEverything = (loss: Loss) => loss.before > 0 && loss.lost === loss.before;
  return [
    ...[peers, pools].filter((loss) => isTooMuch(loss) || isEverything(loss)),
    ...[routes].filter(
      (loss) => loss.lost >= MANY_ROUTES && (isTooMuch(loss) || isEverything(loss)),
    ),
  ];
}

/** Whatever `after` has less of, however little. */
export function allLosses(before: Config, after: Config): readonly Loss[] {
  return [
    lossOfPeers(before, after, false),
    lossOf('pools', cidrs(before.pools), cidrs(after.pools)),
    lossOf('routes', ownRoutes(before), ownRoutes(after)),
  ].filter(({ lost }) => lost > 0);
}

/** In words: `5 of 6 peers, all 2 pools`. */
export function describeLosses(losses: readonly Loss[]): string {
  const words = ({ what, before, lost }: Loss) =>
    lost === before ? `all ${before} ${what}` : `${lost} of ${before} ${what}`;
  return losses.map(words).join(', ');
}

function lossOfPeers(before: Config, after: Config, isMeshOff: boolean): Loss {
  const left = after.neighbors.length + after.neighborRanges.length;
  const isMeant = left > 0 ? endsOnPurpose(before, after, isMeshOff) : () => false;
  const counted = before.neighbors.filter((neighbor) => !isMeant(neighbor));
  const there = counted.length + before.neighborRanges.length;
  return { what: 'peers', before: there, lost: Math.max(0, there - left) };
}

/** Sessions of a mesh that was turned off, and clients of a node that reflects no more. */
function endsOnPurpose(before: Config, after: Config, isMeshOff: boolean) {
  const isDemoted = before.router.clusterId !== undefined && after.router.clusterId === undefined;
  return ({ name, routeReflectorClient }: NeighborConfig) =>
    (isMeshOff && name.startsWith('Mesh_')) || (isDemoted && routeReflectorClient);
}

function lossOf(what: Loss['what'], before: readonly string[], after: readonly string[]): Loss {
  const left = new Set(after);
  return { what, before: before.length, lost: before.filter((each) => !left.has(each)).length };
}

function ownRoutes({ blocks, originate }: Config): string[] {
  return [...cidrs(blocks), ...cidrs(originate)];
}

function cidrs(entries: Config['pools'] | Config['blocks'] | Config['originate']): string[] {
  return entries.map(({ cidr }) => formatPrefix(cidr));
}
