/**
 * The books over what every receiving session should hold and does hold.
 *
 *   wanted   row → hash of the attributes all receivers shall see, 0 where they shall see nothing
 *   held     per receiver: row → hash it was sent last, 0 when withdrawn or never sent
 *
 * `pending` counts the (receiver, row) pairs where the two differ; a phase has ended when it is 0. Rows
 * a session announces itself are left out of its account: speakers differ in whether they come back.
 */
import { RouteIndex } from './route-index.ts';
import type { RouteSet } from './route-set.ts';

export class Ledger {
  /** Pairs that are not as wanted. */
  pending = 0;
  /** Routes received that nobody offered. */
  strangers = 0;
  readonly #index: RouteIndex;
  readonly #wanted: Uint32Array;
  readonly #accounts: Account[] = [];
  #offered = 0;

  /** @param capacity rows over all sources */
  constructor(capacity: number) {
    this.#index = new RouteIndex(capacity);
    this.#wanted = new Uint32Array(capacity);
  }

  /**
   * Enters a source's routes, wanted by nobody yet.
   *
   * @returns the row of its first route; the others follow
   */
  offer(routes: RouteSet): number {
    const base = this.#offered;
    for (let i = 0; i < routes.addresses.length; i++) {
      this.#index.add(routes.addresses[i]!, routes.lengths[i]!);
    }
    this.#offered += routes.addresses.length;
    return base;
  }

  /** Opens the account of a session that itself announces `[ownFrom, ownTo)`. */
  open(name: string, ownFrom: number, ownTo: number): Account {
    const account = { name, held: new Uint32Array(this.#wanted.length), ownFrom, ownTo };
    this.#accounts.push(account);
    return account;
  }

  /** From now on all receivers shall see this hash for the row; 0 for none. */
  want(row: number, hash: number): void {
    const before = this.#wanted[row]!;
    this.#wanted[row] = hash;
    for (const { held, ownFrom, ownTo } of this.#accounts) {
      if (row >= ownFrom && row < ownTo) continue;
      if (held[row] === before) this.pending++;
      if (held[row] === hash) this.pending--;
    }
  }

  /**
   * Enters one received route.
   *
   * @param hash of its attributes; 0 when it was withdrawn
   * @returns the row when it came right by this, else −1
   */
  enter(account: Account, bytes: Uint8Array, at: number, bits: number, hash: number): number {
    const row = this.#index.row(bytes, at, bits);
    if (row < 0) {
      this.strangers++;
      return -1;
    }
    if (row >= account.ownFrom && row < account.ownTo) return -1;
    const wanted = this.#wanted[row]!;
    const before = account.held[row]!;
    account.held[row] = hash;
    if (before === wanted) {
      if (hash !== wanted) this.pending++;
      return -1;
    }
    if (hash !== wanted) return -1;
    this.pending--;
    return row;
  }

  /** What is wrong, for a failure report; empty when nothing is. */
  faults(): string {
    if (this.strangers > 0) return `${this.strangers} routes arrived that nobody announced`;
    if (this.pending === 0) return '';
    const faulty = this.#accounts.map((account) => this.#faultsOf(account)).filter(Boolean);
    return `${this.pending} routes are not right; ${faulty.slice(0, 3).join('; ')}`;
  }

  #faultsOf({ name, held, ownFrom, ownTo }: Account): string {
    let missing = 0;
    let wrong = 0;
    let surplus = 0;
    for (let row = 0; row < this.#offered; row++) {
      if (held[row] === this.#wanted[row] || (row >= ownFrom && row < ownTo)) continue;
      if (held[row] === 0) missing++;
      else if (this.#wanted[row] === 0) surplus++;
      else wrong++;
    }
    if (missing + wrong + surplus === 0) return '';
    return `${name}: ${missing} missing, ${wrong} with other attributes, ${surplus} not withdrawn`;
  }
}

/** What one receiving session holds; its fields are the ledger's business. */
export interface Account {
  readonly name: string;
  readonly held: Uint32Array;
  readonly ownFrom: number;
  readonly ownTo: number;
}
