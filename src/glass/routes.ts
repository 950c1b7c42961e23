/** Routes of one neighbor in one direction, a page at a time; each prefix leads to its story. */
import type { RouteView } from '../api/views.ts';
import { bdi, h, Region } from './dom.ts';
import { pageSteps } from './pages.ts';
import { linkTo } from './place.ts';
import { Refused, read } from './reader.ts';
import { type Column, table } from './table.ts';

const PAGE = 50;

export type Direction = 'adj-in' | 'adj-out';

const TITLES: Readonly<Record<Direction, string>> = {
  'adj-in': 'Received routes',
  'adj-out': 'Advertised routes',
};

interface Listing {
  readonly rows: readonly RouteView[];
  readonly isComplete: boolean;
}

/** See the head of the file. */
export class RouteList {
  readonly element: HTMLElement;
  readonly #neighbor: string;
  readonly #direction: Direction;
  readonly #within = h('input', { type: 'search', maxlength: 50, autocomplete: 'off' });
  readonly #region = new Region(h('div', {}, 'asking …'));
  #offset = 0;

  constructor(neighbor: string, direction: Direction) {
    this.#neighbor = neighbor;
    this.#direction = direction;
    const id = `within-${direction}`;
    this.#within.id = id;
    const form = h(
      'form',
      { class: 'filters' },
      h('label', { for: id }, 'Within prefix', this.#within),
      h('button', { type: 'submit' }, 'Show'),
    );
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.go(0);
    });
    const heading = h('h2', { id: `routes-${direction}` }, TITLES[direction]);
    this.element = h(
      'section',
      { class: 'panel', 'aria-labelledby': heading.id },
      heading,
      form,
      this.#region.element,
    );
  }

  /** Asks for the rows from there on; failing is told in their place. */
  async go(offset: number): Promise<void> {
    this.#offset = offset;
    const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset) });
    const within = this.#within.value.trim();
    if (within !== '') query.set('longer', within);
    const path = `${this.#direction}/${encodeURIComponent(this.#neighbor)}?${query}`;
    const found = await read<Listing>(path).catch((error: unknown) => error as Error);
    if (offset === this.#offset) this.#show(found);
  }

  #show(found: Listing | Error): void {
    if (found instanceof Error) {
      const words = found instanceof Refused ? found.message : 'the daemon does not answer';
      this.#region.show(words, () => [h('p', { class: 'calm' }, words)]);
      return;
    }
    const { rows, isComplete } = found;
    const [offset, hasMore] = [this.#offset, !isComplete];
    const state = { offset, shown: rows.length, total: undefined, hasMore };
    this.#region.show(found, () => [
      pageSteps(this.#direction, state, PAGE, (to) => void this.go(to)),
      rows.length > 0
        ? table(TITLES[this.#direction], this.#columns, rows)
        : h('p', { class: 'calm' }, 'No route here.'),
    ]);
  }

  get #columns(): readonly Column<RouteView>[] {
    const neighbor = this.#neighbor;
    const id = this.#direction;
    return [
      {
        title: 'Prefix',
        cell: ({ prefix, pathId }) => {
          const href = linkTo(['explain', prefix], { neighbor });
          const attributes = { href, class: 'mono', id: `${id}-${prefix}-${pathId}` };
          return h('a', attributes, prefix);
        },
      },
      ...ROUTE_COLUMNS.filter(({ only }) => !only || only === this.#direction),
    ];
  }
}

type RouteColumn = Column<RouteView> & { readonly only?: Direction };

const ROUTE_COLUMNS: readonly RouteColumn[] = [
  { title: 'Next hop', cell: ({ nextHop }) => h('span', { class: 'mono' }, nextHop ?? '–') },
  { title: 'AS path', cell: ({ asPath }) => h('span', { class: 'mono' }, asPath || 'empty') },
  { title: 'Communities', cell: communities },
  { title: 'Standing', only: 'adj-in', cell: standing },
];

function communities({ communities: plain, largeCommunities }: RouteView): Node | string {
  const all = [...plain, ...largeCommunities];
  return all.length > 0 ? h('span', { class: 'mono' }, all.join(' ')) : '–';
}

/** What became of a path that came in. */
export function standing(route: RouteView): Node | string {
  const { best, valid, rejected } = route;
  if (typeof rejected === 'string') return bdi(`rejected: ${rejected}`, 'error');
  if (best) return h('span', { class: 'state-word up' }, 'best');
  return valid ? 'not best' : h('span', { class: 'error' }, 'next hop unresolved');
}
