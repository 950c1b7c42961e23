/**
 * The routes of a table as text, from independent readers: what an MRT file says by bgpdump, and what
 * other speakers say their tables hold. All come as prefix → attributes in one canonical spelling.
 */
import { linesOf } from './shell.ts';

/** Prefix → canonical attributes; equal attribute sets share one string. */
export type RouteSet = ReadonlyMap<string, string>;

/** A table as it is read: prefix and canonical attributes. */
export type Routes = AsyncIterable<[prefix: string, attributes: string]>;

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
export type Attributes = Partial<Record<Name, string>>;
/** Word a program uses → the attribute it means, and the value in canonical spelling. */
type Spelling = Readonly<Record<string, readonly [Name, (value: string) => string]>>;

const asIs = (value: string) => value;
const firstWord = (value: string) => value.split(' ')[0]!;
const lowerCase = (value: string) => value.toLowerCase();
const present = () => 'yes';

/** How bgpdump's long form spells attributes. */
const BGPDUMP: Spelling = {
  ORIGIN: ['origin', lowerCase],
  ASPATH: ['asPath', sortSets],
  NEXT_HOP: ['nextHop', firstWord], // a second one is link-local, and may be on a line of its own
  MULTI_EXIT_DISC: ['med', asIs],
  LOCAL_PREF: ['localPref', asIs],
  ORIGINATOR_ID: ['originatorId', asIs],
  CLUSTER_LIST: ['clusterList', asIs],
  COMMUNITY: ['communities', (value) => sortWords(value.split(' ').map(wellKnown))],
  ATOMIC_AGGREGATE: ['atomicAggregate', present],
  AGGREGATOR: ['aggregator', (value) => value.replace('AS', '')],
};

/** How `birdc show route all` does. */
const BIRD: Spelling = {
  'BGP.origin': ['origin', lowerCase],
  'BGP.as_path': ['asPath', sortSets],
  'BGP.next_hop': ['nextHop', firstWord],
  'BGP.med': ['med', asIs],
  'BGP.local_pref': ['localPref', asIs],
  'BGP.originator_id': ['originatorId', asIs],
  'BGP.cluster_list': ['clusterList', asIs],
  'BGP.community': ['communities', (value) => sortWords(numeric(value).split(' '))],
  'BGP.atomic_aggr': ['atomicAggregate', present],
  'BGP.aggregator': [
    'aggregator',
    (value) => value.replace('AS', '').split(' ').reverse().join(' '),
  ],
};

