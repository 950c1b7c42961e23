/**
 * Views of mesh sessions from one rendering to the next: of thousands, one or two change.
 *
 * A view is kept while the node it is of stays the same object and everything else it is made of, told in
 * one text, stays equal.
 */
import type { CalicoNode } from '../datastore/snapshot.ts';
import type { Family } from '../net/family.ts';
import type { NeighborView } from './view.ts';

interface Kept {
  readonly node: CalicoNode;
  readonly port: number;
  readonly view: NeighborView | undefined;
}

export class ViewMemo {
  readonly #families = new Map<
    Family,
    { readonly context: string; readonly kept: Map<string, Kept> }
  >();

  /**
   * Begins a rendering of one family.
   *
   * @param context everything but node and port that views depend on
   * @param nodes names of nodes there are now; views of others are forgotten
   */
  begin(family: Family, context: string, nodes: ReadonlyMap<string, unknown>): void {
    const known = this.#families.get(family);
    if (known?.context !== context) {
      this.#families.set(family, { context, kept: new Map() });
      return;
    }
    if (known.kept.size <= nodes.size) return;
    for (const name of known.kept.keys()) if (!nodes.has(name)) known.kept.delete(name);
  }

  /** The view made of this node before, or a new one. */
  view(
    family: Family,
    node: CalicoNode,
    port: number,
    make: () => NeighborView | undefined,
  ): NeighborView | undefined {
    const { kept } = this.#families.get(family)!;
    const known = kept.get(node.name);
    if (known && known.node === node && known.port === port) return known.view;
    const view = make();
    kept.set(node.name, { node, port, view });
    return view;
  }
}
