/**
 * The whole story of one destination, as one causal chain: configuration, session, import, decision, next hop,
 * kernel, export. Told also of what is not there, with the first "no" marked and the object to edit.
 */
import type { ExplainView, RouteView } from '../api/views.ts';
import { CatbirdError } from '../net/error.ts';
import { hostPrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parseAddress, parsePrefix } from '../net/text.ts';
import type { PrefixId } from '../rib/ids.ts';
import type { HistoryEntry } from '../rib/route-history.ts';
import { coverageOf } from './config-objects.ts';
import { exportSteps } from './explain-export.ts';
import { kernelSteps } from './explain-kernel.ts';
import { absenceStep, pathSteps, sessionStep } from './explain-paths.ts';
import { age, firstNo, printStep, type Step, stage } from './explain-step.ts';
import type { Neighbor } from './neighbor.ts';
import type { ViewContext } from './views.ts';

const CONFIGURATION = stage('configuration');
const DECISION = stage('decision');
/** So many changes are told; the ring may hold thousands of one prefix. */
const MOST_HISTORY = 50;

/**
 * @param only narrows the story to one neighbour
 * @param paths the rows of `show rib` for the prefix
 * @throws CatbirdError when the query is neither a prefix nor an address
 */
export function explain(
  context: ViewContext,
  query: string,
  only: Neighbor | undefined,
  paths: (prefix: Prefix) => readonly RouteView[],
): ExplainView {
  const prefix = destinationOf(context, query);
  const history = context.daemon.rib.views.history.of(prefix).slice(0, MOST_HISTORY);
  const steps = [...chain(context, prefix, only, history)];
  const first = firstNo(steps, only !== undefined);
  return {
    query,
    prefix: formatPrefix(prefix),
    neighbor: only?.config.name ?? null,
    outcome: outcomeOf(steps, first),
    firstNo: first ?? null,
    steps: steps.map(printStep),
    paths: paths(prefix),
    history: history.map((entry) => printHistory(context, entry)),
  };
}

/** A prefix as it stands; of an address the longest prefix that routes it, or is at least known. */
function destinationOf({ daemon }: ViewContext, query: string): Prefix {
  const prefix = parsePrefix(query);
  if (prefix) return prefix;
  const address = parseAddress(query);
  if (!address) {
    throw new CatbirdError('CATBIRD_API_REQUEST', `'${query}' is neither a prefix nor an address`);
  }
  const { views } = daemon.rib;
  const family = address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
  const id = views.lookup(address) || views.lookup(address, false);
  if (id !== 0) return views.prefix(family, id);
  return views.history.covering(address) ?? hostPrefix(address);
}

function* chain(
  context: ViewContext,
  prefix: Prefix,
  only: Neighbor | undefined,
  history: readonly HistoryEntry[],
): Generator<Step> {
  const { daemon } = context;
  for (const { text, object } of coverageOf(daemon.config, prefix)) {
    yield CONFIGURATION.note('covered', text, { object });
  }
  const { family } = prefix;
  const { views } = daemon.rib;
  const id = views.findPrefix(prefix);
  const best = id === 0 ? 0 : views.bestPath(family, id);
  yield* arrivals(context, prefix, id, only, history);
  if (id === 0 || best === 0) return;
  yield* kernelSteps(context, family, id, best);
  for (const neighbor of only ? [only] : daemon.neighbors.list()) {
    yield* exportSteps(context, family, id, best, neighbor);
  }
}

