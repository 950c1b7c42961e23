/**
 * Keeps the routes of a neighbour that restarts, family by family (RFC 4724 §4.2, RFC 8538, RFC 9494).
 *
 *     session lost ─▶ restarting ──restart time──▶ long-lived ──stale time──▶ flushed
 *                        │  back, F bit                │  back, F bit
 *                        ▼                             ▼
 *                     returned ─────────── End-of-RIB, or patience is over ─▶ flushed
 *
 * A family without long-lived stale time skips that phase; one without restart time begins with it. The
 * stale time goes on running when the neighbour comes and goes again, so that it bounds the whole outage.
 */
import type { NegotiatedSession, PeerGracefulRestart } from '../bgp/session/negotiate.ts';
import type { Family } from '../net/family.ts';
import type { PeerId } from '../rib/ids.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** How long a neighbour that is back may take to send everything again, unless it asked for more. */
export const PATIENCE_SEC = 360;

export interface RestartHelperPorts {
  readonly clock: Clock;
  readonly rib: Rib;
}

/** What is kept of one family. */
interface Kept {
  readonly isLongLived: boolean;
  /** Runs until the phase is over. */
  readonly timer: Timer;
}

/** See the head of the file. One per neighbour. */
export class RestartHelper {
  readonly #ports: RestartHelperPorts;
  readonly #peer: PeerId;
  readonly #done: () => void;
  readonly #kept = new Map<Family, Kept>();

  /** @param done told when nothing is kept any more because a time was up */
  constructor(ports: RestartHelperPorts, peer: PeerId, done: () => void) {
    this.#ports = ports;
    this.#peer = peer;
    this.#done = done;
  }

  /** True while routes are kept for the neighbour to come back. */
  get isKeeping(): boolean {
    return this.#kept.size > 0;
  }

  /** The session is lost: keeps what the peer asked to have kept, and withdraws the rest. */
  down(peer: PeerGracefulRestart | undefined): void {
    const longLived = peer?.longLived.filter(({ staleTimeSec }) => staleTimeSec > 0) ?? [];
    const restarting = peer?.families.map(({ family }) => family) ?? [];
    const families = [...new Set([...restarting, ...longLived.map(({ family }) => family)])];
    this.#ports.rib.peerDown(this.#peer, { keepStale: families });
    for (const family of [...this.#kept.keys()])
      if (!families.includes(family)) this.#forget(family);
    for (const family of families) {
      const staleTimeSec = longLived.find((each) => each.family === family)?.staleTimeSec ?? 0;
      const restartTimeSec = restarting.includes(family) ? peer!.restartTimeSec : 0;
      this.#keep(family, restartTimeSec, staleTimeSec);
    }
  }

  /** The session is back: what the peer did not keep forwarding goes at once (RFC 4724 §4.2). */
  up({ gracefulRestart }: NegotiatedSession): void {
    for (const [family, { isLongLived }] of [...this.#kept]) {
      const list = isLongLived ? gracefulRestart?.longLived : gracefulRestart?.families;
      const now = list?.find((each) => each.family === family);
      if (!now?.isForwardingPreserved) {
        this.#flush(family);
      } else if (!isLongLived) {
        const patienceSec = Math.max(PATIENCE_SEC, gracefulRestart!.restartTimeSec);
        this.#start(family, false, patienceSec, () => this.#giveUp(family));
      }
    }
  }

  /** The RIB has dropped what was not sent again. */
  endOfRib(family: Family): void {
    this.#forget(family);
  }

  /** Drops what is kept: the session ends for good. */
  abandon(): void {
    for (const family of [...this.#kept.keys()]) this.#flush(family);
  }

  #keep(family: Family, restartTimeSec: number, staleTimeSec: number): void {
    if (this.#kept.get(family)?.isLongLived) {
      this.#ports.rib.keepLongLived(this.#peer, family); // the stale time goes on (RFC 9494 §4.2)
    } else if (restartTimeSec > 0 || staleTimeSec === 0) {
      this.#start(family, false, restartTimeSec, () => this.#restartTimeOver(family, staleTimeSec));
    } else this.#keepLongLived(family, staleTimeSec);
  }

  #restartTimeOver(family: Family, staleTimeSec: number): void {
    if (staleTimeSec > 0) this.#keepLongLived(family, staleTimeSec);
    else this.#giveUp(family);
  }

  #keepLongLived(family: Family, staleTimeSec: number): void {
    this.#start(family, true, staleTimeSec, () => this.#giveUp(family));
    this.#ports.rib.keepLongLived(this.#peer, family);
  }

  #giveUp(family: Family): void {
    this.#flush(family);
    if (!this.isKeeping) this.#done();
  }

  #start(family: Family, isLongLived: boolean, seconds: number, over: () => void): void {
    this.#forget(family);
    const timer = this.#ports.clock.setTimer(seconds * 1000, over);
    this.#kept.set(family, { isLongLived, timer });
  }

  #flush(family: Family): void {
    this.#forget(family);
    this.#ports.rib.flushStale(this.#peer, family);
  }

  #forget(family: Family): void {
    this.#kept.get(family)?.timer.cancel();
    this.#kept.delete(family);
  }
}
