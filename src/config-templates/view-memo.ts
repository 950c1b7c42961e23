/**
 * Views of sessions with nodes from one rendering to the next: of thousands, one or two change.
 *
 * A view is kept while the node it is of stays the same object and everything else it is made of, told in
 * one text, stays equal.
 */
import type { CalicoNode } from '../datastore/snapshot.ts';
import type { NeighborView } from './view.ts';

interface Kept {
  readonly node: CalicoNode;
  readonly port: number | undefined;
  readonly view: NeighborView | undefined;
}

export class ViewMemo {
  readonly #groups = new Map<string, Group>();
  #round = 0;

  /** Begins a rendering: groups that the one before did not ask for are forgotten. */
  beginRound(): void {
    for (const [name, { round }] of this.#groups) {
      if (round !== this.#round) this.#groups.delete(name);
    }
    this.#round++;
  }

  /**
   * The views of sessions that have all but node and port in common.
   *
   * @param name of the group, the same from rendering to rendering
   * @param context everything but node and port that views depend on
   * @param nodes names of nodes there are now; views of others are forgotten
   */
  group(name: string, context: string, nodes: ReadonlyMap<string, unknown>): Group {
    const known = this.#groups.get(name);
    const group = known?.context === context ? known : new Group(context);
    group.begin(this.#round, nodes);
    this.#groups.set(name, group);
    return group;
  }
}

export class Group {
  readonly context: string;
  round = 0;
  readonly #kept = new Map<string, Kept>();

  constructor(context: string) {
    this.context = context;
  }

  begin(round: number, nodes: ReadonlyMap<string, unknown>): void {
    this.round = round;
    if (this.#kept.size <= nodes.size) return;
    for (const name of this.#kept.keys()) if (!nodes.has(name)) this.#kept.delete(name);
  }

  /** The view made of this node before, or a new one. */
  view(
    node: CalicoNode,
    port: number | undefined,
    make: () => NeighborView | undefined,
  ): NeighborView | undefined {
    const known = this.#kept.get(node.name);
    if (known && known.node === node && known.port === port) return known.view;
    const view = make();
    this.#kept.set(node.name, { node, port, view });
    return view;
  }
}
