/** The steps of the decision process, and what a path has to show for each of them. */
import { formatAddress, formatIpv4Number } from '../net/text.ts';
import { ATTRS_HAS_MED, ATTRS_LLGR_STALE } from './attribute-columns.ts';
import type { PathId } from './ids.ts';
import { PATH_ELEVATED } from './path-table.ts';
import type { RibTables } from './rib-tables.ts';
import { ELEVATED_PREFERENCE } from './route-sources.ts';

/** In order; what compares two paths answers an index into this list. */
export const STEP = [
  'equal',
  'preference',
  'own-route',
  'next-hop-reachable',
  'llgr-stale',
  'weight',
  'local-pref',
  'as-path-length',
  'origin',
  'med',
  'ebgp-over-ibgp',
  'igp-cost',
  'oldest',
  'router-id',
  'cluster-list-length',
  'peer-address',
  'path-id',
] as const;
export type DecisionStep = (typeof STEP)[number];

/** What a step compares, as views print it; null where the path has no such thing. */
export type StepValue = string | number | boolean | null;

/** The value a path has in a step. */
export function stepValue(tables: RibTables, path: PathId, step: DecisionStep): StepValue {
  return VALUES[step](tables, path);
}

const ORIGINS = ['igp', 'egp', 'incomplete'];

const VALUES: Readonly<Record<DecisionStep, (tables: RibTables, path: PathId) => StepValue>> = {
  equal: () => null,
  preference: (tables, path) =>
    tables.paths.has(path, PATH_ELEVATED) ? ELEVATED_PREFERENCE : originOf(tables, path).preference,
  'own-route': (tables, path) => !originOf(tables, path).isBgp,
  'next-hop-reachable': (tables, path) => nextHopOf(tables, path).isReachable,
  'llgr-stale': (tables, path) => columnsOf(tables).has(tables.paths.attrs(path), ATTRS_LLGR_STALE),
  weight: ({ paths }, path) => paths.weight(path),
  'local-pref': (tables, path) => columnsOf(tables).localPref(tables.paths.attrs(path)),
  'as-path-length': (tables, path) => columnsOf(tables).asPathLength(tables.paths.attrs(path)),
  origin: (tables, path) => ORIGINS[columnsOf(tables).origin(tables.paths.attrs(path))] ?? null,
  med: (tables, path) => {
    const set = tables.paths.attrs(path);
    return columnsOf(tables).has(set, ATTRS_HAS_MED) ? columnsOf(tables).med(set) : null;
  },
  'ebgp-over-ibgp': (tables, path) => originOf(tables, path).kind,
  'igp-cost': (tables, path) => nextHopOf(tables, path).igpCost,
  oldest: ({ paths }, path) => paths.since(path),
  'router-id': (tables, path) => {
    const originator = columnsOf(tables).originatorId(tables.paths.attrs(path));
    return formatIpv4Number(originator || originOf(tables, path).routerId);
  },
  'cluster-list-length': (tables, path) => columnsOf(tables).clusterCount(tables.paths.attrs(path)),
  'peer-address': (tables, path) => formatAddress(originOf(tables, path).address),
  'path-id': ({ paths }, path) => paths.remoteId(path),
};

function originOf({ sources, paths }: RibTables, path: PathId) {
  return sources.get(paths.peer(path));
}

function nextHopOf({ nextHops, paths, attrs }: RibTables, path: PathId) {
  return nextHops.state(attrs.columns.nextHop(paths.attrs(path)));
}

function columnsOf({ attrs }: RibTables) {
  return attrs.columns;
}
