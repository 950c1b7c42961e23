/**
 * All neighbours of the daemon: those configured one by one and those admitted from a range.
 *
 * Keeps sessions equal to the configuration: a neighbour that only changed its label keeps its session
 * (RECONF-5), everything else is added, removed or reconfigured by itself (RECONF-1, RECONF-4).
 */

import type { Refusal } from '../bgp/session/listener.ts';
import type { Session, StopReason } from '../bgp/session/session.ts';
import { CEASE_PEER_DECONFIGURED } from '../bgp/wire/constants.ts';
import type { Config, NeighborConfig, NeighborRangeConfig } from '../config/model.ts';
import { type Address, isUnspecified, sameAddress } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import { containsAddress } from '../net/prefix.ts';
import { formatPrefix, formatScopedAddress } from '../net/text.ts';
import type { PeerId } from '../rib/ids.ts';
import type { Discovery } from '../runtime/discovery.ts';
import { Handover } from './handover.ts';
import { Neighbor, type NeighborOwner, type NeighborPorts } from './neighbor.ts';

export interface NeighborsPorts extends NeighborPorts {
  readonly discovery: Discovery;
}

interface Admitted {
  readonly neighbor: Neighbor;
  /** The range it came from, as text; undefined for a configured neighbour. */
  readonly range: string | undefined;
}

/** By identity, with the range they are from. */
type WantedNeighbors = Map<string, { config: NeighborConfig; range: string | undefined }>;

/** See the head of the file. */
export class Neighbors {
  readonly #ports: NeighborsPorts;
  readonly #owner: NeighborOwner;
  /** By address and port, the identity of a session (DEDUP-1). */
  readonly #byIdentity = new Map<string, Admitted>();
  /** Routers heard on the interfaces of neighbours without address. */
  readonly #heard = new Map<string, Address>();
  readonly #handover: Handover;
  #config: Config | undefined;
  #isRestarting = true;
  /** Told of a neighbour that is about to be forgotten. */
  onRemoved: (neighbor: Neighbor) => void = () => {};
  /** Told when a router was found on an interface, before its session is about to use it. */
  onFound: () => void = () => {};

