/**
 * BFD beside one neighbour: a session while the configuration asks for one, and word of a broken path.
 *
 * Only Up → Down is a failure, and not when the peer took its own end down on purpose (RFC 5882 §4.2):
 * a peer without BFD, or one that is still starting, does not keep BGP from coming up.
 */

import { STATE_ADMIN_DOWN, STATE_DOWN, STATE_UP, type WireState } from '../bfd/control-packet.ts';
import type { BfdManager, BfdOwner, BfdPeer } from '../bfd/manager.ts';
import type { BfdSession } from '../bfd/session.ts';
import type { NeighborConfig } from '../config/model.ts';
import { type Address, sameAddress } from '../net/address.ts';
import type { Log } from '../telemetry/log.ts';

const STATE_NAMES = ['AdminDown', 'Down', 'Init', 'Up'] as const;

export interface BfdWatchPorts {
  readonly bfd: BfdManager;
  readonly log: Log;
}

/** See the head of the file. */
export class BfdWatch implements BfdOwner {
  readonly #ports: BfdWatchPorts;
  readonly #pathBroke: () => void;
  #name = '';
  #peer: BfdPeer | undefined;
  #session: BfdSession | undefined;
  /** Our address on the session, which a peer expects packets from. */
  #localAddress: Address | undefined;

  constructor(ports: BfdWatchPorts, pathBroke: () => void) {
    this.#ports = ports;
    this.#pathBroke = pathBroke;
  }

  /** `Down`, `Init` or `Up`; null when nobody watches. */
  get state(): string | null {
    return this.#session ? STATE_NAMES[this.#session.state] : null;
  }

  /** Brings the session in line; only another path makes it start anew. */
  follow(neighbor: NeighborConfig): void {
    const wanted = peerOf(neighbor);
    this.#name = neighbor.name;
    if (!wanted || !this.#peer || !isSamePath(wanted, this.#peer)) this.stop();
    this.#peer = wanted;
    if (!wanted) return;
    if (this.#session) this.#session.setTimes(wanted);
    else this.#session = this.#ports.bfd.add(this.#withSource(wanted), this);
  }

  /** BGP runs over this address of ours; what is Up goes on as it is. */
  sessionUp(localAddress: Address | undefined): void {
    this.#localAddress = localAddress;
    const source = this.#peer && this.#withSource(this.#peer).localAddress;
    if (this.#session && source && this.#session.state !== STATE_UP)
      this.#ports.bfd.setSource(this.#session, source);
  }

  #withSource(peer: BfdPeer): BfdPeer {
    if (peer.localAddress || this.#localAddress?.length !== peer.remoteAddress.length) return peer;
    return { ...peer, localAddress: this.#localAddress };
  }

  /** Ends the session; the peer is told that this is on purpose. */
  stop(): void {
    if (this.#session) this.#ports.bfd.remove(this.#session);
    this.#session = undefined;
  }

  stateChanged(session: BfdSession, from: WireState, to: WireState): void {
    const { diagnostic, remoteState } = session;
    const fields = { neighbor: this.#name, from: STATE_NAMES[from], to: STATE_NAMES[to] };
    this.#ports.log.info({ ...fields, diagnostic }, 'bfd state');
    const isFailure = from === STATE_UP && to === STATE_DOWN && remoteState !== STATE_ADMIN_DOWN;
    if (isFailure) this.#pathBroke();
  }

  failed(reason: string): void {
    this.#ports.log.warn({ neighbor: this.#name, reason }, 'no bfd session');
  }
}

function peerOf({
  address,
  interface: zone,
  sourceAddress,
  bfd,
}: NeighborConfig): BfdPeer | undefined {
  if (!bfd) return undefined;
  return {
    localAddress: sourceAddress,
    remoteAddress: address,
    isMultihop: bfd.multihop,
    interface: zone,
    intervalMs: bfd.intervalMs,
    multiplier: bfd.multiplier,
  };
}

function isSamePath(a: BfdPeer, b: BfdPeer): boolean {
  const [ours, theirs] = [a.localAddress, b.localAddress];
  const isSameSource = ours && theirs ? sameAddress(ours, theirs) : ours === theirs;
  const isSameEnd = sameAddress(a.remoteAddress, b.remoteAddress);
  return isSameSource && isSameEnd && a.isMultihop === b.isMultihop;
}
