/** Translates a configured neighbour into what its session needs to know. */
import type { SessionSettings } from '../bgp/session/settings.ts';
import type { Config, NeighborConfig } from '../config/model.ts';

/**
 * @param restarting this process recovers after a start: OPENs say so (START-1)
 * @param softwareVersion for neighbours that may know it
 */
export function sessionSettingsOf(
  neighbor: NeighborConfig,
  config: Config,
  restarting: boolean,
  softwareVersion?: string,
): SessionSettings {
  return {
    name: neighbor.name,
    address: neighbor.address,
    interface: neighbor.interface,
    port: neighbor.port,
    sourceAddress: neighbor.sourceAddress,
    asNumber: neighbor.asNumber,
    localAsNumber: neighbor.localAsNumber,
    routerAsNumber: config.router.asNumber,
    routerId: config.router.routerId,
    passive: neighbor.passive,
    holdTimeSec: neighbor.holdTimeSec,
    keepaliveTimeSec: neighbor.keepaliveTimeSec,
    sendHoldTimeSec: neighbor.sendHoldTimeSec,
    connectRetryTimeSec: neighbor.connectRetryTimeSec,
    families: neighbor.families,
    gracefulRestart: neighbor.gracefulRestart,
    restarting,
    addPath: neighbor.addPath,
    extendedMessages: neighbor.extendedMessages,
    extendedNextHop: neighbor.extendedNextHop,
    role: neighbor.role,
    strictRole: neighbor.strictRole,
    ...announcedNames(neighbor, config),
    softwareVersion: neighbor.announce.softwareVersion ? softwareVersion : undefined,
    password: neighbor.password,
    ttlSecurity: neighbor.ttlSecurity,
  };
}

function announcedNames({ announce }: NeighborConfig, { router }: Config) {
  if (!announce.hostName) return {};
  return { hostName: router.hostName, domainName: router.domainName };
}
