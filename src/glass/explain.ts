/** The whole story of one destination: the verdict, the chain with the first "no" marked, all paths, and lately. */
import type { ExplainStep, ExplainView, RouteView } from '../api/views.ts';
import { bdi, type Child, h, Region } from './dom.ts';
import { linkTo } from './place.ts';
import { Refused, read } from './reader.ts';
import { standing } from './routes.ts';
import { type Column, table } from './table.ts';
import type { View } from './view.ts';
import { count, duration } from './words.ts';

/** Names shown of those who are told the same. */
const NAMES = 3;
/** Steps and paths shown; the command line has them all. */
const MOST = 200;

/** See the head of the file. */
export function explainView(query: string, neighbor: string | undefined): View {
  const region = new Region(h('div', { class: 'story' }, 'asking …'));
  const about = neighbor === undefined ? query : `${query} and ${neighbor}`;
  const element = h('div', { class: 'view' }, h('h1', {}, bdi(about)), region.element);
  const words = new URLSearchParams({ query });
  if (neighbor !== undefined) words.set('neighbor', neighbor);
  return {
    title: about,
    section: '',
    element,
    async refresh(signal) {
      const story = await read<ExplainView>(`explain?${words}`, signal).catch((error: unknown) => {
        if (error instanceof Refused && error.status < 500) return error;
        throw error;
      });
      if (story instanceof Refused) {
        const reason = story.status === 404 ? 'There is no such neighbor.' : story.message;
        return region.show(reason, () => [verdict('no', reason)]);
      }
      region.show(timeless(story), () => storyParts(story));
    },
  };
}

/** What does not change by itself every second. */
function timeless({ steps, firstNo, paths, history }: ExplainView): unknown {
  const still = paths.map(({ ageSec: _age, ...rest }) => rest);
  return [
    steps.map(({ stage, code, neighbor }) => [stage, code, neighbor]),
    firstNo,
    still,
    history.length,
  ];
}

function storyParts({
  query,
  prefix,
  outcome,
  firstNo,
  steps,
  paths,
  history,
  neighbor,
}: ExplainView) {
  const via = prefix === query ? '' : `The longest prefix for it is ${prefix}. `;
  const all = h('a', { href: linkTo(['explain', prefix]), id: 'widen' }, 'all neighbors');
  return [
    verdict(firstNo === null ? 'yes' : 'no', outcome),
    (via !== '' || neighbor !== null) &&
      h(
        'p',
        {},
        via,
        neighbor !== null && 'Narrowed to one neighbor; see ',
        neighbor !== null && all,
      ),
    panel('chain', 'From configuration to neighbors', chain(rowsOf(steps, firstNo))),
    paths.length > 0 &&
      panel('paths', 'Paths, best first', table('Paths', PATH_COLUMNS, paths.slice(0, MOST))),
    history.length > 0 && panel('lately', 'Lately', lately(history)),
  ];
}

function verdict(answer: 'yes' | 'no', text: string): HTMLElement {
  const word = answer === 'yes' ? 'In place' : 'Held up';
  return h('p', { class: `verdict ${answer}`, role: 'status' }, h('strong', {}, word), bdi(text));
}

function panel(id: string, title: string, content: Node): HTMLElement {
  return h('section', { class: 'panel', 'aria-labelledby': id }, h('h2', { id }, title), content);
}

/** A step, or several neighbors' steps that say the same. */
interface Row {
  readonly step: ExplainStep;
  readonly isFirstNo: boolean;
  readonly neighbors: string[];
}

/** So many sessions that are down for one kind of reason have a row each; more share one. */
const ALONE = 5;

