/** The peers of a recording as neighbors: of the configuration, or where there is none made up from what was recorded. */
import { checkConfig } from '../config/check.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import { findRange, memberOf } from '../daemon/neighbors.ts';
import { type Address, isUnspecified, sameAddress } from '../net/address.ts';
import { formatAddress, formatIpv4Number } from '../net/text.ts';
import type { PeerId } from '../rib/ids.ts';
import type { Rib } from '../rib/rib.ts';
import { ReplayedPeer } from './replayed-peer.ts';

/** As a record names it. */
export interface RecordedPeer {
  readonly address: Address;
  readonly asNumber: number;
  /** Of the router; 0 where the record does not say. */
  readonly localAsNumber: number;
}

/** Stands for the AS of a router nobody names (RFC 6793 §9). */
const AS_TRANS = 23_456;

/** See the head of the file. */
export class ReplayedPeers {
  readonly #config: Config;
  readonly #isMadeUp: boolean;
  readonly #rib: Rib;
  /** By address and AS; undefined for peers that are not in the configuration. */
  readonly #peers = new Map<string, ReplayedPeer | undefined>();

  constructor(config: Config, isMadeUp: boolean, rib: Rib) {
    this.#config = config;
    this.#isMadeUp = isMadeUp;
    this.#rib = rib;
  }

  list(): ReplayedPeer[] {
    return [...this.#peers.values()].flatMap((peer) => peer ?? []);
  }

  /** Addresses of peers whose records are left out. */
  unknown(): string[] {
    return [...this.#peers].flatMap(([key, peer]) => (peer ? [] : key.split(' ')[0]!));
  }

  nameOf(id: PeerId): string | undefined {
    return this.list().find(({ peerId }) => peerId === id)?.config.name;
  }

  find(recorded: RecordedPeer): ReplayedPeer | undefined {
    const key = `${formatAddress(recorded.address)} ${recorded.asNumber}`;
    if (!this.#peers.has(key)) this.#peers.set(key, this.#make(recorded));
    return this.#peers.get(key);
  }

  #make(recorded: RecordedPeer): ReplayedPeer | undefined {
    const neighbor = this.#isMadeUp ? this.#madeUp(recorded) : this.#configured(recorded);
    return neighbor && new ReplayedPeer(neighbor, this.#config, this.#rib);
  }

  #configured({ address }: RecordedPeer): NeighborConfig | undefined {
    const known = this.#config.neighbors.find((each) => sameAddress(each.address, address));
    const range = known ? undefined : findRange(this.#config, address);
    return known ?? (range && memberOf(range, address, undefined));
  }

  #madeUp({ address, asNumber, localAsNumber }: RecordedPeer): NeighborConfig | undefined {
    const { router } = this.#config;
    return madeUpConfig(router.asNumber, router.routerId, {
      name: formatAddress(address),
      address: formatAddress(address),
      asNumber,
      ...(localAsNumber !== 0 && { localAsNumber }),
    })?.neighbors[0];
  }
}

/** True for the peer that stands for the router itself in table dumps. */
export function isRouter({ address }: Pick<RecordedPeer, 'address'>): boolean {
  return isUnspecified(address);
}

/** A router for recordings that come without a configuration; numbers that cannot be are replaced. */
export function madeUpRouter(asNumber: number, routerId: number): Config {
  return madeUpConfig(asNumber, routerId) ?? madeUpConfig(AS_TRANS, 1)!;
}

/** A configuration for recordings that come without; undefined for a neighbor that cannot be one. */
function madeUpConfig(
  asNumber: number,
  routerId: number,
  neighbor?: Readonly<Record<string, unknown>>,
): Config | undefined {
  const families = ['ipv4-unicast', 'ipv6-unicast'];
  const outcome = checkConfig({
    router: { asNumber: asNumber || AS_TRANS, routerId: formatIpv4Number(routerId || 1) },
    neighbors: neighbor ? [{ ...neighbor, families }] : [],
  });
  return 'config' in outcome ? outcome.config : undefined;
}
