/**
 * The routes of a table as text, from two independent readers: what an MRT file says by bgpdump, and
 * what a BIRD says its table holds. Both come as prefix → attributes in one canonical spelling.
 */
import { linesOf } from './shell.ts';

/** Prefix → canonical attributes; equal attribute sets share one string. */
export type RouteSet = ReadonlyMap<string, string>;

/** The attributes compared, in the order of the canonical text. */
const NAMES = [
  'origin',
  'asPath',
  'nextHop',
  'med',
  'localPref',
  'originatorId',
  'clusterList',
  'communities',
  'atomicAggregate',
  'aggregator',
] as const;

type Name = (typeof NAMES)[number];
type Attributes = Partial<Record<Name, string>>;
/** Word a program uses → the attribute it means, and the value in canonical spelling. */
type Spelling = Readonly<Record<string, readonly [Name, (value: string) => string]>>;

const asIs = (value: string) => value;
const lowerCase = (value: string) => value.toLowerCase();
const present = () => 'yes';

/** How bgpdump's long form spells attributes. */
const BGPDUMP: Spelling = {
  ORIGIN: ['origin', lowerCase],
  ASPATH: ['asPath', sortSets],
  NEXT_HOP: ['nextHop', asIs],
  MULTI_EXIT_DISC: ['med', asIs],
  LOCAL_PREF: ['localPref', asIs],
  ORIGINATOR_ID: ['originatorId', asIs],
  CLUSTER_LIST: ['clusterList', asIs],
  COMMUNITY: ['communities', (value) => sortWords(value.split(' ').map(wellKnown))],
  ATOMIC_AGGREGATE: ['atomicAggregate', present],
  AGGREGATOR: ['aggregator', asIs],
};

/** How `birdc show route all` does. */
const BIRD: Spelling = {
  'BGP.origin': ['origin', lowerCase],
  'BGP.as_path': ['asPath', sortSets],
  'BGP.next_hop': ['nextHop', asIs],
  'BGP.med': ['med', asIs],
  'BGP.local_pref': ['localPref', asIs],
  'BGP.originator_id': ['originatorId', asIs],
  'BGP.cluster_list': ['clusterList', asIs],
  'BGP.community': ['communities', (value) => sortWords(numeric(value).split(' '))],
  'BGP.atomic_aggr': ['atomicAggregate', present],
  'BGP.aggregator': ['aggregator', (value) => value.split(' ').reverse().join(' ')],
};

/** What a peer that received the file's messages would hold at the end. */
export async function routesOfMrt(path: string): Promise<Map<string, string>> {
  const routes = new Map<string, string>();
  let attributes: Attributes = {};
  let canonical = '';
  let section = '';
  for await (const line of linesOf(['bgpdump', path])) {
    if (line.startsWith('  ')) {
      if (section === 'ANNOUNCE') routes.set(line.trim(), canonical);
      else if (section === 'WITHDRAW') routes.delete(line.trim());
    } else if (line === '') {
      attributes = {};
    } else {
      section = line;
      if (line === 'ANNOUNCE') canonical = canonicalText(attributes);
      else readAttribute(BGPDUMP, attributes, line);
    }
  }
  return routes;
}

/** What a BIRD's table holds, by `birdc show route all` (the words of the command are given). */
export async function* routesOfBird(argv: readonly string[]): AsyncGenerator<[string, string]> {
  let prefix = '';
  let attributes: Attributes = {};
  for await (const line of linesOf(argv)) {
    const isRoute = /^[0-9]/.test(line);
    if (isRoute) {
      if (prefix) yield [prefix, canonicalText(attributes)];
      prefix = line.slice(0, line.indexOf(' '));
      attributes = {};
    } else if (line.startsWith('\t')) {
      readAttribute(BIRD, attributes, line.trim());
    }
  }
  if (prefix) yield [prefix, canonicalText(attributes)];
}

function readAttribute(spelling: Spelling, attributes: Attributes, line: string): void {
  const colon = line.indexOf(':');
  const entry = spelling[colon < 0 ? line : line.slice(0, colon)];
  if (entry) attributes[entry[0]] = entry[1](colon < 0 ? '' : line.slice(colon + 1).trim());
}

function canonicalText(attributes: Attributes): string {
  return NAMES.map((name) => attributes[name] ?? '').join('|');
}

/** BIRD's `(3856,53400) (…)` as `3856:53400 …`. */
function numeric(communities: string): string {
  return communities.replace(/[()]/g, '').replaceAll(',', ':');
}

/** AS_SETs are unordered and spelled `{1,2}` or `{1 2}`. */
function sortSets(path: string): string {
  return path.replace(/\{([^}]*)\}/g, (_, set: string) => `{${sortWords(set.split(/[\s,]+/))}}`);
}

function sortWords(words: readonly string[]): string {
  return words
    .filter((word) => word !== '')
    .sort()
    .join(' ');
}

/** Communities bgpdump prints by name (RFC 1997). */
function wellKnown(community: string): string {
  const names: Readonly<Record<string, string>> = {
    'no-export': '65535:65281',
    'no-advertise': '65535:65282',
    'local-as': '65535:65283',
  };
  return names[community] ?? community;
}
