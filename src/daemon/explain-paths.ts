/** The part of an explanation from the sessions to the decision. */
import type { Family } from '../net/family.ts';
import { formatAddress } from '../net/text.ts';
import type { PathView } from '../rib/ports.ts';
import type { RankedPath } from '../rib/rib-views.ts';
import { viewAttributes } from './attribute-view.ts';
import { ruleStory } from './config-objects.ts';
import { age, type Step, stage } from './explain-step.ts';
import type { Neighbor } from './neighbor.ts';
import { likelyCause } from './session-cause.ts';
import type { ViewContext } from './views.ts';

const SESSION = stage('session');
const RECEIVED = stage('received');
const IMPORT = stage('import');
const NEXT_HOP = stage('next-hop');
const DECISION = stage('decision');
const CONFIGURATION = stage('configuration');

const REASONS: Readonly<Record<Exclude<PathView['reason'], 'none' | 'policy'>, string>> = {
  'as-loop': 'our own AS is in its AS path more often than allowLocalAs lets it (RFC 4271 §9)',
  'originator-loop': 'we are its originator (ORIGINATOR_ID, RFC 4456 §8)',
  'cluster-loop': 'it has been through our cluster (CLUSTER_LIST, RFC 4456 §8)',
  martian: 'no route may be taken from anyone to such a prefix',
  'first-as': 'its AS path does not begin with the AS of the neighbor (enforceFirstAs)',
  'route-leak': 'it was on its way down and must not come up (Only to Customer, RFC 9234)',
};

/** The session a path came over, as a step. */
export function sessionStep(neighbor: Neighbor, now: number): Step {
  const { config, session } = neighbor;
  const about = { neighbor: config.name, object: config.source ?? `neighbors ${config.name}` };
  const since = age((now - session.since) / 1000);
  if (session.state === 'Established')
    return SESSION.yes('established', `Established for ${since}`, about);
  const cause = likelyCause(neighbor, now);
  const text = `${session.state} for ${since}: ${cause.text}`;
  return SESSION.no(cause.code, text, about);
}

/** Where a route of our own comes from, or on whose behalf it is announced. */
function localStep({ daemon, clock }: ViewContext, path: PathView): Step {
  const source = daemon.rib.views.sourceKind(path.peer);
  const origination = source === 'broker' ? daemon.broker.find(path.prefix) : undefined;
  if (!origination) return CONFIGURATION.yes('local-route', `a route of our own, source ${source}`);
  const { owner, expiresAt } = origination;
  const left = age(Math.max(0, (expiresAt - clock.now()) / 1000));
  const found = daemon.config.brokerOwners.find(({ name }) => name === owner);
  const text = `announced on behalf of '${owner}' (catbird originate), its lease ends in ${left}`;
  const object = found?.source ?? `brokerOwners ${owner}`;
  return CONFIGURATION.yes('originated', text, { object });
}

/** One path from its session to its place in the decision. */
export function* pathSteps(
  context: ViewContext,
  family: Family,
  path: PathView,
  ranked: RankedPath | undefined,
): Generator<Step> {
  const { daemon } = context;
  const neighbor = daemon.neighbors.list().find(({ peerId }) => peerId === path.peer);
  if (neighbor) {
    yield sessionStep(neighbor, context.clock.now());
    yield receivedStep(context, family, path);
    yield importStep(context, family, path, neighbor);
    if (path.reason !== 'none') return;
    yield nextHopStep(context, path, neighbor);
  } else {
    yield localStep(context, path);
  }
  yield decisionStep(context, family, path, ranked);
}

function receivedStep({ daemon }: ViewContext, family: Family, path: PathView): Step {
  const { views } = daemon.rib;
  const { nextHop, asPath, localPref } = viewAttributes(
    views.receivedAttributes(family, path.path),
  );
  const words = [`next hop ${nextHop}`, `AS path ${asPath || 'empty'}`];
  if (localPref !== null) words.push(`LOCAL_PREF ${localPref}`);
  if (path.isStale) words.push('stale, kept while the neighbor restarts');
  const text = `announced ${age(path.ageMs / 1000)} ago: ${words.join(', ')}`;
  return RECEIVED.yes('received', text, { neighbor: views.sourceName(path.peer) });
}

function importStep(
  { daemon }: ViewContext,
  family: Family,
  path: PathView,
  { config }: Neighbor,
): Step {
  const { views } = daemon.rib;
  const about = { neighbor: config.name };
  const object = config.source ?? `neighbors ${config.name}`;
  if (path.reason === 'none') {
    return IMPORT.yes('accepted', importedText(views, family, path), about);
  }
  if (path.reason !== 'policy')
    return IMPORT.no(path.reason, REASONS[path.reason], { ...about, object });
  const decided = views.rejectingRule(family, path) ?? { rule: '', place: -1 };
  const prefix = views.prefix(family, path.prefixId);
  const rule = ruleStory(daemon.config, config.import, decided, prefix);
  const extras = { ...about, object: rule.object ?? object };
  return IMPORT.no('policy', `rejected by ${rule.text}`, extras);
}

/** What import made of the attributes. */
function importedText(
  views: ViewContext['daemon']['rib']['views'],
  family: Family,
  path: PathView,
): string {
  const before = viewAttributes(views.receivedAttributes(family, path.path));
  const after: Readonly<Record<string, unknown>> = viewAttributes(views.attributes(path.attrs));
  const changes = Object.entries(before)
    .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(after[key]))
    .map(([key, value]) => `${key} ${value ?? 'absent'} becomes ${after[key] ?? 'absent'}`);
  return changes.length === 0 ? 'accepted as it came' : `accepted: ${changes.join(', ')}`;
}

function nextHopStep(
  { daemon, forwarding }: ViewContext,
  path: PathView,
  neighbor: Neighbor,
): Step {
  const { name, source } = neighbor.config;
  const { nextHop } = daemon.rib.views.attributes(path.attrs);
  if (nextHop.length === 0) {
    const text = 'the neighbor is on this node: neighbors are told our address';
    return NEXT_HOP.yes('on-this-node', text, { neighbor: name });
  }
  const global = nextHop.length === 32 ? nextHop.subarray(0, 16) : nextHop;
  const text = `${formatAddress(global)}: ${forwarding.describeNextHop(global)}`;
  if (path.isValid) return NEXT_HOP.yes('resolved', text, { neighbor: name });
  const object = source ?? `neighbors ${name}`;
  return NEXT_HOP.no('unresolved', text, { neighbor: name, object });
}

function decisionStep(
  { daemon }: ViewContext,
  family: Family,
  path: PathView,
  ranked: RankedPath | undefined,
): Step {
  const { views } = daemon.rib;
  const about = { neighbor: views.sourceName(path.peer) };
  const { loss } = ranked ?? {};
  if (!loss) return DECISION.yes('best', 'the best path', about);
  const rival = views.sourceName(views.path(family, loss.against).peer);
  const text = `lost to ${rival} at ${loss.step}: ${loss.value} against ${loss.againstValue}`;
  const shared = views.multipath(family, path.prefixId);
  if (shared.includes(path.path))
    return DECISION.yes('multipath', `${text}; shares the traffic with it`, about);
  return DECISION.no(loss.step, text, { ...about, scope: 'rival' });
}

/** Why there is no path of a neighbour, or of anyone. */
export function absenceStep(text: string, code: string, neighbor: string | null): Step {
  return RECEIVED.no(code, text, { neighbor });
}
