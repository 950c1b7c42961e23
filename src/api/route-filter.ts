/**
 * Which routes of a listing are wanted: the filters of `catbird show`, judged route by route while the
 * listing is made, so that they cost no memory.
 */
import { CatbirdError } from '../net/error.ts';
import { matchesAnyGlob } from '../net/glob.ts';
import { containsPrefix } from '../net/prefix.ts';
import { parsePrefix } from '../net/text.ts';
import type { FibRouteView, RouteView } from './views.ts';

type Keeps = (route: RouteView) => boolean;

/** Query parameter → what makes its test of the text. */
const FILTERS: Readonly<Record<string, (text: string) => Keeps>> = {
  neighbor: (text) => (route) => matchesAnyGlob([text], route.neighbor),
  community: (text) => (route) => communitiesOf(route).some((each) => matchesAnyGlob([text], each)),
  'as-path': asPathFilter,
  longer: longerFilter,
  best: () => (route) => route.best,
  family: familyFilter,
};

const FAMILIES: Readonly<Record<string, boolean>> = {
  ipv4: false,
  'ipv4-unicast': false,
  ipv6: true,
  'ipv6-unicast': true,
};

/**
 * The filter a query asks for; undefined when it asks for none.
 *
 * @throws CatbirdError for a value that means nothing
 */
export function routeFilter(query: URLSearchParams): Keeps | undefined {
  const tests = Object.entries(FILTERS).flatMap(([name, make]) => query.getAll(name).map(make));
  return tests.length === 0 ? undefined : (route) => tests.every((keeps) => keeps(route));
}

/** The kernel does not hold it as it should, or did not lately. */
export function hasDrifted({ state, contest }: FibRouteView): boolean {
  return state !== 'installed' || contest !== null;
}

function communitiesOf(route: RouteView): readonly string[] {
  const extended = route['extendedCommunities'];
  const others = Array.isArray(extended) ? (extended as string[]) : [];
  return [...route.communities, ...route.largeCommunities, ...others];
}

/** `64513 64514` anywhere in the path, `^` for its begin, `$` for its end, `?` for any one AS. */
function asPathFilter(text: string): Keeps {
  const [, start, middle = '', end] = /^\s*(\^?)(.*?)(\$?)\s*$/.exec(text) ?? [];
  const wanted = middle.trim() === '' ? [] : middle.trim().split(/[\s_]+/);
  if (!wanted.every((word) => /^(\d{1,10}|\?)$/.test(word))) {
    const reason = `--as-path takes AS numbers and ? between blanks, with ^ and $, not '${text}'`;
    throw new CatbirdError('CATBIRD_API_REQUEST', reason);
  }
  return ({ asPath }) => {
    const path = asPath.split(/[^\d]+/).filter((word) => word !== '');
    const last = path.length - wanted.length;
    for (let at = 0; at <= last; at++) {
      if (start && at > 0) return false;
      if (end && at !== last) continue;
      if (wanted.every((word, i) => word === '?' || word === path[at + i])) return true;
    }
    return false;
  };
}

function longerFilter(text: string): Keeps {
  const outer = parsePrefix(text);
  if (!outer) throw new CatbirdError('CATBIRD_API_REQUEST', `'${text}' is no prefix`);
  return ({ prefix }) => {
    const inner = parsePrefix(prefix);
    return inner !== undefined && inner.family === outer.family && containsPrefix(outer, inner);
  };
}

function familyFilter(text: string): Keeps {
  const isIpv6 = FAMILIES[text];
  if (isIpv6 === undefined) {
    const reason = `--family takes ipv4 or ipv6, not '${text}'`;
    throw new CatbirdError('CATBIRD_API_REQUEST', reason);
  }
  return ({ prefix }) => prefix.includes(':') === isIpv6;
}
