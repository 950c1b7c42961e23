/** Who is up, for every collector alike: sessions that are Established, and the router itself for Loc-RIB. */
import type { PeerId } from '../rib/ids.ts';
import type { BmpPeerDown, BmpPeerUp, Statistic } from './messages.ts';

export interface MonitoredPeer extends BmpPeerUp {
  readonly id: PeerId;
  /** Wall time in ms since 1970 at which the session came up. */
  readonly upAt: number;
  /** Figures of now. */
  statistics(): readonly Statistic[];
}

/** Told of what happens to peers. */
export interface PeersFollower {
  peerUp(peer: MonitoredPeer): void;
  peerDown(peer: MonitoredPeer, end: BmpPeerDown): void;
}

/** See the head of the file. */
export class MonitoredPeers {
  readonly #up = new Map<PeerId, MonitoredPeer>();
  readonly #followers = new Set<PeersFollower>();

  list(): Iterable<MonitoredPeer> {
    return this.#up.values();
  }

  follow(follower: PeersFollower): void {
    this.#followers.add(follower);
  }

  unfollow(follower: PeersFollower): void {
    this.#followers.delete(follower);
  }

  up(peer: MonitoredPeer): void {
    this.#up.set(peer.id, peer);
    for (const follower of this.#followers) follower.peerUp(peer);
  }

  down(id: PeerId, end: BmpPeerDown): void {
    const peer = this.#up.get(id);
    if (!peer) return;
    this.#up.delete(id);
    for (const follower of this.#followers) follower.peerDown(peer, end);
  }
}