  constructor(ports: NeighborsPorts, owner: Omit<NeighborOwner, 'rested'>) {
    this.#ports = ports;
    const { clock } = ports;
    // Later, because who rests now may be about to take a connection in this very turn.
    const rested = (neighbor: Neighbor) => clock.defer(() => this.#forget(neighbor));
    this.#owner = { ...owner, rested };
    this.#handover = new Handover(ports, (neighbor) => this.#drop(neighbor));
  }

  /** In the order they were configured or admitted; those that are on their way out come last. */
  list(): Neighbor[] {
    const wanted = [...this.#byIdentity.values()].map(({ neighbor }) => neighbor);
    return [...wanted, ...this.#handover.list()];
  }

  /** True for a neighbor that is in no configuration any more, and ends when others have taken over. */
  isLeaving(neighbor: Neighbor): boolean {
    return this.#handover.list().includes(neighbor);
  }

  find(name: string): Neighbor | undefined {
    return this.list().find(({ config }) => config.name === name);
  }

  /** The RIB saw a peer's End-of-RIB. */
  endOfRib(peer: PeerId, family: Family): void {
    this.list()
      .find(({ peerId }) => peerId === peer)
      ?.endOfRib(family);
  }

  /** Interfaces or addresses changed: sessions that stand on what is gone end. */
  networkChanged(): void {
    for (const { neighbor } of this.#byIdentity.values()) neighbor.networkChanged();
  }

  /** Our routes are complete: those who waited for them are told (RFC 4724 §4.1). */
  announce(): void {
    for (const neighbor of this.list()) neighbor.announce();
  }

  /** Later sessions no longer say that this process has just restarted (SESS-3). */
  endRestart(): void {
    this.#isRestarting = false;
    if (this.#config) this.apply(this.#config);
  }

  /** A router spoke on an interface: it is the neighbour there, unless the session with another is up. */
  hear(router: Address, zone: string): void {
    const known = this.#heard.get(zone);
    if (known && sameAddress(known, router)) return;
    const found = this.list().filter(({ config }) => config.interface === zone);
    if (known && found.some(({ session }) => session.state === 'Established')) return;
    this.#heard.set(zone, router);
    this.onFound();
    if (this.#config) this.apply(this.#config);
  }

  /** The neighbors with the addresses that were found on their interfaces. */
  located(neighbors: readonly NeighborConfig[]): readonly NeighborConfig[] {
    return neighbors.map((neighbor) => locate(neighbor, this.#heard));
  }

  /** Brings the sessions in line with a configuration. */
  apply(config: Config): void {
    const before = this.#config ?? config;
    this.#config = config;
    this.#followInterfaces(config);
    const wanted = this.#wanted(config);
    this.#letGo(wanted, before.router.clusterId !== config.router.clusterId);
    for (const [identity, { config: neighbor, range }] of wanted) {
      this.#reconcile(identity, neighbor, range, config);
    }
  }

  /** Ends every session. */
  stop(reason: StopReason): void {
    this.#handover.stop();
    for (const neighbor of this.list()) neighbor.stop(reason);
  }

  /**
   * The session for an inbound connection; makes a neighbour when a range covers the address.
   *
   * @returns why, when there is none to take it
   */
  lookup(address: Address, zone: string | undefined): Session | Refusal {
    if (zone !== undefined && this.#isFollowed(zone)) this.hear(address, zone);
    const known = this.list().filter(
      ({ config }) => sameAddress(config.address, address) && config.interface === zone,
    );
    const [first] = known;
    const taker = known.find(({ obstacle }) => obstacle === undefined); // DEDUP-6
    if (first) return taker?.session ?? { reason: first.obstacle!, isNeighbor: true };
    const admitted = this.#admit(address, zone);
    return 'reason' in admitted ? admitted : admitted.session;
  }

  /** Configured neighbours, and those of ranges that are still covered. */
  #wanted(config: Config): WantedNeighbors {
    const wanted: WantedNeighbors = new Map();
    for (const { neighbor, range } of this.#byIdentity.values()) {
      const source = range && findRange(config, neighbor.config.address);
      if (!source) continue;
      const member = memberOf(source, neighbor.config.address, neighbor.config.interface);
      wanted.set(identityOf(member), { config: member, range: formatPrefix(source.prefix) });
    }
    for (const neighbor of config.neighbors) {
      const located = locate(neighbor, this.#heard);
      wanted.set(identityOf(neighbor), { config: located, range: undefined });
    }
    return wanted;
  }

  #reconcile(
    identity: string,
    wanted: NeighborConfig,
    range: string | undefined,
    config: Config,
  ): void {
    const known = this.#byIdentity.get(identity);
    if (known) {
      known.neighbor.reconfigure(wanted, config, this.#isRestarting);
      this.#byIdentity.set(identity, { neighbor: known.neighbor, range });
      return;
    }
    const leaving = this.#handover.takeBack(identity);
    if (!leaving) {
      this.#add(identity, wanted, range, config);
      return;
    }
    leaving.reconfigure(wanted, config, this.#isRestarting);
    this.#byIdentity.set(identity, { neighbor: leaving, range });
  }

  /** Ends the sessions nobody wants: at once, or when others have taken over. */
  #letGo(wanted: WantedNeighbors, hasOtherCluster: boolean): void {
    const unwanted = [...this.#byIdentity].filter(([identity]) => !wanted.has(identity));
    const newcomers = [...wanted.keys()].filter((identity) => !this.#byIdentity.has(identity));
    const isMost = unwanted.length > 1 && unwanted.length * 2 > this.#byIdentity.size;
    const isReshaped =
      isMost || newcomers.length > 0 || hasOtherCluster || this.#isReshaped(wanted);
    const leaving = new Map<string, Neighbor>();
    for (const [identity, { neighbor }] of unwanted) {
      if (isReshaped && mayLinger(neighbor, wanted)) leaving.set(identity, neighbor);
      else this.#remove(identity, neighbor);
      this.#byIdentity.delete(identity);
    }
    if (leaving.size === 0) return;
    this.#handover.begin(leaving, () =>
      newcomers.flatMap((identity) => this.#byIdentity.get(identity)?.neighbor ?? []),
    );
  }

  /** Sessions that stay have another part to play, as when mesh sessions become those of a reflector. */
  #isReshaped(wanted: WantedNeighbors): boolean {
    return [...wanted].some(([identity, { config }]) => {
      const old = this.#byIdentity.get(identity)?.neighbor.config;
      if (!old) return false;
      return old.name !== config.name || old.routeReflectorClient !== config.routeReflectorClient;
    });
  }

  #add(
    identity: string,
    wanted: NeighborConfig,
    range: string | undefined,
    config: Config,
  ): Neighbor {
    const neighbor = new Neighbor(wanted, config, this.#isRestarting, this.#ports, this.#owner);
    this.#byIdentity.set(identity, { neighbor, range });
    neighbor.start();
    return neighbor;
  }

  #remove(identity: string, neighbor: Neighbor): void {
    this.#byIdentity.delete(identity);
    this.#drop(neighbor);
  }

  #drop(neighbor: Neighbor): void {
    this.onRemoved(neighbor);
    neighbor.remove({ subcode: CEASE_PEER_DECONFIGURED });
    this.#owner.settled(neighbor.config.name);
    this.#owner.removed(neighbor);
  }

  #isFollowed(zone: string): boolean {
    return this.#config?.neighbors.some((neighbor) => zoneOf(neighbor) === zone) ?? false;
  }

  #followInterfaces({ neighbors }: Config): void {
    const zones = new Set(neighbors.flatMap((neighbor) => zoneOf(neighbor) ?? []));
    for (const zone of this.#heard.keys()) if (!zones.has(zone)) this.#heard.delete(zone);
    const reason = this.#ports.discovery.follow(zones, (router, zone) => this.hear(router, zone));
    if (reason) this.#ports.log.error({ reason }, 'cannot look for neighbors on interfaces');
  }

  #admit(address: Address, zone: string | undefined): Neighbor | Refusal {
    const config = this.#config;
    const range = config && findRange(config, address);
    if (!range) return { reason: 'no neighbor has this address', isNeighbor: false };
    const name = formatPrefix(range.prefix);
    const members = [...this.#byIdentity.values()].filter((admitted) => admitted.range === name);
    if (members.length >= range.limit) {
      return { reason: `the range ${name} is full: ${range.limit} neighbors`, isNeighbor: true };
    }
    const member = memberOf(range, address, zone);
    return this.#add(identityOf(member), member, name, config);
  }

  /** A neighbour of a range that rests is forgotten, so that it does not count against the limit. */
  #forget(neighbor: Neighbor): void {
    const identity = identityOf(neighbor.config);
    const known = this.#byIdentity.get(identity);
    if (known?.neighbor !== neighbor || known.range === undefined) return;
    if (neighbor.isResting) this.#remove(identity, neighbor);
  }
}

/** A session that is up, and in nobody's way. */
function mayLinger({ session, config }: Neighbor, wanted: WantedNeighbors): boolean {
  if (session.state !== 'Established' || wanted.size === 0) return false;
  const { address, interface: zone } = config;
  return ![...wanted.values()].some(
    (other) => sameAddress(other.config.address, address) && other.config.interface === zone,
  );
}

function identityOf({ address, interface: zone, port }: NeighborConfig): string {
  return `${formatScopedAddress(address, zone)} ${port}`;
}

/** The interface of a neighbour that is yet to be found. */
function zoneOf({ address, interface: zone }: NeighborConfig): string | undefined {
  return isUnspecified(address) ? zone : undefined;
}

/** With the address that was heard on its interface, or waiting for one. */
function locate(neighbor: NeighborConfig, heard: ReadonlyMap<string, Address>): NeighborConfig {
  const zone = zoneOf(neighbor);
  if (zone === undefined) return neighbor;
  const address = heard.get(zone);
  if (address) return { ...neighbor, address };
  const { waitingFor = `a router on ${zone}` } = neighbor;
  return { ...neighbor, waitingFor };
}

/** The longest range that covers an address. */
export function findRange(config: Config, address: Address): NeighborRangeConfig | undefined {
  return config.neighborRanges
    .filter(({ prefix }) => containsAddress(prefix, address))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0];
}

/** A dynamic neighbour: it always waits for the peer to dial. */
export function memberOf(
  range: NeighborRangeConfig,
  address: Address,
  zone: string | undefined,
): NeighborConfig {
  const { prefix: _prefix, limit: _limit, ...session } = range;
  return {
    ...session,
    name: `Dynamic_${formatScopedAddress(address, zone)}`,
    address,
    interface: zone,
    passive: true,
  };
}
