/** The attribute part of a route view: decoded attributes in the texts users know. */
import { formatAsPath } from '../bgp/wire/as-path.ts';
import {
  formatCommunities,
  formatExtendedCommunities,
  formatLargeCommunities,
} from '../bgp/wire/communities.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { formatAddress, formatIpv4Number } from '../net/text.ts';

const ORIGINS = ['igp', 'egp', 'incomplete'];

/** The attributes of one route as its view shows them. */
export function viewAttributes(attributes: PathAttributes) {
  return {
    nextHop: formatNextHop(attributes.nextHop),
    asPath: formatAsPath(attributes.asPath),
    origin: ORIGINS[attributes.origin] ?? 'incomplete',
    localPref: attributes.localPref ?? null,
    med: attributes.med ?? null,
    communities: formatCommunities(attributes.communities),
    largeCommunities: formatLargeCommunities(attributes.largeCommunities),
    extendedCommunities: formatExtendedCommunities(attributes.extendedCommunities),
    atomicAggregate: attributes.atomicAggregate,
    aggregator: formatAggregator(attributes.aggregator),
    originatorId: optional(attributes.originatorId),
    clusterList: Array.from(attributes.clusterList, formatIpv4Number),
  };
}

/** The global address; a link-local one behind it is not shown. */
function formatNextHop(nextHop: Uint8Array): string | null {
  if (nextHop.length === 0) return null;
  return formatAddress(nextHop, 0, nextHop.length === 4 ? 4 : 16);
}

function formatAggregator(aggregator: PathAttributes['aggregator']): string | null {
  return aggregator ? `${aggregator.asn} ${formatIpv4Number(aggregator.address)}` : null;
}

function optional(id: number | undefined): string | null {
  return id === undefined ? null : formatIpv4Number(id);
}