/** Every path that came, best first, and who sent none. */
function* arrivals(
  context: ViewContext,
  prefix: Prefix,
  id: PrefixId,
  only: Neighbor | undefined,
  history: readonly HistoryEntry[],
): Generator<Step> {
  const { family } = prefix;
  const { views } = context.daemon.rib;
  const ranked = id === 0 ? [] : views.decision(family, id);
  const all = id === 0 ? [] : [...views.paths(family, id)];
  const rank = (path: number) => ranked.findIndex((each) => each.path === path) >>> 0;
  const wanted = all
    .filter(({ peer }) => !only || peer === only.peerId)
    .sort((a, b) => rank(a.path) - rank(b.path));
  const isRouted = id !== 0 && views.bestPath(family, id) !== 0;
  for (const path of wanted) {
    const own = ranked.find((each) => each.path === path.path);
    const isRival = isRouted && !path.isBest && !only;
    for (const step of pathSteps(context, family, path, own)) {
      yield isRival ? { ...step, scope: 'rival' } : step;
    }
  }
  if (wanted.length === 0) yield* absence(context, prefix, only, history, isRouted);
  if (only && isRouted) yield* bestElsewhere(context, prefix, id, only);
}

/** The path in use, where the story is about another neighbour. */
function* bestElsewhere(
  { daemon }: ViewContext,
  { family }: Prefix,
  id: PrefixId,
  only: Neighbor,
): Generator<Step> {
  const { views } = daemon.rib;
  const { peer } = views.path(family, views.bestPath(family, id));
  if (peer === only.peerId) return;
  const name = views.sourceName(peer);
  yield DECISION.note('best-elsewhere', `the best path is that of ${name}`, { neighbor: name });
}

/** Nobody, or not the one asked about, has a path. */
function* absence(
  context: ViewContext,
  prefix: Prefix,
  only: Neighbor | undefined,
  history: readonly HistoryEntry[],
  isRouted: boolean,
): Generator<Step> {
  const { daemon, clock } = context;
  const candidates = only ? [only] : daemon.neighbors.list();
  const able = candidates.filter(({ config }) => config.families.includes(prefix.family));
  const gone = history.find(({ event, peer }) => {
    return event !== 'best-changed' && (!only || peer === only.peerId);
  });
  const down = able.filter(({ session }) => session.state !== 'Established');
  for (const neighbor of down) {
    const step = sessionStep(neighbor, clock.now());
    yield only && !isRouted ? step : { ...step, answer: 'note' };
  }
  const text = gone
    ? printHistory(context, gone).text
    : only
      ? 'the neighbor never announced it'
      : `none of ${able.length - down.length} established neighbors announces it, and no block or route of our own is it`;
  const step = absenceStep(text, gone ? gone.event : 'never-received', only?.config.name ?? null);
  yield isRouted ? { ...step, answer: 'note' } : step;
}

function printHistory({ daemon, clock }: ViewContext, entry: HistoryEntry) {
  const { views } = daemon.rib;
  const ageSec = Math.max(0, Math.floor((clock.now() - entry.at) / 1000));
  const name = entry.formerName ?? views.sourceName(entry.peer);
  const when = `${age(ageSec)} ago`;
  const successor = entry.successor === 0 ? 'none' : views.sourceName(entry.successor);
  const texts: Readonly<Record<HistoryEntry['event'], string>> = {
    withdrawn: `${name} withdrew it ${when}`,
    'session-lost': `lost with the session of ${name} ${when}`,
    'not-repeated': `${name} did not announce it again, ${when}`,
    'best-changed': `best path of ${name} gave way to ${successor === 'none' ? successor : `that of ${successor}`} ${when}`,
  };
  return { ageSec, event: entry.event, text: texts[entry.event] };
}

function outcomeOf(steps: readonly Step[], first: number | undefined): string {
  const step = first === undefined ? undefined : steps[first];
  if (step) {
    const about = step.neighbor === null ? '' : ` (${step.neighbor})`;
    return `${step.stage}${about}: ${step.text}`;
  }
  const told = new Set(steps.filter(({ code }) => code === 'announced').map((s) => s.neighbor));
  const kernel = steps.some(({ code }) => code === 'installed') ? 'in the kernel, ' : '';
  const down = new Set(
    steps.filter(({ stage, scope }) => stage === 'session' && scope === 'neighbor'),
  );
  const rest = down.size === 0 ? '' : `; ${down.size} more have no session`;
  return `${kernel}announced to ${told.size} neighbors${rest}`;
}
