/** Kernel routes that are not as they should be, or were changed by others lately. */
import type { FibRouteView } from '../api/views.ts';
import { bdi, h, Region } from './dom.ts';
import { pageSteps } from './pages.ts';
import { linkTo } from './place.ts';
import { read } from './reader.ts';
import { type Column, table } from './table.ts';
import type { View } from './view.ts';
import { count, duration } from './words.ts';

const PAGE = 50;

interface Listing {
  readonly rows: readonly FibRouteView[];
  readonly isComplete: boolean;
}

/** See the head of the file. */
export function kernelView(): View {
  const region = new Region(h('div', {}, 'asking …'));
  let offset = 0;
  const element = h(
    'div',
    { class: 'view' },
    h('h1', {}, 'Kernel routes'),
    h(
      'p',
      {},
      'Routes the kernel does not hold as it should, and those other programs changed lately.',
    ),
    region.element,
  );
  const refresh = async (signal?: AbortSignal) => {
    const listing = await read<Listing>(`fib?drift&limit=${PAGE}&offset=${offset}`, signal);
    region.show([listing, offset], () => parts(listing));
  };
  const parts = ({ rows, isComplete }: Listing) => {
    if (rows.length === 0 && offset === 0) {
      return [h('p', { class: 'calm' }, 'Everything is in the kernel as it should be.')];
    }
    const state = { offset, shown: rows.length, total: undefined, hasMore: !isComplete };
    const go = (to: number) => {
      offset = to;
      void refresh().catch(() => {}); // the next round tells when nobody answers
    };
    return [pageSteps('kernel', state, PAGE, go), table('Kernel routes', COLUMNS, rows)];
  };
  return { title: 'Kernel routes', section: 'kernel', element, refresh };
}

const COLUMNS: readonly Column<FibRouteView>[] = [
  {
    title: 'Prefix',
    cell: ({ prefix }) =>
      h('a', { href: linkTo(['explain', prefix]), class: 'mono', id: `fib-${prefix}` }, prefix),
  },
  {
    title: 'State',
    cell: ({ state }) => {
      const className = state === 'installed' ? 'up' : state === 'missing' ? 'trying' : 'down';
      return h('span', { class: `state-word ${className}` }, state);
    },
  },
  { title: 'Via', cell: via },
  { title: 'Reason', cell: ({ error }) => (error === null ? '–' : bdi(error, 'error')) },
  { title: 'Others', cell: contest },
];

function via({ nextHops, type }: FibRouteView): Node | string {
  if (nextHops.length === 0) return type;
  const words = nextHops.map((hop) => [hop.via, hop.dev].filter(Boolean).join(' '));
  return h('span', { class: 'mono' }, words.join(', '));
}

function contest({ contest: found }: FibRouteView): string {
  if (found === null) return '–';
  const { did, protocol, port, losses, forSec } = found;
  const who = port === null ? `protocol ${protocol}` : `protocol ${protocol}, port ${port}`;
  return `${did} by ${who}, ${count(losses)} times in ${duration(forSec)}`;
}
