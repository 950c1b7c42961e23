/**
 * Loc-RIB of one family: the best path of each prefix, and a signature of the paths that share its
 * traffic, so that a change of that set is noticed although the best path stays.
 */
import { grownUint32, nextCapacity } from './columns.ts';
import type { PathId, PrefixId } from './ids.ts';

export class LocRib {
  #best = new Uint32Array(1024);
  /** 0 for a single path; the column grows only where there are several. */
  #multipath = new Uint32Array(64);
  #size = 0;

  /** Number of prefixes with a best path. */
  get size(): number {
    return this.#size;
  }

  /** The best path as of the last decision; its row exists. 0 when there is none. */
  best(prefix: PrefixId): PathId {
    return (this.#best[prefix] ?? 0) as PathId;
  }

  setBest(prefix: PrefixId, path: PathId): void {
    if (prefix >= this.#best.length) {
      this.#best = grownUint32(this.#best, nextCapacity(this.#best.length, prefix + 1));
    }
    this.#size += (path === 0 ? 0 : 1) - (this.#best[prefix] === 0 ? 0 : 1);
    this.#best[prefix] = path;
  }

  /** @returns true when the signature is another than before */
  setMultipath(prefix: PrefixId, signature: number): boolean {
    if (prefix >= this.#multipath.length) {
      if (signature === 0) return false;
      const capacity = nextCapacity(this.#multipath.length, prefix + 1);
      this.#multipath = grownUint32(this.#multipath, capacity);
    }
    if (this.#multipath[prefix] === signature) return false;
    this.#multipath[prefix] = signature;
    return true;
  }
}
