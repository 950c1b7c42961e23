/**
 * All BFD sessions of this process and the sockets they share (RFC 5881 single hop, RFC 5883 multihop).
 *
 *     port 3784 / 4784 ─▶ checks ─▶ by Your Discriminator, else by address ─▶ BfdSession
 *     BfdSession ─▶ its own socket, source port 49152–65535 ─▶ peer
 *
 * Only configured peers have state: a packet of anybody else is counted and forgotten. Receiving sockets
 * are open while a session needs them.
 */
import { type Address, sameAddress } from '../net/address.ts';
import { formatAddress, parseAddress } from '../net/text.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { UdpSocket, UdpSource, UdpTransport } from '../runtime/udp.ts';
import { type ControlPacket, decodeControl, type WireState } from './control-packet.ts';
import { BfdSession, type SessionTimes } from './session.ts';

/** Destination port (RFC 5881 §4, RFC 5883 §5). */
export const SINGLE_HOP_PORT = 3784;
export const MULTIHOP_PORT = 4784;

/** Source ports (RFC 5881 §4). */
const SOURCE_PORT_FIRST = 49_152;
const SOURCE_PORT_COUNT = 65_536 - SOURCE_PORT_FIRST;
const SOURCE_PORT_ATTEMPTS = 16;

/** What we send, and what a single hop demands of what it receives (RFC 5881 §5). */
const GTSM_TTL = 255;

/** After a socket could not be opened: the address may appear later. */
const REOPEN_DELAY_MS = 5000;

const ANY_V4: Address = parseAddress('0.0.0.0')!;
const ANY_V6: Address = parseAddress('::')!;

export interface BfdPeer extends SessionTimes {
  /** Source of our packets; the kernel chooses when undefined. */
  readonly localAddress: Address | undefined;
  readonly remoteAddress: Address;
  readonly isMultihop: boolean;
  /** For link-local addresses. */
  readonly interface: string | undefined;
}

/** Told of every change of state the wire brings about. */
export interface BfdOwner {
  stateChanged(session: BfdSession, from: WireState, to: WireState): void;
  /** A socket could not be opened; it is tried again by itself. */
  failed(reason: string): void;
}

export interface BfdPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly udp: UdpTransport;
}

interface Member {
  readonly key: string;
  peer: BfdPeer;
  readonly session: BfdSession;
  readonly owner: BfdOwner;
  socket: UdpSocket | undefined;
  retry: Timer | undefined;
  isRemoved: boolean;
}

/** See the head of the file. */
export class BfdManager {
  /** Datagrams that led nowhere: faulty, of unknown senders, of closed sessions. */
  discarded = 0;
  readonly #ports: BfdPorts;
  readonly #byDiscriminator = new Map<number, Member>();
  readonly #byAddress = new Map<string, Member>();
  /** By family and kind; a promise, because two sessions may want the same at once. */
  readonly #receivers = new Map<string, Promise<UdpSocket>>();

  constructor(ports: BfdPorts) {
    this.#ports = ports;
  }

  /**
   * Starts a session; it sends as soon as its sockets are open.
   *
   * @throws Error when there is a session of that kind with this address already
   */
  add(peer: BfdPeer, owner: BfdOwner): BfdSession {
    const key = keyOf(peer.isMultihop, { address: peer.remoteAddress, interface: peer.interface });
    if (this.#byAddress.has(key)) throw new Error(`two BFD sessions for ${key}`);
    const member: Member = {
      key,
      peer,
      owner,
      socket: undefined,
      retry: undefined,
      isRemoved: false,
      session: new BfdSession(this.#freeDiscriminator(), peer, {
        ...this.#ports,
        send: (bytes) => member.socket?.send(bytes, targetOf(peer), portOf(peer)),
        stateChanged: (from, to) => owner.stateChanged(member.session, from, to),
      }),
    };
    this.#byAddress.set(key, member);
    this.#byDiscriminator.set(member.session.localDiscriminator, member);
    void this.#open(member); // reports its failures to the owner
    return member.session;
  }

  /** Sends from this address from now on; the peer hears nothing of it but the packets. */
  setSource(session: BfdSession, localAddress: Address): void {
    const member = this.#byDiscriminator.get(session.localDiscriminator);
    if (!member) return;
    const before = member.peer.localAddress;
    if (before && sameAddress(before, localAddress)) return;
    member.peer = { ...member.peer, localAddress };
    if (member.socket) void this.#moveSource(member); // else it is being opened, or will be
  }

  /** Ends a session and says so to the peer, which then does not count it as a failure. Idempotent. */
  remove(session: BfdSession): void {
    const member = this.#byDiscriminator.get(session.localDiscriminator);
    if (!member) return;
    member.isRemoved = true;
    member.retry?.cancel();
    session.stop();
    member.socket?.close();
    this.#byDiscriminator.delete(session.localDiscriminator);
    this.#byAddress.delete(member.key);
    this.#closeIdleReceivers();
  }

