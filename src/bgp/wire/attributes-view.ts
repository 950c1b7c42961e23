/** Path attributes as plain data for JSON: what `catbird decode` and the route views print. */
import { formatAddress, formatIpv4Number } from '../../net/text.ts';
import { formatAsPath } from './as-path.ts';
import {
  formatCommunities,
  formatExtendedCommunities,
  formatIpv6ExtendedCommunities,
  formatLargeCommunities,
} from './communities.ts';
import type { PathAttributes } from './path-attributes.ts';

/** Absent attributes have no key. */
export interface AttributesView {
  readonly origin: 'igp' | 'egp' | 'incomplete';
  readonly asPath: string;
  /** Absent on a local route without gateway. */
  readonly nextHop?: string;
  /** Second next hop of IPv6 (RFC 2545 §3). */
  readonly nextHopLinkLocal?: string;
  readonly med?: number;
  readonly localPref?: number;
  readonly atomicAggregate?: true;
  readonly aggregator?: { readonly asNumber: number; readonly address: string };
  readonly communities?: readonly string[];
  readonly extendedCommunities?: readonly string[];
  readonly ipv6ExtendedCommunities?: readonly string[];
  readonly largeCommunities?: readonly string[];
  readonly originatorId?: string;
  readonly clusterList?: readonly string[];
  /** OTC (RFC 9234 §5). */
  readonly onlyToCustomer?: number;
  /** Attributes passed on unread; `value` in hex. */
  readonly unknown?: readonly {
    readonly type: number;
    readonly flags: number;
    readonly value: string;
  }[];
}

const ORIGINS = ['igp', 'egp', 'incomplete'] as const;

/** The attributes in words. */
export function attributesView(attributes: PathAttributes): AttributesView {
  const { nextHop, med, localPref } = attributes;
  return {
    origin: ORIGINS[attributes.origin]!,
    asPath: formatAsPath(attributes.asPath),
    ...(nextHop.length > 0 && { nextHop: formatAddress(nextHop, 0, Math.min(nextHop.length, 16)) }),
    ...(nextHop.length > 16 && { nextHopLinkLocal: formatAddress(nextHop, 16, 16) }),
    ...(med !== undefined && { med }),
    ...(localPref !== undefined && { localPref }),
    ...aggregationView(attributes),
    ...communitiesView(attributes),
    ...reflectionView(attributes),
    ...(attributes.onlyToCustomer !== undefined && { onlyToCustomer: attributes.onlyToCustomer }),
    ...unknownView(attributes),
  };
}

function aggregationView({ atomicAggregate, aggregator }: PathAttributes): Partial<AttributesView> {
  return {
    ...(atomicAggregate && { atomicAggregate }),
    ...(aggregator && {
      aggregator: { asNumber: aggregator.asn, address: formatIpv4Number(aggregator.address) },
    }),
  };
}

function communitiesView(attributes: PathAttributes): Partial<AttributesView> {
  const { communities, extendedCommunities, ipv6ExtendedCommunities, largeCommunities } =
    attributes;
  return {
    ...(communities.length > 0 && { communities: formatCommunities(communities) }),
    ...(extendedCommunities.length > 0 && {
      extendedCommunities: formatExtendedCommunities(extendedCommunities),
    }),
    ...(ipv6ExtendedCommunities.length > 0 && {
      ipv6ExtendedCommunities: formatIpv6ExtendedCommunities(ipv6ExtendedCommunities),
    }),
    ...(largeCommunities.length > 0 && {
      largeCommunities: formatLargeCommunities(largeCommunities),
    }),
  };
}

function reflectionView({ originatorId, clusterList }: PathAttributes): Partial<AttributesView> {
  return {
    ...(originatorId !== undefined && { originatorId: formatIpv4Number(originatorId) }),
    ...(clusterList.length > 0 && { clusterList: Array.from(clusterList, formatIpv4Number) }),
  };
}

function unknownView({ unknown }: PathAttributes): Partial<AttributesView> {
  if (unknown.length === 0) return {};
  return {
    unknown: unknown.map(({ type, flags, value }) => {
      return { type, flags, value: Buffer.from(value).toString('hex') };
    }),
  };
}
