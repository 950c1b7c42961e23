/**
 * A reflector that comes or goes has neighbors whose other sessions are yet to come up, and nobody here can tell
 * when they are. For a while it goes on reflecting to a client that is none any more, and takes what the reflector
 * before it passes on, although that has been through the same cluster.
 */
import type { PeerId } from '../rib/ids.ts';
import type { RibPeer } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import { LONGEST_HANDOVER_MS } from './handover.ts';

/** Hands the settings of one neighbor to the RIB. */
export class LingeringClient {
  readonly peerId: PeerId;
  readonly #ports: { readonly clock: Clock; readonly rib: Rib };
  #wanted: RibPeer;
  /** Runs while the neighbor is in between. */
  #timer: Timer | undefined;

  constructor(ports: { readonly clock: Clock; readonly rib: Rib }, peer: RibPeer) {
    this.#ports = ports;
    this.#wanted = peer;
    this.peerId = ports.rib.addPeer(peer);
  }

  /** @param isUp while the session is down there is nothing to go on with */
  update(peer: RibPeer, isUp: boolean): void {
    const { rib, clock } = this.#ports;
    const isOther = this.#wanted.isRouteReflectorClient !== peer.isRouteReflectorClient;
    this.#wanted = peer;
    if (isOther) {
      this.stop();
      if (isUp) this.#timer = clock.setTimer(LONGEST_HANDOVER_MS, () => this.#end());
    }
    rib.updatePeer(this.peerId, this.#timer ? inBetween(peer) : peer);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #end(): void {
    this.#timer = undefined;
    this.#ports.rib.updatePeer(this.peerId, this.#wanted);
  }
}

function inBetween(peer: RibPeer): RibPeer {
  return { ...peer, isRouteReflectorClient: true, allowsOwnCluster: true };
}
