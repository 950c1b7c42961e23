/** What must be found at the far end, in the canonical spelling of `route-set.ts`. */
import type { RouteSet } from '../../../lab/support/route-set.ts';

/** Who was fed from, and who reflects. */
export interface Reflection {
  /** Router id of the session the routes came in by. */
  readonly originatorId: string;
  readonly clusterId: string;
}

// Where fields stand in the canonical text.
const AS_PATH = 1;
const MED = 3;
const LOCAL_PREF = 4;
const ORIGINATOR_ID = 5;
const CLUSTER_LIST = 6;
const AGGREGATOR = 9;

/** What a reflector makes of the recorded routes (RFC 4456 §8; LOCAL_PREF 100 where there is none). */
export function reflected(
  recorded: RouteSet,
  { originatorId, clusterId }: Reflection,
): Map<string, string> {
  return mapFields(recorded, (fields) => {
    fields[LOCAL_PREF] ||= '100';
    fields[ORIGINATOR_ID] ||= originatorId;
    fields[CLUSTER_LIST] = `${clusterId} ${fields[CLUSTER_LIST]}`.trim();
    return true;
  });
}

/** What can be told of the routes from the table of a peer. */
export function asToldBy(peer: string, routes: RouteSet): RouteSet {
  const change = TOLD_BY[peer];
  return change === undefined ? routes : mapFields(routes, change);
}

/** Changes the fields of a route in place. @returns false where the route is not to be found */
type Change = (fields: string[]) => boolean;

const TOLD_BY: Readonly<Record<string, Change>> = {
  /** Its dump has nothing of reflection. It passes over an AGGREGATOR of AS 0 (RFC 7607). */
  FRR(fields) {
    fields[ORIGINATOR_ID] = '';
    fields[CLUSTER_LIST] = '';
    fields[AGGREGATOR] = withoutAsZero(fields[AGGREGATOR]!);
    return true;
  },
  /** It shows no MED as 0, and takes neither a path nor an AGGREGATOR with AS 0 (RFC 7607). */
  OpenBGPD(fields) {
    fields[MED] ||= '0';
    fields[AGGREGATOR] = withoutAsZero(fields[AGGREGATOR]!);
    return !/\b0\b/.test(fields[AS_PATH]!);
  },
  /** It tells AS_SETs apart from the path around them. */
  ExaBGP(fields) {
    fields[AS_PATH] = fields[AS_PATH]!.replace(/^(.*) (\{.*\}) (.*)$/, '$1 $3 $2');
    return true;
  },
};

function withoutAsZero(aggregator: string): string {
  return aggregator.startsWith('0 ') ? '' : aggregator;
}

function mapFields(routes: RouteSet, change: Change): Map<string, string> {
  const changed = new Map<string, string>();
  for (const [prefix, text] of routes) {
    const fields = text.split('|');
    if (change(fields)) changed.set(prefix, fields.join('|'));
  }
  return changed;
}
