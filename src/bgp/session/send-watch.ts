/**
 * Watches that what we send leaves (RFC 9687): a peer that keeps its TCP window shut would otherwise
 * hold stale routes for as long as it likes to send KEEPALIVEs.
 */
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Connection } from '../../runtime/transport.ts';

const CHECK_EVERY_MS = 15_000;

/** One per connection. Looks at the socket's buffer now and then; costs nothing per message. */
export class SendWatch {
  readonly #clock: Clock;
  readonly #expired: () => void;
  #timer: Timer | undefined;
  /** Octets that had left at the last look. */
  #leftBytes = 0;
  /**
   * How long looks have found a full buffer that nothing left. A look counts for the time it was due after, so that
   * a halt of this process, in which nothing could leave, is not held against the peer.
   */
  #stuckMs = 0;

  constructor(clock: Clock, expired: () => void) {
    this.#clock = clock;
    this.#expired = expired;
  }

  /** `sentBytes` tells how much was handed to the connection since it opened. */
  start(connection: Connection, sentBytes: () => number, limitMs: number): void {
    this.stop();
    this.#stuckMs = 0;
    this.#watch(connection, sentBytes, limitMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #watch(connection: Connection, sentBytes: () => number, limitMs: number): void {
    const everyMs = Math.min(CHECK_EVERY_MS, limitMs / 4);
    this.#timer = this.#clock.setTimer(everyMs, () => {
      const leftBytes = sentBytes() - connection.bufferedBytes;
      const hasMoved = connection.bufferedBytes === 0 || leftBytes > this.#leftBytes;
      this.#stuckMs = hasMoved ? 0 : this.#stuckMs + everyMs;
      this.#leftBytes = leftBytes;
      if (this.#stuckMs >= limitMs) this.#expired();
      else this.#watch(connection, sentBytes, limitMs);
    });
  }
}