/** What a peer that received the file's messages would hold at the end. */
export async function routesOfMrt(path: string): Promise<Map<string, string>> {
  const routes = new Map<string, string>();
  let attributes: Attributes = {};
  let canonical = '';
  let section = '';
  for await (const lines of linesOf(['bgpdump', path])) {
    for (const line of lines) {
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
  }
  return routes;
}

/** How one program prints a table. */
interface Format {
  /** The line a route begins with, and its prefix. */
  readonly head: RegExp;
  /** Reads the lines below it. */
  read(attributes: Attributes, line: string): void;
}

async function* routesOf(argv: readonly string[], { head, read }: Format): Routes {
  let prefix = '';
  let attributes: Attributes = {};
  for await (const lines of linesOf(argv)) {
    for (const line of lines) {
      const next = head.exec(line)?.[1];
      if (next === undefined) {
        read(attributes, line);
        continue;
      }
      if (prefix) yield [prefix, canonicalText(attributes)];
      prefix = next;
      attributes = {};
    }
  }
  if (prefix) yield [prefix, canonicalText(attributes)];
}

/** What an MRT file of a table (TABLE_DUMP_V2) holds. */
export function routesOfTableDump(path: string): Routes {
  return routesOf(['bgpdump', path], {
    head: /^PREFIX: (\S+)/,
    read: (attributes, line) => readAttribute(BGPDUMP, attributes, line),
  });
}

/** What a BIRD's table holds, by `birdc show route all` (the words of the command are given). */
export function routesOfBird(argv: readonly string[]): Routes {
  return routesOf(argv, {
    head: /^(\d\S*) /,
    read: (attributes, line) => readAttribute(BIRD, attributes, line.trim()),
  });
}

/** What an OpenBGPD's table holds, by `bgpctl show rib … detail`. */
export function routesOfOpenbgpd(argv: readonly string[]): Routes {
  return routesOf(argv, {
    head: /^BGP routing table entry for (\S+)/,
    read: (attributes, line) => readBgpctl(attributes, line.trim()),
  });
}

/** How `bgpctl show rib detail` spells attributes; `Origin` begins a line of several. */
const BGPCTL: Spelling = {
  'Nexthop ': ['nextHop', firstWord],
  'Communities: ': ['communities', (value) => sortWords(value.split(' ').map(wellKnown))],
  'Atomic Aggregate': ['atomicAggregate', present],
  'Aggregator: ': ['aggregator', (value) => value.replace(/[[\]]/g, '')],
  'Originator Id: ': ['originatorId', asIs],
  'Cluster Id List: ': ['clusterList', asIs],
};

/** The AS path is on a line of its own, which is missing where there is none. */
function readBgpctl(attributes: Attributes, line: string): void {
  attributes.asPath ??= line.startsWith('Nexthop ') ? '' : sortSets(line);
  const origin = /^Origin (\w+), metric (\d+), localpref (\d+)/.exec(line);
  if (origin) {
    attributes.origin = lowerCase(origin[1]!);
    attributes.med = origin[2]!;
    attributes.localPref = origin[3]!;
  }
  const key = Object.keys(BGPCTL).find((word) => line.startsWith(word));
  const entry = key === undefined ? undefined : BGPCTL[key]!;
  if (entry) attributes[entry[0]] ??= entry[1](line.slice(key!.length).trim());
}

function readAttribute(spelling: Spelling, attributes: Attributes, line: string): void {
  const colon = line.indexOf(':');
  const entry = spelling[colon < 0 ? line : line.slice(0, colon)];
  if (entry) attributes[entry[0]] ??= entry[1](colon < 0 ? '' : line.slice(colon + 1).trim());
}

/** What is missing, too much or other than wanted, one line each. */
export async function differencesFrom(wanted: RouteSet, routes: Routes): Promise<string[]> {
  const missing = new Map(wanted);
  const differences: string[] = [];
  for await (const [prefix, attributes] of routes) {
    const expected = wanted.get(prefix);
    missing.delete(prefix);
    if (attributes !== expected) differences.push(`${prefix}: ${attributes}, wanted ${expected}`);
  }
  for (const [prefix, attributes] of missing) differences.push(`no ${prefix}: ${attributes}`);
  return differences;
}

/** One text for equal attributes. */
export function canonicalText(attributes: Attributes): string {
  return NAMES.map((name) => attributes[name] ?? '').join('|');
}

/** BIRD's `(3856,53400) (…)` as `3856:53400 …`. */
function numeric(communities: string): string {
  return communities.replace(/[()]/g, '').replaceAll(',', ':');
}

/** An AS path whose AS_SETs are sorted. AS_SETs are unordered and spelled `{1,2}` or `{1 2}`. */
export function sortSets(path: string): string {
  return path.replace(/\{([^}]*)\}/g, (_, set: string) => `{${sortWords(set.split(/[\s,]+/))}}`);
}

/** Words in order, with a blank between. */
export function sortWords(words: readonly string[]): string {
  return words
    .filter((word) => word !== '')
    .sort()
    .join(' ');
}

/** Communities bgpdump and OpenBGPD print by name (RFC 1997, RFC 3765, RFC 7999, RFC 8326). */
function wellKnown(community: string): string {
  const names: Readonly<Record<string, string>> = {
    'no-export': '65535:65281',
    'no-advertise': '65535:65282',
    'local-as': '65535:65283',
    NO_EXPORT: '65535:65281',
    NO_ADVERTISE: '65535:65282',
    NO_EXPORT_SUBCONFED: '65535:65283',
    NO_PEER: '65535:65284',
    BLACKHOLE: '65535:666',
    GRACEFUL_SHUTDOWN: '65535:0',
  };
  return names[community] ?? community;
}
