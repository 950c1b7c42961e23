/** What the RIB keeps of one peer, and how peers are put into groups. */
import { type Address, addressFamily } from '../net/address.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { formatAddress } from '../net/text.ts';
import type { AdjRibIn } from './adj-rib-in.ts';
import type { ExportProfile } from './export-profile.ts';
import type { PeerId } from './ids.ts';
import type { Outbox } from './outbox.ts';
import { pathEditOf } from './path-edit.ts';
import type { PolicyCache } from './policy-cache.ts';
import type { RibPeer, RibSession } from './ports.ts';
import type { RouteOrigin } from './route-sources.ts';
import type { UpdateGroup } from './update-group.ts';
import type { UpdateEncoding } from './update-packer.ts';

export interface PeerEntry {
  readonly id: PeerId;
  peer: RibPeer;
  adjIn: AdjRibIn;
  /** Undefined while the peer is down. */
  session: { readonly terms: RibSession; readonly outbox: Outbox } | undefined;
  readonly groups: Map<Family, UpdateGroup>;
  /** Groups to change to once they are complete. */
  readonly nextGroups: Map<Family, UpdateGroup>;
  isRemoved: boolean;
  /** Where import goes on judging stored routes anew; undefined when it is done. */
  reimport: { family: Family; row: number } | undefined;
}

/** The first place of a re-import. */
export function reimportStart(): { family: Family; row: number } {
  return { family: FAMILIES[0]!, row: 1 };
}

/** The peer as decision and export see it. */
export function originOf(peer: RibPeer, routerId: number): RouteOrigin {
  return {
    name: peer.name,
    kind: peer.isInternal ? 'ibgp' : 'ebgp',
    preference: 100,
    isBgp: true,
    isInternal: peer.isInternal,
    isClient: peer.isRouteReflectorClient,
    clusterId: peer.clusterId,
    routerId,
    address: peer.address,
  };
}

/** How messages of a family are encoded for a session. */
export function encodingOf(family: Family, { wire }: RibSession): UpdateEncoding {
  return {
    asWidth: wire.asWidth,
    hasAddPath: wire.addPathSend.includes(family),
    maximumMessageSize: wire.maximumMessageSize,
  };
}

/** What export does for a peer. */
export function profileOf(
  family: Family,
  peer: RibPeer,
  terms: RibSession,
  policies: PolicyCache,
): ExportProfile {
  return {
    isInternal: peer.isInternal,
    localAsNumber: peer.localAsNumber,
    isClient: peer.isRouteReflectorClient,
    nextHop: peer.nextHop,
    role: peer.role,
    selfAddress: selfAddressOf(family, peer, terms),
    takesIpv6NextHops: takesIpv6NextHops(family, terms),
    pathEdit: pathEditOf(peer),
    clusterId: peer.clusterId,
    policy: policies.get(peer.exportRules, peer),
    isLongLivedAware: terms.isLongLivedAware ?? false,
    takesLongLived: peer.takesLongLived ?? false,
    isShuttingDown: peer.isShuttingDown ?? false,
    deferral: terms.deferral,
  };
}

/**
 * The address of the session wherever it may stand in the family (RFC 8950), else the one beside it; 32
 * octets with our link-local address behind it.
 */
function selfAddressOf(
  family: Family,
  { nextHopAddress }: RibPeer,
  terms: RibSession,
): Address | undefined {
  const { localAddress, localAddressOther } = terms;
  const own = nextHopAddress?.[family];
  if (own) return own;
  if (addressFamily(localAddress) === family) return withLinkLocal(localAddress, terms);
  return takesIpv6NextHops(family, terms) && localAddress.length === 16
    ? localAddress
    : localAddressOther;
}

/** Both halves where the peer shares the link (RFC 2545 §3). */
function withLinkLocal(localAddress: Address, { localLinkLocal }: RibSession): Address {
  return localLinkLocal ? Uint8Array.of(...localAddress, ...localLinkLocal) : localAddress;
}

function takesIpv6NextHops(family: Family, { wire }: RibSession): boolean {
  return family === 'ipv6-unicast' || wire.hasExtendedNextHop === true;
}

/** A text that peers share exactly when they are told the same in the same encoding. */
export function groupKeyOf(
  family: Family,
  peer: RibPeer,
  terms: RibSession,
  policies: PolicyCache,
): string {
  const { asWidth, hasAddPath, maximumMessageSize } = encodingOf(family, terms);
  const self = selfAddressOf(family, peer, terms);
  return [
    policies.keyOf(peer.exportRules, peer),
    peer.isInternal ? '' : peer.localAsNumber,
    peer.isRouteReflectorClient,
    peer.clusterId,
    JSON.stringify(pathEditOf(peer) ?? ''),
    peer.nextHop,
    peer.role,
    self ? `${formatAddress(self)} ${self.subarray(16)}` : '',
    takesIpv6NextHops(family, terms),
    asWidth,
    hasAddPath && (peer.addPathBest ?? 'all'),
    peer.maximumPrefixesOut && `${peer.maximumPrefixesOut} for ${peer.name}`,
    maximumMessageSize,
    terms.isLongLivedAware ?? false,
    peer.takesLongLived ?? false,
    peer.isShuttingDown ?? false,
    terms.deferral,
  ].join(' ');
}
