/** The picture of the network as this router sees it, with the health of each session. */
import { h, Region, s } from './dom.ts';
import { glyph, glyphPath } from './glyph.ts';
import { linkTo } from './place.ts';
import {
  GROUP_TITLES,
  type GroupName,
  grouped,
  HEALTH_WORDS,
  HEALTHS,
  type Health,
  healthOf,
  type SessionRow,
} from './session.ts';
import { type GroupBox, layOut, type Rect, TITLE } from './topology-layout.ts';
import { count, shorten, visible } from './words.ts';

interface Group {
  readonly name: GroupName;
  readonly members: readonly SessionRow[];
}

const LEGEND: readonly Health[] = ['up', 'trying', 'down', 'off'];
const DOT = 3.6;
const CHARACTER = 6.9;

/** See the head of the file. */
export class Topology {
  readonly element: HTMLElement;
  readonly #region: Region;
  readonly #readout = h('p', { class: 'readout' }, HINT);
  #width = 0;
  #sessions: readonly SessionRow[] = [];
  #title = '';

  constructor() {
    const legend = LEGEND.map((health) => h('span', {}, glyph(health), ` ${HEALTH_WORDS[health]}`));
    this.#region = new Region(h('div', { class: 'topology' }));
    this.element = h(
      'div',
      {},
      this.#region.element,
      h('p', { class: 'legend' }, ...legend),
      this.#readout,
    );
    const measure = ([entry]: readonly ResizeObserverEntry[]) => {
      this.#width = Math.floor(entry!.contentRect.width);
      this.#draw();
    };
    new ResizeObserver(measure).observe(this.#region.element);
  }

  show(sessions: readonly SessionRow[], title: string): void {
    this.#sessions = sessions;
    this.#title = title;
    this.#draw();
  }

  #draw(): void {
    if (this.#width === 0 || this.#title === '') return;
    const states = this.#sessions.map((session) => [session.name, healthOf(session)]);
    this.#region.show([this.#width, this.#title, states], () => [this.#picture()]);
  }

  #picture(): SVGElement {
    const groups = grouped(this.#sessions);
    const sizes = groups.map(({ name, members }) => ({ name, count: members.length }));
    const { height, router, boxes, links } = layOut(sizes, this.#width);
    const label = `Topology: ${groups.map(wordsOf).join('; ') || 'no sessions'}`;
    return s(
      'svg',
      { width: this.#width, height, role: 'group', 'aria-label': label },
      ...links.map((d, i) => linkLine(d, groups[i]!)),
      routerShape(router, this.#title),
      ...boxes.map((box, i) => this.#group(box, groups[i]!)),
    );
  }

  #group(box: GroupBox, group: Group): SVGElement {
    const { x, y, width, height, chips, dots } = box;
    const href = linkTo(['neighbors'], { group: group.name });
    const title = s(
      'a',
      { href, id: `group-${group.name}`, 'aria-label': wordsOf(group) },
      s('rect', { class: 'pad', x, y, width, height: TITLE }),
      s('text', { class: 'title', x: x + 12, y: y + 19 }, GROUP_TITLES[group.name]),
      s('text', { class: 'note', x: x + 12, y: y + 35 }, tally(group)),
    );
    return s(
      'g',
      {},
      s('rect', { class: 'box', x, y, width, height, rx: 10 }),
      title,
      ...chips.map((chip, i) => chipShape(chip, group.members[i]!)),
      dots.length > 0 && this.#field(box, group.members),
    );
  }

  /** One path per health, however many sessions there are. */
  #field({ dots }: GroupBox, members: readonly SessionRow[]): SVGElement {
    const outlines: Record<Health, string[]> = { down: [], trying: [], off: [], up: [] };
    dots.forEach(({ x, y }, i) => {
      const health = healthOf(members[i]!);
      outlines[health].push(glyphPath(health, x, y, DOT));
    });
    const paths = HEALTHS.map((health) =>
      s('path', { class: `glyph ${health}`, d: outlines[health].join('') }),
    );
    const last = dots.at(-1)!;
    const first = dots[0]!;
    const pad = s('rect', {
      class: 'pad',
      x: first.x - 7,
      y: first.y - 7,
      width: Math.max(...dots.map(({ x }) => x)) - first.x + 14,
      height: last.y - first.y + 14,
    });
    const field = s('g', { class: 'field', 'aria-hidden': 'true' }, pad, ...paths);
    const under = ({ offsetX, offsetY }: MouseEvent) => {
      const at = dots.findIndex(
        ({ x, y }) => Math.abs(x - offsetX) < 7 && Math.abs(y - offsetY) < 7,
      );
      return members[at];
    };
    field.addEventListener('pointermove', (event) => {
      const session = under(event);
      this.#readout.textContent = session
        ? visible(`${session.name}: ${session.state}, ${session.address}`)
        : HINT;
    });
    field.addEventListener('pointerleave', () => {
      this.#readout.textContent = HINT;
    });
    field.addEventListener('click', (event) => {
      const session = under(event);
      if (session) location.hash = linkTo(['neighbors', session.name]);
    });
    return field;
  }
}

const HINT = 'A group leads to its list, a session to its own page.';

function routerShape({ x, y, width, height }: Rect, title: string): SVGElement {
  const middle = x + width / 2;
  const most = Math.floor((width - 16) / CHARACTER);
  return s(
    'g',
    { class: 'router' },
    s('rect', { x, y, width, height, rx: 10 }),
    s('text', { x: middle, y: y + 20 }, 'this router'),
    s('text', { x: middle, y: y + 37, class: 'title' }, shorten(title, most)),
  );
}

function linkLine(d: string, { members }: Group): SVGElement {
  const up = members.filter((session) => healthOf(session) === 'up').length;
  const health = up === members.length ? 'up' : up === 0 ? 'down' : 'trying';
  return s('path', { class: `link ${health}`, d });
}

function chipShape({ x, y, width, height }: Rect, session: SessionRow): SVGElement {
  const { name, state } = session;
  const health = healthOf(session);
  const most = Math.floor((width - 36) / CHARACTER);
  const middle = y + height / 2;
  return s(
    'a',
    {
      class: 'chip',
      href: linkTo(['neighbors', name]),
      id: `chip-${name}`,
      'aria-label': `${name}: ${state}`,
    },
    s('title', {}, `${name}: ${state}, ${session.address}`),
    s('rect', { x, y, width, height, rx: 7 }),
    s('path', { class: `glyph ${health}`, d: glyphPath(health, x + 14, middle, 4.5) }),
    s('text', { x: x + 26, y: middle + 4 }, shorten(name, most)),
  );
}

/** `2 up, 1 down`. */
function tally({ members }: Group): string {
  const counts = LEGEND.map((health) => {
    const found = members.filter((session) => healthOf(session) === health).length;
    return found > 0 ? `${count(found)} ${HEALTH_WORDS[health]}` : '';
  });
  return counts.filter(Boolean).join(', ');
}

function wordsOf(group: Group): string {
  return `${GROUP_TITLES[group.name]}: ${tally(group)}`;
}
