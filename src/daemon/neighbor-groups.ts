/**
 * Which neighbours share a series: every node of a mesh, and every neighbour of a range, would have its own
 * otherwise, and as many come as nodes and peers do.
 */

/** Names by themselves; whoever comes later is among {@link OTHERS}. */
const MAX_NAMES = 256;
const OTHERS = 'others';
const SHARED = ['Mesh_', 'Dynamic_', 'Local_Workload_'] as const;

/** Gives each neighbour the value of its `neighbor` label. Remembers names, so that a series stays what it is. */
export class NeighborGroups {
  readonly #isPerNeighbor: boolean;
  #names = new Set<string>();

  /** @param isPerNeighbor nothing is shared, but the number of names is bounded all the same */
  constructor(isPerNeighbor: boolean) {
    this.#isPerNeighbor = isPerNeighbor;
  }

  labelOf(name: string): string {
    const shared = this.#isPerNeighbor ? undefined : SHARED.find((start) => name.startsWith(start));
    if (shared) return `${shared}*`;
    if (this.#names.has(name)) return name;
    if (this.#names.size >= this.#limit) return OTHERS;
    this.#names.add(name);
    return name;
  }

  /** Makes room: names that are gone need none. */
  keep(present: ReadonlySet<string>): void {
    this.#names = new Set([...this.#names].filter((name) => present.has(name)));
  }

  get #limit(): number {
    return this.#isPerNeighbor ? 4 * MAX_NAMES : MAX_NAMES;
  }
}
