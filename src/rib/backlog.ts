/**
 * What a member of an update group has yet to be told: state instead of a queue of messages.
 *
 * A slot (a prefix; with Add-Path a path) is either *clean*: the member holds what the group
 * advertises; or *dirty*: it holds the old route or nothing, which the `held` bit tells; or not yet
 * reached by the dump, whose cursor runs once over all slots after a member joined or asked for a
 * refresh. A joining member holds nothing behind the cursor; a refreshing one holds what was advertised.
 */
import { grownUint32, nextCapacity } from './columns.ts';
import { DirtySet } from './dirty-set.ts';

/** Cursor of a backlog without a dump. */
const DUMP_DONE = 0xffff_ffff;

export class Backlog {
  readonly #dirty = new DirtySet();
  #held = new Uint32Array(32);
  /** Next slot of the dump. */
  #cursor = DUMP_DONE;
  /** True while nothing behind the cursor was ever sent. */
  #isJoin = false;

  /** Starts the dump for a member that holds nothing. */
  static forJoin(): Backlog {
    const backlog = new Backlog();
    backlog.#cursor = 1;
    backlog.#isJoin = true;
    return backlog;
  }

  /** Starts the dump again for a member that may hold anything (RFC 2918). */
  restartDump(): void {
    this.#cursor = 1;
    this.#isJoin = false;
  }

  get isDumping(): boolean {
    return this.#cursor !== DUMP_DONE;
  }

  get isJoin(): boolean {
    return this.#isJoin;
  }

  get cursor(): number {
    return this.#cursor;
  }

  set cursor(slot: number) {
    this.#cursor = slot;
  }

  finishDump(): void {
    this.#cursor = DUMP_DONE;
    this.#isJoin = false;
  }

  get dirtyCount(): number {
    return this.#dirty.size;
  }

  /**
   * The group's state of a slot changed.
   *
   * @param held whether the member held the slot's route under the state before, if it was clean
   * @returns true when the slot is now dirty and was not before
   */
  mark(slot: number, held: boolean): boolean {
    if (this.#isJoin && slot >= this.#cursor) return false;
    if (!this.#dirty.add(slot)) return false;
    this.#setHeld(slot, held);
    return true;
  }

  isDirty(slot: number): boolean {
    return this.#dirty.has(slot);
  }

  /** Takes the oldest dirty slot out, 0 when there is none. */
  take(): number {
    return this.#dirty.take();
  }

  /** Of a slot just taken: whether the member holds a route there. */
  wasHeld(slot: number): boolean {
    return ((this.#held[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0;
  }

  /**
   * Whether the member holds a route at a slot.
   *
   * @param isAdvertised whether it would if it were clean
   */
  holds(slot: number, isAdvertised: boolean): boolean {
    if (this.#dirty.has(slot)) return this.wasHeld(slot);
    return isAdvertised && !(this.#isJoin && slot >= this.#cursor);
  }

  #setHeld(slot: number, held: boolean): void {
    const word = slot >>> 5;
    if (word >= this.#held.length) {
      this.#held = grownUint32(this.#held, nextCapacity(this.#held.length, word + 1));
    }
    if (held) this.#held[word]! |= 1 << (slot & 31);
    else this.#held[word]! &= ~(1 << (slot & 31));
  }
}
