/**
 * Routes of ours that others keep changing, each with the evidence and a back-off: what is lost once is
 * put back at once, what is lost again and again is put back ever more seldom, so that no other writer
 * ever gets us into an endless fight.
 */
import type { Clock, Timer } from '../runtime/clock.ts';

/** So many losses are made good at once. */
const PATIENCE = 3;
const FIRST_HOLD_MS = 2000;
const LAST_HOLD_MS = 60_000;
/** Undisturbed for this long after the last hold, a route is nobody's quarrel any more. */
const QUIET_MS = 60_000;
/** More routes in dispute than this are not told apart from quiet ones; the oldest are forgotten. */
const MAXIMUM_CONTESTS = 10_000;

/** What was seen of the other writer. */
export interface Rival {
  /** It took our route away, put its own in the place, or changed or added one of our protocol. */
  readonly did: 'deleted' | 'replaced' | 'changed';
  /** rtm_protocol of the route it left behind, or of the one it took away. */
  readonly protocol: number;
  readonly metric: number;
  /** Its netlink port, nearly always its process id; undefined when not told. */
  readonly port: number | undefined;
}

/** The dispute over one prefix. */
export interface RouteContest {
  readonly rival: Rival;
  /** Losses since the dispute began. */
  readonly losses: number;
  /** Monotonic ms. */
  readonly since: number;
  readonly lastAt: number;
  /** Nothing is written before; monotonic ms. */
  readonly holdUntil: number;
}

/** Who is told of disputes. */
export interface ContestOwner {
  /** A hold is over. */
  retry(prefix: string): void;
  /** A hold begins, and `others` did since the last time this was called: at most once in two seconds. */
  held(prefix: string, contest: RouteContest, others: number): void;
}

/** The disputes of one family, by prefix in text form. */
export class RouteContests {
  readonly #clock: Clock;
  readonly #owner: ContestOwner;
  readonly #byPrefix = new Map<string, RouteContest>();
  /** Runs while any route is left alone. */
  #timer: Timer | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(clock: Clock, owner: ContestOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  /** True while any route may be left alone. */
  get isHolding(): boolean {
    return this.#timer !== undefined;
  }

  /** Routes left alone. */
  get heldCount(): number {
    if (!this.isHolding) return 0;
    const now = this.#clock.now();
    return [...this.#byPrefix.values()].filter(({ holdUntil }) => holdUntil > now).length;
  }

  get(prefix: string): RouteContest | undefined {
    return this.#byPrefix.get(prefix);
  }

  /** True while the route is left alone. */
  isHeld(prefix: string): boolean {
    return (this.#byPrefix.get(prefix)?.holdUntil ?? 0) > this.#clock.now();
  }

  /** Another loss. */
  lost(prefix: string, rival: Rival): void {
    const now = this.#clock.now();
    const known = this.#byPrefix.get(prefix);
    const isOld = !known || now > Math.max(known.holdUntil, known.lastAt) + QUIET_MS;
    const losses = isOld ? 1 : known.losses + 1;
    const since = isOld ? now : known.since;
    // What happens during a hold does not make it longer: it was agreed to look again at its end.
    const isHeld = !isOld && known.holdUntil > now;
    const holdUntil = isHeld ? known.holdUntil : now + holdMs(losses);
    const contest = { rival, losses, since, lastAt: now, holdUntil };
    this.#byPrefix.delete(prefix); // the order is that of the last loss
    this.#byPrefix.set(prefix, contest);
    this.#forgetOldest();
    if (holdUntil <= now || isHeld) return;
    this.#timer ??= this.#clock.setTimer(FIRST_HOLD_MS, () => this.#wake());
    this.#tell(prefix, contest);
  }

  /** We have something new to say about the route: it is not held back for an old quarrel. */
  grant(prefix: string): void {
    const known = this.#byPrefix.get(prefix);
    if (known) this.#byPrefix.set(prefix, { ...known, holdUntil: 0 });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #tell(prefix: string, contest: RouteContest): void {
    const now = this.#clock.now();
    if (now < this.#toldAt + FIRST_HOLD_MS) {
      this.#untold++;
      return;
    }
    this.#owner.held(prefix, contest, this.#untold);
    this.#toldAt = now;
    this.#untold = 0;
  }

  #forgetOldest(): void {
    if (this.#byPrefix.size <= MAXIMUM_CONTESTS) return;
    const [oldest] = this.#byPrefix.keys();
    if (oldest === undefined) return;
    this.#byPrefix.delete(oldest);
    this.#owner.retry(oldest);
  }

  /** One coarse timer for all, while any is held. */
  #wake(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    let isAnyHeld = false;
    for (const [prefix, contest] of this.#byPrefix) {
      if (contest.holdUntil > now) isAnyHeld = true;
      else if (contest.holdUntil > 0) this.#owner.retry(prefix);
      if (now > Math.max(contest.holdUntil, contest.lastAt) + QUIET_MS) {
        this.#byPrefix.delete(prefix);
      }
    }
    if (isAnyHeld) this.#timer = this.#clock.setTimer(FIRST_HOLD_MS, () => this.#wake());
  }
}

function holdMs(losses: number): number {
  if (losses <= PATIENCE) return 0;
  return Math.min(FIRST_HOLD_MS * 2 ** (losses - PATIENCE - 1), LAST_HOLD_MS);
}
