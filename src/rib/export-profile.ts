/** What export does for a group of peers, before policy (NH-1 to NH-4, RFC 9234). */
import type { Role } from '../bgp/wire/role.ts';
import type { Address } from '../net/address.ts';
import type { Policy } from '../policy/compile.ts';
import type { PathEdit } from './path-edit.ts';
import type { RibSession } from './ports.ts';
import type { RibIdentity } from './rib-identity.ts';
import type { RouteOrigin } from './route-sources.ts';

/** What peers must have in common to be told the same. */
export interface ExportProfile {
  readonly isInternal: boolean;
  readonly localAsNumber: number;
  readonly isClient: boolean;
  readonly nextHop: 'auto' | 'self' | 'keep';
  /** Ours towards the peers (RFC 9234); undefined for none. */
  readonly role: Role | undefined;
  /** Own address for next hop self, with the link-local one where there are two (32 octets); undefined when the session has none that fits the family. */
  readonly selfAddress: Address | undefined;
  /** IPv4 routes may have IPv6 next hops (RFC 8950). */
  readonly takesIpv6NextHops: boolean;
  /** What else happens to the AS path; undefined for external sessions that only get the local AS in front. */
  readonly pathEdit: PathEdit | undefined;
  /** Cluster of the peers where it is not the router's. */
  readonly clusterId: number | undefined;
  readonly policy: Policy;
  /** LLGR_STALE means something to these peers. */
  readonly isLongLivedAware: boolean;
  /** They are told long-lived stale routes although it does not. */
  readonly takesLongLived: boolean;
  /** Announcements carry GRACEFUL_SHUTDOWN (RFC 8326). */
  readonly isShuttingDown: boolean;
  readonly deferral: RibSession['deferral'];
}

/** The cluster a reflected route passes through: that of the client it comes from, else of the one it goes to. */
export function clusterOf(
  origin: RouteOrigin,
  profile: ExportProfile,
  { clusterId }: RibIdentity,
): number {
  return (origin.isClient ? origin.clusterId : profile.clusterId) ?? clusterId;
}

/** What goes to customers, peers and clients of a route server is marked as ours (RFC 9234 §5). */
export function markOf({ role, localAsNumber }: ExportProfile): number | undefined {
  const marks = role === 'provider' || role === 'peer' || role === 'rs';
  return marks ? localAsNumber : undefined;
}
