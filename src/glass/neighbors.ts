/** All sessions, worst first, a page at a time; what is typed narrows them, and is kept in the address. */
import { bdi, h, Region } from './dom.ts';
import { glyph } from './glyph.ts';
import { type PageState, pageSteps } from './pages.ts';
import { linkTo } from './place.ts';
import { read } from './reader.ts';
import {
  chosen,
  GROUP_TITLES,
  GROUPS,
  HEALTH_WORDS,
  HEALTHS,
  type Health,
  healthOf,
  SESSION_FIELDS,
  type SessionFilter,
  type SessionRow,
} from './session.ts';
import { type Column, table } from './table.ts';
import type { View } from './view.ts';
import { count, duration } from './words.ts';

const PAGE = 50;

/** See the head of the file. */
export function neighborsView(query: URLSearchParams): View {
  const list = new NeighborList(query);
  return {
    title: 'Neighbors',
    section: 'neighbors',
    element: list.element,
    refresh: async (signal) =>
      list.show(await read<SessionRow[]>(`neighbors?fields=${SESSION_FIELDS}`, signal)),
  };
}

class NeighborList {
  readonly element: HTMLElement;
  readonly #rows = new Region(h('div', {}));
  readonly #find: HTMLInputElement;
  readonly #health: HTMLSelectElement;
  readonly #group: HTMLSelectElement;
  #sessions: readonly SessionRow[] | undefined;
  #offset = 0;

  constructor(query: URLSearchParams) {
    this.#find = h('input', { id: 'find', type: 'search', maxlength: 100, autocomplete: 'off' });
    this.#find.value = query.get('find') ?? '';
    this.#health = choice('health', 'any state', HEALTHS, HEALTH_WORDS, query.get('state'));
    this.#group = choice('group', 'all groups', GROUPS, GROUP_TITLES, query.get('group'));
    const controls = [
      labelled('Name, address or AS', this.#find),
      labelled('State', this.#health),
      labelled('Group', this.#group),
    ];
    for (const control of [this.#find, this.#health, this.#group]) {
      control.addEventListener('input', () => this.#narrow());
    }
    this.element = h(
      'div',
      { class: 'view' },
      h('h1', {}, 'Neighbors'),
      h('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' }, ...controls),
      this.#rows.element,
    );
  }

  show(sessions: readonly SessionRow[]): void {
    this.#sessions = sessions;
    this.#draw();
  }

  get #filter(): SessionFilter {
    const health = HEALTHS.find((each) => each === this.#health.value);
    const group = GROUPS.find((each) => each === this.#group.value);
    return { find: this.#find.value, health, group };
  }

  #narrow(): void {
    const { find, health: state, group } = this.#filter;
    history.replaceState(null, '', linkTo(['neighbors'], { find, state, group }));
    this.#offset = 0;
    this.#draw();
  }

  #draw(): void {
    if (!this.#sessions) return;
    const all = chosen(this.#sessions, this.#filter);
    if (this.#offset >= all.length) this.#offset = 0;
    const rows = all.slice(this.#offset, this.#offset + PAGE);
    const state: PageState = {
      offset: this.#offset,
      shown: rows.length,
      total: all.length,
      hasMore: this.#offset + PAGE < all.length,
    };
    const steps = () =>
      pageSteps('neighbors', state, PAGE, (offset) => {
        this.#offset = offset;
        this.#draw();
      });
    this.#rows.show([rows, state], () => [
      steps(),
      rows.length > 0
        ? table('Sessions', COLUMNS, rows)
        : h('p', { class: 'calm' }, 'No session fits.'),
    ]);
  }
}

function labelled(text: string, control: HTMLElement): HTMLElement {
  return h('label', { for: control.id }, text, control);
}

function choice<Value extends string>(
  id: string,
  none: string,
  values: readonly Value[],
  words: Readonly<Record<Value, string>>,
  now: string | null,
): HTMLSelectElement {
  const options = values.map((value) => h('option', { value }, words[value]));
  const select = h('select', { id }, h('option', { value: '' }, none), ...options);
  select.value = values.find((value) => value === now) ?? '';
  return select;
}

export function sum(session: Pick<SessionRow, 'families'>, key: 'received' | 'advertised'): number {
  return Object.values(session.families).reduce((total, family) => total + family[key], 0);
}

/** Shape and state. */
export function stateCell(session: SessionRow): HTMLElement {
  const health: Health = healthOf(session);
  const words = session.shutDown ? HEALTH_WORDS.off : session.state;
  const word = h('span', { class: `state-word ${health}` }, words);
  return h('span', { class: 'state-cell' }, glyph(health), ' ', word);
}

/** What is over is told more quietly. */
export function lastErrorCell(session: SessionRow): Node | string {
  const { lastError } = session;
  return lastError ? bdi(lastError, healthOf(session) === 'up' ? 'past' : 'error') : '–';
}

const COLUMNS: readonly Column<SessionRow>[] = [
  {
    title: 'Neighbor',
    cell: ({ name }) =>
      h('a', { href: linkTo(['neighbors', name]), id: `neighbor-${name}` }, bdi(name)),
  },
  { title: 'Address', cell: ({ address }) => h('span', { class: 'mono' }, address) },
  { title: 'AS', isNumber: true, cell: ({ asNumber }) => String(asNumber) },
  { title: 'State', cell: stateCell },
  {
    title: 'Up for',
    isNumber: true,
    cell: ({ uptimeSec, state }) => (state === 'Established' ? duration(uptimeSec) : '–'),
  },
  { title: 'Received', isNumber: true, cell: (session) => count(sum(session, 'received')) },
  { title: 'Advertised', isNumber: true, cell: (session) => count(sum(session, 'advertised')) },
  { title: 'Flaps', isNumber: true, cell: ({ flaps }) => count(flaps) },
  { title: 'Last error', cell: lastErrorCell },
];
