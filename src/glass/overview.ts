/** The whole at a glance: figures, what is amiss, the picture, the last minutes. */
import type { TrendsView } from '../api/views.ts';
import { Chart } from './chart.ts';
import { h, Region } from './dom.ts';
import { linkTo } from './place.ts';
import { read } from './reader.ts';
import { SESSION_FIELDS, type SessionRow } from './session.ts';
import { reasonList, type Status } from './status.ts';
import { Topology } from './topology.ts';
import { TREND_CHARTS } from './trend-charts.ts';
import type { View } from './view.ts';
import { count, milliseconds } from './words.ts';

interface Figure {
  readonly title: string;
  readonly value: string;
  readonly note: string;
  readonly className: string;
  readonly href: string;
}

/** See the head of the file. */
export function overview(): View {
  const figures = new Region(h('ul', { class: 'figures', 'aria-label': 'Figures' }));
  const reasons = new Region(h('div', {}));
  const topology = new Topology();
  const charts = TREND_CHARTS.map((plan) => new Chart(plan));
  const element = h(
    'div',
    { class: 'view' },
    h('h1', {}, 'Overview'),
    figures.element,
    panel('amiss', 'What is amiss', reasons.element),
    panel('picture', 'Topology', topology.element),
    panel(
      'trends',
      'The last minutes',
      h('div', { class: 'charts' }, ...charts.map((c) => c.element)),
    ),
  );
  return {
    title: 'Overview',
    section: 'overview',
    element,
    async refresh(signal, status) {
      const [sessions, trends] = await Promise.all([
        read<SessionRow[]>(`neighbors?fields=${SESSION_FIELDS}`, signal),
        read<TrendsView>('trends', signal),
      ]);
      const all = figuresOf(status, trends);
      figures.show(all, () => all.map(figureItem));
      reasons.show(status.reasons, () => reasonList(status.reasons));
      topology.show(sessions, `${status.node}, AS ${status.asNumber}`);
      for (const chart of charts) chart.show(trends);
    },
  };
}

function panel(id: string, title: string, content: Node): HTMLElement {
  const heading = h('h2', { id }, title);
  return h('section', { class: 'panel', 'aria-labelledby': id }, heading, content);
}

function figuresOf({ sessions }: Status, { samples }: TrendsView): Figure[] {
  const { total, established } = sessions;
  const last = samples.at(-1);
  const drifted = samples.reduce((sum, sample) => sum + sample.drifted, 0);
  const slowest = Math.max(...samples.map(({ updateToKernelMs }) => updateToKernelMs ?? -1));
  const refused = last?.refused ?? 0;
  return [
    {
      title: 'Sessions up',
      value: count(established),
      note: `of ${count(total)}`,
      className: established === total ? '' : 'warn',
      href: linkTo(['neighbors']),
    },
    {
      title: 'Best paths',
      value: last ? count(last.bestPaths) : '–',
      note: 'in the Loc-RIB',
      className: '',
      href: '',
    },
    {
      title: 'Updates received',
      value: last ? count(last.updatesReceived) : '–',
      note: 'per second',
      className: '',
      href: '',
    },
    {
      title: 'Into the kernel',
      value: slowest < 0 ? '–' : milliseconds(slowest),
      note: 'slowest burst lately',
      className: '',
      href: '',
    },
    {
      title: 'Kernel drift',
      value: count(drifted),
      note: refused > 0 ? `lately; ${count(refused)} refused` : 'lately',
      className: refused + drifted > 0 ? 'warn' : '',
      href: linkTo(['kernel']),
    },
  ];
}

function figureItem({ title, value, note, className, href }: Figure): HTMLElement {
  const name = href ? h('a', { href, id: `figure-${title}` }, title) : title;
  return h(
    'li',
    { class: className || undefined },
    h('span', { class: 'title' }, name),
    h('span', { class: 'value' }, value),
    h('span', { class: 'note' }, note),
  );
}
