/** The only source of chance: a run is known by its seed (mulberry32, seeded through one round of mixing). */

/** Numbers worth trying wherever a number is read. */
const INTERESTING: readonly number[] = [
  0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 18, 19, 20, 23, 24, 29, 31, 32, 33, 63, 64, 65, 127, 128, 129,
  253, 254, 255,
];

/** One run's sequence of draws. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  }

  /** A whole number in `[0, below)`. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  }

  /** True once in `times`. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** Any octet, more often one at an edge. */
  octet(): number {
    return this.oneIn(2) ? this.pick(INTERESTING) : this.below(256);
  }

  octets(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** Small mostly, seldom up to `most`. */
  count(most: number): number {
    return this.oneIn(6) ? this.below(most + 1) : this.below(Math.min(most, 4) + 1);
  }

  many<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.count(most) }, make);
  }
}
