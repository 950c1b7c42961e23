/** The document as a list of pieces: which fragments a view asks for, and how they make text and data. */
import { entriesIn, type Fragment, type FragmentRequest, type Piece } from './fragments.ts';
import type { TemplateSlot } from './template-set.ts';
import type { NodeView } from './view.ts';

/** Sections in the order of the document; lists and policies have a fragment per object. */
const SECTIONS = [
  'router',
  'fib',
  'blocks',
  'originate',
  'pools',
  'neighbors',
  'neighborRanges',
  'policies',
  'brokerOwners',
  'log',
] as const;

/** Sections that are one mapping: without them there is no configuration. */
export const SINGLE_SECTIONS: readonly string[] = ['router', 'fib', 'log'];

/** Every fragment of a view in the order of the document, those of added templates behind the others. */
export function* requestsOf(
  view: NodeView,
  slots: Iterable<TemplateSlot>,
): Generator<FragmentRequest> {
  for (const section of ['router', 'fib', 'log'] as const) {
    yield { template: section, section, name: section, object: section, part: view[section] };
  }
  const byCidr = (template: string, section: string, noun: string) => (part: { cidr: string }) => ({
    ...{ template, section, part },
    ...{ name: part.cidr, object: `${noun} ${part.cidr}` },
  });
  yield* view.blocks.map(byCidr('block', 'blocks', 'block'));
  yield* view.originate.map(byCidr('originate', 'originate', 'route'));
  yield* view.pools.map(byCidr('pool', 'pools', 'pool'));
  for (const part of view.neighbors) {
    const { name, resource } = part;
    yield { template: 'neighbor', section: 'neighbors', name, object: resource, part };
  }
  for (const part of view.policies) {
    const { name } = part;
    yield { template: 'policy', section: 'policies', name, object: `policy ${name}`, part };
  }
  yield* additions(view, slots);
}

/** Added templates see what there is little of; a list of all sessions would be made again each time. */
function* additions(view: NodeView, slots: Iterable<TemplateSlot>): Generator<FragmentRequest> {
  const { router, fib, blocks, pools, originate } = view;
  for (const { name, adds } of slots) {
    if (!adds) continue;
    const part = { router, fib, blocks, pools, originate };
    yield { template: name, section: adds, name, object: `template ${name}`, part };
  }
}

/** The YAML document; parsing it gives {@link assembleData}. */
export function assembleText(pieces: readonly Piece[]): string {
  return SECTIONS.map((section) => {
    const own = pieces.filter(({ request }) => request.section === section);
    const text = own.map(({ fragment }) => fragment?.text() ?? '').join('');
    if (text !== '') return `${section}:\n${text}`;
    return `${section}: ${section === 'policies' ? '{}' : '[]'}\n`;
  }).join('');
}

/** The document as plain data; entries are the objects of the fragments themselves. */
export function assembleData(pieces: readonly Piece[]): Readonly<Record<string, unknown>> {
  const data: Record<string, unknown> = {};
  for (const section of SECTIONS) {
    if (section === 'policies') data[section] = Object.create(null);
    else if (!SINGLE_SECTIONS.includes(section)) data[section] = [];
  }
  for (const { request, fragment } of pieces) addFragment(data, request.section, fragment);
  return data;
}

function addFragment(
  data: Record<string, unknown>,
  section: string,
  fragment: Fragment | undefined,
): void {
  const list = data[section];
  if (Array.isArray(list) && Array.isArray(fragment?.value)) {
    for (const entry of fragment.value) list.push(entry);
  } else if (SINGLE_SECTIONS.includes(section)) {
    data[section] = fragment?.value;
  } else {
    for (const [key, entry] of entriesIn(section, fragment?.value)) {
      if (Array.isArray(list)) list.push(entry);
      else (list as Record<string, unknown>)[key] ??= entry;
    }
  }
}

/** The piece that a list entry or policy of {@link assembleData} came from. */
export function originOf(
  pieces: readonly Piece[],
  section: string,
  key: string | number | undefined,
): Piece | undefined {
  let index = 0;
  for (const piece of pieces) {
    if (piece.request.section !== section) continue;
    if (SINGLE_SECTIONS.includes(section)) return piece;
    for (const [own] of entriesIn(section, piece.fragment?.value)) {
      if (section === 'policies' ? own === key : index++ === key) return piece;
    }
  }
  return undefined;
}
