/** A daemon that helps scripted peers of its own AS to restart. */
import type { Capability } from '../../src/bgp/wire/capabilities.ts';
import { AFI_IPV4, AFI_IPV6, SAFI_UNICAST } from '../../src/bgp/wire/constants.ts';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { encodeOpen } from '../../src/bgp/wire/open.ts';
import { ipv4ToNumber } from '../../src/net/address.ts';
import type { Family } from '../../src/net/family.ts';
import { parseAddress } from '../../src/net/text.ts';
import { Puppet } from '../bgp/session/lab.ts';
import { attributes, reach } from '../rib/support/rib-lab.ts';
import { Lab, type LabNode } from '../support/lab.ts';

export const HELPER = '10.0.0.1';
export const RESTART_TIME_SEC = 60;
export const V4: Family = 'ipv4-unicast';
export const V6: Family = 'ipv6-unicast';

/** What a peer's OPEN says about restarting. */
export interface RestartOffer {
  readonly isRestarting?: boolean;
  readonly hasNotificationSupport?: boolean;
  readonly restartTimeSec?: number;
  /** In the graceful-restart capability. */
  readonly families?: readonly Family[];
  /** Of these, the ones with the F bit; all when absent. */
  readonly preserved?: readonly Family[];
  /** In the long-lived capability, with their stale times; no such capability when absent. */
  readonly longLived?: Readonly<Partial<Record<Family, number>>>;
}

/** Several peers of one daemon. */
export class RestartLab {
  readonly lab = new Lab();
  readonly helper: LabNode;

  /** @param keys of every neighbour, as YAML; @param router further keys of the router */
  constructor(names: readonly string[], keys = '', router = '') {
    const neighbors = names.map(
      (name, i) =>
        `{ name: ${name}, address: 10.0.0.${i + 2}, asNumber: 64512, passive: true, families: [${V4}, ${V6}] ${keys} }`,
    );
    this.helper = this.lab.node(
      HELPER,
      `router: { asNumber: 64512, routerId: ${HELPER}, clusterId: ${HELPER} ${router} }
blocks: [ { cidr: 10.9.0.0/24 } ]
neighbors: [ ${neighbors.join(', ')} ]`,
    );
  }

  /** A new connection of a peer, Established. */
  async arrive(address: string, offer: RestartOffer | null = {}): Promise<Puppet> {
    const puppet = new Puppet(this.lab.network.host(parseAddress(address)!));
    puppet.dial(HELPER);
    await this.lab.settle(100);
    puppet.send(openWith(address, offer), KEEPALIVE);
    await this.lab.settle(100);
    return puppet;
  }

  async seconds(count: number): Promise<void> {
    await this.lab.settle(count * 1000);
  }

  /** Prefixes with their communities, as the daemon has them. */
  routes(): string[] {
    return [...this.helper.views.rib(undefined)]
      .filter(({ best, neighbor }) => best && neighbor !== 'static')
      .map(({ prefix, communities }) => [prefix, ...communities].join(' '))
      .sort();
  }

  /** Prefixes a neighbour is told. */
  told(name: string): string[] {
    return [...this.helper.views.adjOut(name)!].map(({ prefix }) => prefix).sort();
  }
}

/** One route by the peer at `address`. */
export function route(prefix: string, address: string, communities: readonly number[] = []) {
  const nextHop = prefix.includes(':') ? '2001:db8::2' : address;
  const set = { localPref: 100, communities: Uint32Array.from(communities) };
  return reach([prefix], attributes({ ...set, nextHop: parseAddress(nextHop)! }));
}

function openWith(address: string, offer: RestartOffer | null): Uint8Array {
  const capabilities: Capability[] = [
    { kind: 'multiprotocol', afi: AFI_IPV4, safi: SAFI_UNICAST },
    { kind: 'multiprotocol', afi: AFI_IPV6, safi: SAFI_UNICAST },
    ...(offer ? restartCapabilities(offer) : []),
  ];
  const routerId = ipv4ToNumber(parseAddress(address)!);
  return encodeOpen({ asNumber: 64512, holdTimeSec: 0, routerId, capabilities });
}

function restartCapabilities(offer: RestartOffer): Capability[] {
  const { families = [V4, V6], longLived } = offer;
  const { preserved = families } = offer;
  const restart: Capability = {
    kind: 'graceful-restart',
    isRestarting: offer.isRestarting ?? false,
    hasNotificationSupport: offer.hasNotificationSupport ?? false,
    restartTimeSec: offer.restartTimeSec ?? RESTART_TIME_SEC,
    families: families.map((f) => familyBits(f, preserved.includes(f))),
  };
  if (!longLived) return [restart];
  const stale = Object.entries(longLived) as [Family, number][];
  const kept = stale.map(([f, staleTimeSec]) => ({ ...familyBits(f, true), staleTimeSec }));
  return [restart, { kind: 'long-lived-graceful-restart', families: kept }];
}

function familyBits(family: Family, isForwardingPreserved: boolean) {
  return { afi: family === V4 ? AFI_IPV4 : AFI_IPV6, safi: SAFI_UNICAST, isForwardingPreserved };
}
