/** The way out to one peer: remembers whether it takes more, and hands out shared buffers by segment. */
import type { PeerId } from './ids.ts';
import type { OutboundPeer } from './ports.ts';
import type { EncodedUpdates } from './update-packer.ts';

export class Outbox {
  readonly #peer: PeerId;
  readonly #outbound: OutboundPeer;
  /** False from the moment the peer answered "no more room" until the daemon says it is writable. */
  isWritable = true;

  constructor(peer: PeerId, outbound: OutboundPeer) {
    this.#peer = peer;
    this.#outbound = outbound;
  }

  /** Sends a whole buffer. */
  sendBytes(bytes: Uint8Array): void {
    this.#send(bytes, 0, bytes.length);
  }

  /** Sends the segments that do not exclude this peer, neighbouring ones together. */
  sendUpdates({ bytes, ends, excluded }: EncodedUpdates): void {
    let start = 0;
    for (let i = 0; i < ends.length; i++) {
      if (excluded[i] !== this.#peer) continue;
      this.#send(bytes, start, ends[i - 1] ?? 0);
      start = ends[i]!;
    }
    this.#send(bytes, start, bytes.length);
  }

  #send(bytes: Uint8Array, at: number, end: number): void {
    if (at < end && !this.#outbound.send(bytes, at, end)) this.isWritable = false;
  }
}
