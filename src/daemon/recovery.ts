/**
 * Start-up recovery (START-1, RFC 4724 §4.1): decides when neighbours that bridge our restart are told our
 * routes, and when routes left in the kernel by an earlier run may be pruned.
 *
 * Every neighbour configured at start owes an End-of-RIB. Both happen when all have delivered it. One that
 * turned out to owe none (no graceful restart, or restarting itself) usually sends its routes at once all the
 * same: it has a few seconds for that, or else all nodes of a cluster that restart together would tell and prune
 * before they know each other's routes. One that says nothing holds the others back for a bounded time only:
 *
 *     0 s ─────────── 60 s ───────────────── selectionDeferralTime ───────── 240 s
 *     all count       those without a        announcements go out            kernel is pruned
 *                     session do not
 *
 * The neighbours themselves keep our old routes for longer than that.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** How long unanswered neighbours are waited for (calico-bgp-behaviour §22: own GR recovery wait). */
export const RECOVERY_LIMIT_MS = 240_000;

/** A neighbour without a session after this long is taken for absent: no announcement waits for it. */
export const ABSENT_AFTER_MS = 60_000;

/** What a neighbour that owes nothing has to deliver its routes. */
export const COURTESY_MS = 5_000;

export interface RecoveryOwner {
  /** Called once: neighbours may be told. */
  announce(reason: string): void;
  /** Called once, after `announce`: nothing more is waited for. */
  done(reason: string): void;
}

/** Counts down the neighbours that still owe their routes. */
export class Recovery {
  /** Who owes, and whether it has a session. */
  readonly #owing: Map<string, boolean>;
  readonly #owner: RecoveryOwner;
  readonly #clock: Clock;
  readonly #timers: Timer[];
  #isAnnouncing = false;
  #isDone = false;
  /** Those without a session are waited for no longer. */
  #ignoresAbsent = false;

  /** @param deferralTimeSec longest wait before announcements */
  constructor(
    names: Iterable<string>,
    deferralTimeSec: number,
    clock: Clock,
    owner: RecoveryOwner,
  ) {
    this.#owing = new Map([...names].map((name) => [name, false]));
    this.#owner = owner;
    this.#clock = clock;
    const deferralMs = deferralTimeSec * 1000;
    const limitMs = Math.max(RECOVERY_LIMIT_MS, deferralMs);
    this.#timers = [
      clock.setTimer(deferralMs, () => this.#announce('the selection deferral time is up')),
      clock.setTimer(ABSENT_AFTER_MS, () => this.#ignoreAbsent()),
      clock.setTimer(limitMs, () => this.#finish('time is up')),
    ];
    clock.defer(() => this.#check());
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** True while neighbours that bridge our restart are not told anything. */
  get isDeferring(): boolean {
    return !this.#isAnnouncing;
  }

  /** The neighbour has a session, or lost it. */
  setPresent(name: string, isPresent: boolean): void {
    if (!this.#owing.has(name)) return;
    this.#owing.set(name, isPresent);
    this.#check();
  }

  /** The neighbour delivered its routes, or owes none any more. */
  settle(name: string): void {
    this.#owing.delete(name);
    this.#check();
  }

  /** The neighbour owes nothing, and is waited for as long as its routes may be on their way. */
  settleSoon(name: string): void {
    if (!this.#owing.has(name)) return;
    this.#timers.push(this.#clock.setTimer(COURTESY_MS, () => this.settle(name)));
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#isAnnouncing = true;
    this.#isDone = true;
  }

  #ignoreAbsent(): void {
    this.#ignoresAbsent = true;
    this.#check();
  }

  #check(): void {
    if (this.#owing.size === 0) this.#finish('all neighbors delivered their routes');
    else if (this.#ignoresAbsent && ![...this.#owing.values()].includes(true)) {
      this.#announce('all neighbors that are there delivered their routes');
    }
  }

  #announce(reason: string): void {
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    this.#owner.announce(reason);
  }

  #finish(reason: string): void {
    if (this.#isDone) return;
    this.#announce(reason);
    this.stop();
    this.#owner.done(reason);
  }
}
