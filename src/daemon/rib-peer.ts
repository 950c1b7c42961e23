/** Translates a configured neighbour into what the RIB needs to know about it. */
import type { Config, NeighborConfig } from '../config/model.ts';
import type { PolicyRule } from '../policy/model.ts';
import type { LocalAs, RibPeer } from '../rib/ports.ts';

/**
 * The RIB's view of a neighbour.
 *
 * A peer is internal when its AS equals the local AS used on that session (ID-5), and a client only
 * while this router has a cluster id (RR-2).
 */
export function ribPeerOf(neighbor: NeighborConfig, config: Config): RibPeer {
  const isInternal = neighbor.asNumber === neighbor.localAsNumber;
  return {
    name: neighbor.name,
    address: neighbor.address,
    asNumber: neighbor.asNumber,
    localAsNumber: neighbor.localAsNumber,
    isInternal,
    isRouteReflectorClient: neighbor.routeReflectorClient && isReflector(neighbor, config),
    clusterId: neighbor.clusterId,
    localAs: isInternal ? undefined : localAsOf(neighbor, config),
    asOverride: neighbor.asOverride,
    removePrivateAs: neighbor.removePrivateAs,
    nextHop: neighbor.nextHop,
    nextHopAddress: neighbor.nextHopAddress,
    allowLocalAs: neighbor.allowLocalAs,
    enforceFirstAs: neighbor.enforceFirstAs,
    role: isInternal ? undefined : neighbor.role,
    weight: neighbor.weight,
    maximumPrefixesOut: neighbor.maximumPrefixesOut?.limit,
    addPathBest: neighbor.addPath.best,
    takesLongLived: isInternal && neighbor.gracefulRestart.longLivedToAll,
    isShuttingDown: neighbor.gracefulShutdown || config.router.gracefulShutdown,
    importRules: rulesOf(neighbor.import, isInternal, config),
    exportRules: rulesOf(neighbor.export, isInternal, config),
  };
}

/**
 * The policy a rule of a session stands in, and its number there from 1.
 *
 * @param names policies of the session in one direction
 * @param place index in the concatenation of their rules
 * @returns null and 0 for a rule that no policy has
 */
export function placeOfRule(
  names: readonly string[],
  config: Config,
  place: number,
): { readonly policy: string | null; readonly rule: number } {
  let left = place;
  for (const policy of names) {
    const { length } = config.policies[policy] ?? [];
    if (left < length) return { policy, rule: left + 1 };
    left -= length;
  }
  return { policy: null, rule: 0 };
}

function isReflector({ clusterId }: NeighborConfig, { router }: Config): boolean {
  return (clusterId ?? router.clusterId) !== undefined;
}

/** Undefined where one AS stands for all (ID-5): both are the same, or nothing shows of the other. */
function localAsOf(neighbor: NeighborConfig, { router }: Config): LocalAs | undefined {
  const { replaceAs, noPrepend } = neighbor.localAs;
  if (neighbor.localAsNumber === router.asNumber || (replaceAs && noPrepend)) return undefined;
  return { routerAsNumber: router.asNumber, replaceAs, noPrepend };
}

/** Stands in for the policies an external session has to have (RFC 8212 §2). */
const NO_POLICY: PolicyRule = { name: 'no policy', match: {}, set: {}, action: 'reject' };

function rulesOf(
  names: readonly string[],
  isInternal: boolean,
  config: Config,
): readonly PolicyRule[] {
  if (names.length === 0 && !isInternal && config.router.requirePolicy) return [NO_POLICY];
  return names.flatMap((name) => config.policies[name] ?? []);
}
