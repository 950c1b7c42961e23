/** Interfaces by index and by name, as last heard of. */
import type { KernelLink } from './kernel.ts';

/** A small two-way directory of interfaces. */
export class LinkTable {
  readonly #byIndex = new Map<number, KernelLink>();
  readonly #byName = new Map<string, KernelLink>();

  put(link: KernelLink): void {
    this.remove(link.index); // it may have had another name
    this.#byIndex.set(link.index, link);
    this.#byName.set(link.name, link);
  }

  remove(index: number): void {
    const known = this.#byIndex.get(index);
    this.#byIndex.delete(index);
    if (known && this.#byName.get(known.name) === known) this.#byName.delete(known.name);
  }

  replaceAll(links: readonly KernelLink[]): void {
    this.#byIndex.clear();
    this.#byName.clear();
    for (const link of links) this.put(link);
  }

  all(): Iterable<KernelLink> {
    return this.#byIndex.values();
  }

  get(index: number): KernelLink | undefined {
    return this.#byIndex.get(index);
  }

  indexOf(name: string): number | undefined {
    return this.#byName.get(name)?.index;
  }

  /** Name of the interface; `if7` for one we have not heard of. */
  nameOf(index: number): string {
    return this.#byIndex.get(index)?.name ?? `if${index}`;
  }
}
