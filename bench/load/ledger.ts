/**
 * The books over what every receiving session should hold and does hold.
 *
 *   wanted   row → hash of the attributes all receivers shall see, 0 where they shall see nothing
 *   held     per receiver: row → hash it was sent last, 0 when withdrawn or never sent
 *
 * A prefix has as many rows as it has paths that are passed on: one, or with ADD-PATH one per source. Which
 * of the paths takes which row is up to the speaker's path identifiers; what counts is that the hashes
 * are those that are wanted.
 *
 * `pending` counts the (receiver, prefix) pairs that are not as wanted; a phase has ended when it is 0. Prefixes
 * a session announces itself are left out of its account: speakers differ in whether they come back. So
 * are sessions that are down or slow on purpose, until they are awaited.
 */
import type { Family } from '../../src/net/family.ts';
import { RouteIndex } from './route-index.ts';
import type { RouteSet } from './route-set.ts';

export class Ledger {
  /** Pairs that are not as wanted. */
  pending = 0;
  /** Routes received that nobody offered. */
  strangers = 0;
  readonly #index: RouteIndex;
  readonly #copies: number;
  readonly #wanted: Uint32Array;
  readonly #accounts: Account[] = [];

  /**
   * @param capacity prefixes over all sources
   * @param copies paths of each prefix
   */
  constructor(capacity: number, family: Family = 'ipv4-unicast', copies = 1) {
    this.#index = new RouteIndex(capacity, family);
    this.#copies = copies;
    this.#wanted = new Uint32Array(capacity * copies);
  }

  /**
   * Enters a source's routes, wanted by nobody yet.
   *
   * @param copy which of its prefixes' paths these are, from 0; prefixes are new for the first
   * @returns the row of its first route; the others follow `copies` rows apart
   */
  offer(routes: RouteSet, copy = 0): number {
    const { addresses, lengths } = routes;
    if (copy > 0) return this.#index.find(addresses[0]!, lengths[0]!) * this.#copies + copy;
    const base = this.#index.size * this.#copies;
    for (let i = 0; i < addresses.length; i++) this.#index.add(addresses[i]!, lengths[i]!);
    return base;
  }

  /** Opens the account of a session that itself announces the prefixes of rows `[ownFrom, ownTo)`. */
  open(name: string, ownFrom: number, ownTo: number): Account {
    const account = {
      name,
      held: new Uint32Array(this.#wanted.length),
      pathIds: new Uint32Array(this.#copies > 1 ? this.#wanted.length : 0),
      ownFrom,
      ownTo,
      isAwaited: true,
    };
    this.#accounts.push(account);
    return account;
  }

  /** From now on all receivers shall see this hash for the row; 0 for none. */
  want(row: number, hash: number): void {
    const first = row - (row % this.#copies);
    for (const account of this.#accounts) this.#count(account, first, -1);
    this.#wanted[row] = hash;
    for (const account of this.#accounts) this.#count(account, first, 1);
  }

  /** Says whether an account counts; one that did not is looked through. */
  await(account: Account, isAwaited: boolean): void {
    if (account.isAwaited === isAwaited) return;
    account.isAwaited = true;
    const sign = isAwaited ? 1 : -1;
    const { length } = this.#wanted;
    for (let row = 0; row < length; row += this.#copies) this.#count(account, row, sign);
    account.isAwaited = isAwaited;
  }

  /** The session is down: it holds nothing, and is not awaited. */
  clear(account: Account): void {
    this.await(account, false);
    account.held.fill(0);
  }

  /**
   * Enters one received route.
   *
   * @param hash of its attributes; 0 when it was withdrawn
   * @returns the row when its prefix came right by this, else −1
   */
  enter(
    account: Account,
    bytes: Uint8Array,
    at: number,
    bits: number,
    hash: number,
    pathId = 0,
  ): number {
    const prefix = this.#index.row(bytes, at, bits);
    if (prefix < 0) {
      this.strangers++;
      return -1;
    }
    const row = prefix * this.#copies;
    if (row >= account.ownFrom && row < account.ownTo) return -1;
    return this.#copies === 1
      ? this.#enterRow(account, row, hash)
      : this.#enterPath(account, row, hash, pathId);
  }

  /** What is wrong, for a failure report; empty when nothing is. */
  faults(): string {
    if (this.strangers > 0) return `${this.strangers} routes arrived that nobody announced`;
    if (this.pending === 0) return '';
    const faulty = this.#accounts.map((account) => this.#faultsOf(account)).filter(Boolean);
    return `${this.pending} routes are not right; ${faulty.slice(0, 3).join('; ')}`;
  }

  #enterRow(account: Account, row: number, hash: number): number {
    const wanted = this.#wanted[row]!;
    const before = account.held[row]!;
    account.held[row] = hash;
    if (!account.isAwaited) return -1;
    if (before === wanted) {
      if (hash !== wanted) this.pending++;
      return -1;
    }
    if (hash !== wanted) return -1;
    this.pending--;
    return row;
  }

  #enterPath(account: Account, first: number, hash: number, pathId: number): number {
    const row = this.#rowOfPath(account, first, pathId);
    if (row < 0) {
      if (hash !== 0) this.strangers++;
      return -1;
    }
    this.#count(account, first, -1);
    account.held[row] = hash;
    account.pathIds[row] = pathId;
    this.#count(account, first, 1);
    return this.#isRight(account, first) ? row : -1;
  }

  /** Where the path stands, or can; −1 when there are more than were offered. */
  #rowOfPath({ held, pathIds }: Account, first: number, pathId: number): number {
    let free = -1;
    for (let row = first; row < first + this.#copies; row++) {
      if (held[row] === 0) free = row;
      else if (pathIds[row] === pathId) return row;
    }
    return free;
  }

  /** Adds `sign` to what is pending when the prefix of the row is not as wanted. */
  #count(account: Account, first: number, sign: number): void {
    if (!account.isAwaited || (first >= account.ownFrom && first < account.ownTo)) return;
    if (!this.#isRight(account, first)) this.pending += sign;
  }

  /** True when the prefix's rows hold the wanted hashes, in any order. */
  #isRight({ held }: Account, first: number): boolean {
    const wanted = this.#wanted;
    if (this.#copies === 1) return held[first] === wanted[first];
    for (let row = first; row < first + this.#copies; row++) {
      let surplus = 0;
      for (let i = first; i < first + this.#copies; i++) {
        if (wanted[i] === wanted[row]) surplus--;
        if (held[i] === wanted[row]) surplus++;
      }
      if (surplus !== 0) return false;
    }
    return true;
  }

  #faultsOf(account: Account): string {
    const { name, held, ownFrom, ownTo } = account;
    let missing = 0;
    let wrong = 0;
    let surplus = 0;
    for (let row = 0; row < this.#wanted.length && account.isAwaited; row++) {
      const first = row - (row % this.#copies);
      if (this.#isRight(account, first) || (row >= ownFrom && row < ownTo)) continue;
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
  readonly pathIds: Uint32Array;
  readonly ownFrom: number;
  readonly ownTo: number;
  isAwaited: boolean;
}
