/**
 * The document as a list of fragments: assembled to text and to data, and able to lose a fragment
 * without the others noticing (FAM-5).
 */
import type { Fragment, FragmentRenderer } from './fragments.ts';
import type { NodeView } from './view.ts';

/** A fragment with its place in the document and what it is about. */
export interface Piece {
  readonly section: string;
  readonly template: string;
  /** Name of a policy, label of a session, CIDR: its own within the section. */
  readonly name: string;
  /** What faults name: the resource it comes from, or its own name. */
  readonly object: string;
  readonly fragment: Fragment;
}

/** Sections in the order of the document; lists and policies have a fragment per object. */
const SECTIONS = [
  'router',
  'fib',
  'blocks',
  'originate',
  'pools',
  'neighbors',
  'policies',
  'log',
] as const;

/** Sections that are one mapping: without them there is no configuration. */
export const SINGLE_SECTIONS: readonly string[] = ['router', 'fib', 'log'];

type NameOf<T> = (part: T) => Pick<Piece, 'name' | 'object'>;

/** Fills in all templates for a view. */
export function renderPieces(view: NodeView, renderer: FragmentRenderer): Piece[] {
  const single = (section: 'router' | 'fib' | 'log'): Piece => ({
    section,
    template: section,
    name: section,
    object: section,
    fragment: renderer.render(section, view[section]),
  });
  const many = <T>(section: string, template: string, parts: readonly T[], name: NameOf<T>) =>
    parts.map(
      (part): Piece => ({
        section,
        template,
        ...name(part),
        fragment: renderer.render(template, part),
      }),
    );
  const byCidr = (noun: string) => (part: { readonly cidr: string }) => ({
    name: part.cidr,
    object: `${noun} ${part.cidr}`,
  });
  return [
    single('router'),
    single('fib'),
    ...many('blocks', 'block', view.blocks, byCidr('block')),
    ...many('originate', 'originate', view.originate, byCidr('route')),
    ...many('pools', 'pool', view.pools, byCidr('pool')),
    ...many('neighbors', 'neighbor', view.neighbors, ({ name, resource }) => ({
      name,
      object: resource,
    })),
    ...many('policies', 'policy', view.policies, ({ name }) => ({
      name,
      object: `policy ${name}`,
    })),
    single('log'),
  ];
}

/** The YAML document; parsing it gives {@link assembleData}. */
export function assembleText(pieces: readonly Piece[]): string {
  return SECTIONS.map((section) => {
    const own = pieces.filter((piece) => piece.section === section);
    const text = own.map(({ fragment }) => fragment.text).join('');
    if (text !== '') return `${section}:\n${text}`;
    return `${section}: ${section === 'policies' ? '{}' : '[]'}\n`;
  }).join('');
}

/** The document as plain data, and the piece that each list entry and policy came from. */
export interface DocumentData {
  readonly data: Readonly<Record<string, unknown>>;
  /** Keyed `neighbors 3` or `policies calico-export-ipv4`. */
  readonly origins: ReadonlyMap<string, Piece>;
}

export function assembleData(pieces: readonly Piece[]): DocumentData {
  const data: Record<string, unknown> = {};
  const origins = new Map<string, Piece>();
  for (const section of SECTIONS) {
    const own = pieces.filter((piece) => piece.section === section);
    data[section] = SINGLE_SECTIONS.includes(section)
      ? own[0]?.fragment.value
      : section === 'policies'
        ? mergePolicies(own, origins)
        : joinLists(section, own, origins);
  }
  return { data, origins };
}

function joinLists(section: string, pieces: readonly Piece[], origins: Map<string, Piece>) {
  const entries: unknown[] = [];
  for (const piece of pieces) {
    for (const entry of asList(piece.fragment.value)) {
      origins.set(`${section} ${entries.length}`, piece);
      entries.push(entry);
    }
  }
  return entries;
}

function mergePolicies(pieces: readonly Piece[], origins: Map<string, Piece>) {
  const policies: [string, unknown][] = [];
  for (const piece of pieces) {
    for (const [name, rules] of Object.entries(piece.fragment.value ?? {})) {
      origins.set(`policies ${name}`, piece);
      policies.push([name, rules]);
    }
  }
  return Object.fromEntries(policies);
}

/** What is no list stands for itself, so that the schema names it. */
function asList(value: unknown): readonly unknown[] {
  if (value === null) return [];
  return Array.isArray(value) ? value : [value];
}