  /** Ends all sessions. */
  close(): void {
    for (const { session } of [...this.#byDiscriminator.values()]) this.remove(session);
  }

  async #open(member: Member): Promise<void> {
    try {
      await this.#receiver(member.peer);
      const { peer } = member;
      member.socket = await this.#openSource(peer);
      if (member.isRemoved) member.socket.close();
      else member.session.start();
      if (member.peer !== peer) void this.#moveSource(member);
    } catch (error) {
      if (member.isRemoved) return;
      member.owner.failed(error instanceof Error ? error.message : String(error));
      member.retry = this.#ports.clock.setTimer(REOPEN_DELAY_MS, () => void this.#open(member));
    }
  }

  /** The old socket serves until the new one is open. */
  async #moveSource(member: Member): Promise<void> {
    const { peer } = member;
    try {
      const socket = await this.#openSource(peer);
      const isCurrent = !member.isRemoved && member.peer === peer;
      const unused = isCurrent ? member.socket : socket;
      if (isCurrent) member.socket = socket;
      unused?.close();
    } catch (error) {
      member.owner.failed(error instanceof Error ? error.message : String(error));
    }
  }

  #receiver(peer: BfdPeer): Promise<UdpSocket> {
    const name = receiverOf(peer);
    const known = this.#receivers.get(name);
    if (known) return known;
    const on = {
      address: anyOf(peer.remoteAddress),
      port: portOf(peer),
      ttl: GTSM_TTL,
      ...(peer.isMultihop ? {} : { minimumTtl: GTSM_TTL }),
    };
    const opening = this.#ports.udp.open(on, (bytes, from) =>
      this.#receive(bytes, from, peer.isMultihop),
    );
    this.#receivers.set(name, opening);
    opening.catch(() => this.#receivers.delete(name)); // who waits for it reports it
    return opening;
  }

  #closeIdleReceivers(): void {
    const needed = new Set([...this.#byAddress.values()].map(({ peer }) => receiverOf(peer)));
    for (const [name, opening] of this.#receivers) {
      if (needed.has(name)) continue;
      this.#receivers.delete(name);
      const ignore = () => undefined; // one that never opened needs no closing
      opening.then((socket) => socket.close(), ignore);
    }
  }

  /** One source port per session, for its whole life (RFC 5881 §4). */
  async #openSource(peer: BfdPeer): Promise<UdpSocket> {
    const address = peer.localAddress ?? anyOf(peer.remoteAddress);
    const first = Math.floor(this.#ports.random.uniform() * SOURCE_PORT_COUNT);
    for (let attempt = 1; ; attempt++) {
      const port = SOURCE_PORT_FIRST + ((first + attempt) % SOURCE_PORT_COUNT);
      try {
        return await this.#ports.udp.open({ address, port, ttl: GTSM_TTL }, () => {
          this.discarded++;
        });
      } catch (error) {
        if (attempt === SOURCE_PORT_ATTEMPTS) throw error;
      }
    }
  }

  #receive(bytes: Uint8Array, from: UdpSource, isMultihop: boolean): void {
    const packet = decodeControl(bytes);
    const member = typeof packet === 'string' ? undefined : this.#find(packet, from, isMultihop);
    if (member === undefined || typeof packet === 'string') this.discarded++;
    else member.session.receive(packet);
  }

  /** RFC 5880 §6.8.6: by discriminator where the peer knows ours, else by who sent it. */
  #find(packet: ControlPacket, from: UdpSource, isMultihop: boolean): Member | undefined {
    const { yourDiscriminator } = packet;
    if (yourDiscriminator === 0) return this.#byAddress.get(keyOf(isMultihop, from));
    const member = this.#byDiscriminator.get(yourDiscriminator);
    if (!member || member.peer.isMultihop !== isMultihop) return undefined;
    return sameAddress(member.peer.remoteAddress, from.address) ? member : undefined;
  }

  /** Random, so that nobody off the path can guess it. */
  #freeDiscriminator(): number {
    let candidate = Math.floor(this.#ports.random.uniform() * 0xffff_ffff) + 1;
    while (this.#byDiscriminator.has(candidate)) candidate = (candidate % 0xffff_ffff) + 1;
    return candidate;
  }
}

function keyOf(isMultihop: boolean, from: UdpSource): string {
  const zone = from.interface === undefined ? '' : `%${from.interface}`;
  return `${isMultihop ? 'multihop' : 'single-hop'} ${formatAddress(from.address)}${zone}`;
}

function receiverOf({ remoteAddress, isMultihop }: BfdPeer): string {
  return `${remoteAddress.length} ${isMultihop}`;
}

function portOf({ isMultihop }: BfdPeer): number {
  return isMultihop ? MULTIHOP_PORT : SINGLE_HOP_PORT;
}

function targetOf({ remoteAddress, interface: zone }: BfdPeer): UdpSource {
  return { address: remoteAddress, interface: zone };
}

function anyOf(address: Address): Address {
  return address.length === 4 ? ANY_V4 : ANY_V6;
}
