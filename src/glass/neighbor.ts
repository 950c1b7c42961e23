/** One session: what it is, what became of it lately, and its routes both ways. */
import type { NeighborDetailView, SessionEventView } from '../api/views.ts';
import { bdi, type Child, h, Region } from './dom.ts';
import { glyph } from './glyph.ts';
import { lastErrorCell, stateCell } from './neighbors.ts';
import { Refused, read } from './reader.ts';
import { RouteList } from './routes.ts';
import type { Health, SessionRow } from './session.ts';
import type { View } from './view.ts';
import { count, duration } from './words.ts';

type Detail = NeighborDetailView & SessionRow;

/** See the head of the file. */
export function neighborView(name: string): View {
  const facts = new Region(h('div', {}, 'asking …'));
  const events = new Region(h('div', {}));
  const lists = [new RouteList(name, 'adj-in'), new RouteList(name, 'adj-out')];
  let isFirst = true;
  const element = h(
    'div',
    { class: 'view' },
    h('h1', {}, bdi(name)),
    section('facts', 'Session', facts.element),
    section('history', 'History', events.element),
    ...lists.map((list) => list.element),
  );
  return {
    title: name,
    section: 'neighbors',
    element,
    async refresh(signal) {
      const found = await ask(name, signal);
      if (!found) {
        const words = 'There is no neighbor of that name (any more).';
        return facts.show(words, () => [h('p', { class: 'calm' }, words)]);
      }
      facts.show(found, () => [factList(found)]);
      events.show(found.history, () => [historyList(found.history)]);
      if (isFirst) for (const list of lists) void list.go(0);
      isFirst = false;
    },
  };
}

async function ask(name: string, signal: AbortSignal): Promise<Detail | undefined> {
  try {
    return await read<Detail>(`neighbors/${encodeURIComponent(name)}`, signal);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
}

function section(id: string, title: string, content: Node): HTMLElement {
  return h('section', { class: 'panel', 'aria-labelledby': id }, h('h2', { id }, title), content);
}

function factList(session: Detail): HTMLElement {
  const { address, port, asNumber, localAsNumber, uptimeSec, flaps, bfd } = session;
  const up = session.state === 'Established' ? `, for ${duration(uptimeSec)}` : '';
  const kind = asNumber === localAsNumber ? 'iBGP' : 'eBGP';
  const facts: (readonly [title: string, value: Child | readonly Child[]])[] = [
    ['State', [stateCell(session), up]],
    ['Last error', lastErrorCell(session)],
    ['Address', h('span', { class: 'mono' }, `${address} port ${port}`)],
    ['AS', `${asNumber}, ${kind}${session.routeReflectorClient ? ', our client' : ''}`],
    ['Our end', text(session['localAddress'])],
    ['Router id', text(session['routerId'])],
    ['Hold time', seconds(session['holdTime'])],
    ['Flaps', count(flaps)],
    ['BFD', bfd ?? 'off'],
    ['UPDATE messages', `${messages(session, 'received')} in, ${messages(session, 'sent')} out`],
    ...Object.entries(session.families).map(
      ([family, counts]) =>
        [
          family,
          `${count(counts.received)} received, ${count(counts.accepted)} accepted, ${count(counts.advertised)} advertised`,
        ] as const,
    ),
    ...peerFacts(session['peer']),
  ];
  const entries = facts.map(([title, value]) =>
    h('div', {}, h('dt', {}, title), h('dd', {}, ...([value].flat() as Child[]))),
  );
  return h('dl', { class: 'facts' }, ...entries);
}

function text(value: unknown): Child {
  return typeof value === 'string' ? h('span', { class: 'mono' }, value) : '–';
}

function seconds(value: unknown): string {
  return typeof value === 'number' ? `${value} s` : '–';
}

function messages({ messages: all }: Detail, direction: 'received' | 'sent'): string {
  return count(all[direction]['update'] ?? 0);
}

/** What the peer says of itself. */
function peerFacts(peer: unknown): (readonly [string, Child])[] {
  const { hostName, softwareVersion } = (peer ?? {}) as Readonly<Record<string, unknown>>;
  const said: (readonly [string, unknown])[] = [
    ['Calls itself', hostName],
    ['Runs', softwareVersion],
  ];
  return said.flatMap(([title, value]) =>
    typeof value === 'string' ? [[title, bdi(value)] as const] : [],
  );
}

const EVENTS: Readonly<Record<SessionEventView['event'], readonly [Health, string]>> = {
  up: ['up', 'came up'],
  down: ['down', 'went down'],
  failed: ['trying', 'did not come up'],
};

function historyList(events: readonly SessionEventView[]): HTMLElement {
  if (events.length === 0) return h('p', { class: 'calm' }, 'Nothing has happened yet.');
  const items = events.map(({ event, text: reason, firstTime, lastTime, count: times }) => {
    const [health, words] = EVENTS[event];
    const since = times > 1 ? ` ${count(times)} times since ${clock(firstTime)}` : '';
    return h(
      'li',
      {},
      h('time', { datetime: lastTime }, clock(lastTime)),
      h('span', {}, glyph(health), ` ${words}${since}`),
      bdi(reason, 'grow'),
    );
  });
  return h('ol', { class: 'history' }, ...items);
}

function clock(time: string): string {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return date.toLocaleString('en-GB', {
    ...(isToday ? {} : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}