/** Neighbors that are told the same for the same reason share a row, where the first one stood. */
function rowsOf(steps: readonly ExplainStep[], firstNo: number | null): Row[] {
  const rows = new Map<string, Row>();
  const kinds = new Map<string, number>();
  for (const step of steps) kinds.set(kindOf(step), (kinds.get(kindOf(step)) ?? 0) + 1);
  steps.forEach((step, index) => {
    const { neighbor, ...said } = step;
    const isFirstNo = index === firstNo;
    const isShared = step.stage === 'export' || step.stage === 'adj-rib-out';
    const kind = kindOf(step);
    const isOneOfMany = step.stage === 'session' && kinds.get(kind)! > ALONE;
    const sameAs = isShared ? JSON.stringify(said) : isOneOfMany ? kind : String(index);
    const key = isFirstNo ? String(index) : sameAs;
    const row = rows.get(key) ?? { step, isFirstNo, neighbors: [] };
    if (neighbor !== null) row.neighbors.push(neighbor);
    rows.set(key, row);
  });
  return [...rows.values()];
}

function kindOf({ stage, answer, code }: ExplainStep): string {
  return `${stage} ${answer} ${code}`;
}

const ANSWERS: Readonly<Record<ExplainStep['answer'], readonly [sign: string, word: string]>> = {
  yes: ['✓', 'yes'],
  no: ['✕', 'no'],
  note: ['·', 'note'],
};

function chain(rows: readonly Row[]): HTMLElement {
  const items = rows.slice(0, MOST).map(chainItem);
  if (rows.length > MOST) items.push(h('li', {}, `and ${count(rows.length - MOST)} more steps`));
  return h('ol', { class: 'chain' }, ...items);
}

function chainItem({ step, isFirstNo, neighbors }: Row, index: number): HTMLElement {
  const { stage, answer, code, text, object } = step;
  const [sign, word] = ANSWERS[answer];
  const className = isFirstNo ? `${answer} first` : answer;
  return h(
    'li',
    { class: className, 'aria-current': isFirstNo ? 'step' : undefined },
    h('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
    h('span', { class: 'unseen' }, `${word}: `),
    h(
      'div',
      {},
      h(
        'p',
        { class: 'stage' },
        stage.replaceAll('-', ' '),
        h('span', { class: 'code' }, code),
        isFirstNo && h('span', { class: 'mark' }, 'what holds it up'),
      ),
      h('p', {}, neighbors.length > 1 && stage === 'session' && 'such as: ', bdi(text)),
      (neighbors.length > 0 || object !== null) &&
        h(
          'p',
          { class: 'note' },
          ...names(neighbors, index),
          object !== null &&
            h('span', {}, neighbors.length > 0 && ' · ', 'edit ', bdi(object, 'mono')),
        ),
    ),
  );
}

function names(neighbors: readonly string[], index: number): Child[] {
  const shown = neighbors.slice(0, NAMES).flatMap((name, i): Child[] => {
    const link = h('a', { href: linkTo(['neighbors', name]), id: `step-${index}-${i}` }, bdi(name));
    return i === 0 ? [link] : [', ', link];
  });
  const left = neighbors.length - NAMES;
  return left > 0 ? [...shown, ` and ${count(left)} more`] : shown;
}

const PATH_COLUMNS: readonly Column<RouteView>[] = [
  { title: 'From', cell: ({ neighbor }) => bdi(neighbor) },
  { title: 'Standing', cell: standing },
  { title: 'Lost at', cell: lostAt },
  { title: 'Next hop', cell: ({ nextHop }) => h('span', { class: 'mono' }, nextHop ?? '–') },
  { title: 'AS path', cell: ({ asPath }) => h('span', { class: 'mono' }, asPath || 'empty') },
  {
    title: 'Local pref',
    isNumber: true,
    cell: ({ localPref }) => (localPref === null ? '–' : String(localPref)),
  },
  { title: 'Age', isNumber: true, cell: ({ ageSec }) => duration(ageSec) },
];

function lostAt({ lost }: RouteView): string {
  if (typeof lost !== 'object' || lost === null) return '–';
  const { step, value, against } = lost as {
    step: string;
    value: unknown;
    against: { value: unknown };
  };
  return `${step}: ${value} against ${against.value}`;
}

function lately(history: ExplainView['history']): HTMLElement {
  return h('ul', { class: 'lately' }, ...history.map(({ text }) => h('li', {}, bdi(text))));
}
