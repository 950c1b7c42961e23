/** How the router is, in the head of the page, and what is amiss, on the overview. */
import type { StatusView } from '../api/views.ts';
import { bdi, type Child, h } from './dom.ts';
import { linkTo } from './place.ts';

/** Without the sessions that are down, which the list of neighbors has. */
export type Status = Omit<StatusView, 'down' | 'unknownPeers' | 'readiness'>;

export const STATUS_FIELDS =
  'state,isReady,version,node,asNumber,routerId,uptimeSec,sessions,reasons';

const STATES: Readonly<Record<Status['state'], readonly [className: string, word: string]>> = {
  ready: ['up', 'Ready'],
  degraded: ['trying', 'Ready, with something amiss'],
  'not-ready': ['down', 'Not ready'],
};

/** A word on the whole. */
export function statePill({ state }: Pick<Status, 'state'>): HTMLElement {
  const [className, word] = STATES[state];
  return h('span', { class: `pill ${className}` }, word);
}

const MOST = 8;

/** Where there are many, two of each kind: a thousand sessions with one trouble must not hide another. */
function typical(reasons: Status['reasons']): Status['reasons'] {
  if (reasons.length <= MOST) return reasons;
  const seen = new Map<string, number>();
  const isTypical = ({ code }: Status['reasons'][number]) => {
    const before = seen.get(code) ?? 0;
    seen.set(code, before + 1);
    return before < 2;
  };
  return reasons.filter(isTypical).slice(0, MOST);
}

/** The first things that are amiss. */
export function reasonList(reasons: Status['reasons']): Child[] {
  if (reasons.length === 0) return [h('p', { class: 'calm' }, 'Nothing is amiss.')];
  const shown = typical(reasons);
  const items = shown.map(({ code, text, object }) =>
    h(
      'li',
      {},
      h('span', { class: 'code' }, code),
      bdi(text, 'grow'),
      object !== null && h('span', { class: 'object' }, 'edit ', bdi(object, 'mono')),
    ),
  );
  const left = reasons.length - shown.length;
  return [
    h('ul', { class: 'reasons' }, ...items),
    left > 0 &&
      h(
        'p',
        {},
        h('a', { href: linkTo(['neighbors']), id: 'more-reasons' }, `and ${left} more`),
        '; catbird status lists all',
      ),
  ];
}
