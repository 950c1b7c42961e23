/** The part of an explanation from the best path to the neighbours. */
import type { Family } from '../net/family.ts';
import type { ExportExplanation } from '../rib/exporter.ts';
import type { PathId, PrefixId } from '../rib/ids.ts';
import { viewAttributes } from './attribute-view.ts';
import { ruleStory } from './config-objects.ts';
import { sessionStep } from './explain-paths.ts';
import { type Step, stage } from './explain-step.ts';
import type { Neighbor } from './neighbor.ts';
import type { ViewContext } from './views.ts';

const EXPORT = stage('export');
const TOLD = stage('adj-rib-out');

const REASONS: Readonly<
  Record<Exclude<ExportExplanation['reason'], 'policy' | 'announced'>, string>
> = {
  'not-advertised': 'a route for the kernel only, which no one is told',
  'no-advertise': 'it carries NO_ADVERTISE (RFC 1997)',
  'no-export': 'it carries NO_EXPORT, and the neighbor is in another AS (RFC 1997)',
  'route-leak': 'it must only go down, to customers (RFC 9234)',
  'llgr-stale': 'it is long stale, and the neighbor does not know what that means (RFC 9494)',
  'not-reflected':
    'learned inside our AS, and neither side is a client: such routes are not passed on (RFC 4456 §6)',
  deferred: 'we have just started and wait for the routes of others (RFC 4724 §4.1)',
  'cluster-loop': 'it has been through our cluster (RFC 4456 §8)',
  'no-next-hop': 'our end of the session has no address of this family to be the next hop (NH-6)',
};

const BY_DESIGN: readonly string[] = ['not-reflected'];

/** What one neighbour is told about the best path of a prefix. */
export function* exportSteps(
  context: ViewContext,
  family: Family,
  prefixId: PrefixId,
  best: PathId,
  neighbor: Neighbor,
): Generator<Step> {
  const { daemon, clock } = context;
  const { views } = daemon.rib;
  const { config, peerId, session } = neighbor;
  if (!config.families.includes(family)) return;
  if (session.state !== 'Established') {
    // It holds up what this neighbor is told, not the route.
    yield { ...sessionStep(neighbor, clock.now()), scope: 'neighbor', isAside: true };
    return;
  }
  const told = views.adjOutOf(peerId, family, prefixId);
  if (told.length === 0) yield refusal(context, family, prefixId, best, neighbor);
  for (const { attrs, pathId, source } of told) {
    const about = { neighbor: config.name, scope: 'neighbor' } as const;
    const explanation = pathId === 0 ? views.explainExport(peerId, family, best) : undefined;
    const rule =
      explanation && explanation.place >= 0
        ? acceptedBy(context, family, prefixId, neighbor, explanation)
        : '';
    const from = views.sourceName(source);
    yield EXPORT.yes('announced', `the path of ${from} is announced${rule}`, about);
    const { nextHop, asPath } = viewAttributes(views.attributes(attrs));
    const id = pathId === 0 ? '' : `, path id ${pathId}`;
    const text = `next hop ${nextHop}, AS path ${asPath || 'empty'}${id}`;
    yield TOLD.yes('told', text, about);
  }
}

function acceptedBy(
  { daemon }: ViewContext,
  family: Family,
  prefixId: PrefixId,
  { config }: Neighbor,
  decided: ExportExplanation,
): string {
  const prefix = daemon.rib.views.prefix(family, prefixId);
  return `, by ${ruleStory(daemon.config, config.export, decided, prefix).text}`;
}

function refusal(
  { daemon }: ViewContext,
  family: Family,
  prefixId: PrefixId,
  best: PathId,
  { config, peerId }: Neighbor,
): Step {
  const { views } = daemon.rib;
  const object = config.source ?? `neighbors ${config.name}`;
  const about = { neighbor: config.name, scope: 'neighbor' } as const;
  const explanation = views.explainExport(peerId, family, best);
  if (!explanation)
    return EXPORT.no('family-not-agreed', `the session does not carry ${family}`, {
      ...about,
      object,
    });
  if (views.path(family, best).peer === peerId) {
    const text = 'the best path came from this neighbor; it is not told its own (split horizon)';
    return EXPORT.no('split-horizon', text, { ...about, isAside: true });
  }
  const { reason } = explanation;
  if (reason === 'policy') {
    const rule = ruleStory(
      daemon.config,
      config.export,
      explanation,
      views.prefix(family, prefixId),
    );
    const extras = { ...about, object: rule.object ?? object };
    return EXPORT.no('policy', `rejected by ${rule.text}`, extras);
  }
  if (reason !== 'announced') {
    const isAside = BY_DESIGN.includes(reason);
    return EXPORT.no(reason, REASONS[reason], { ...about, object, isAside });
  }
  if (config.maximumPrefixesOut) {
    const text = `held back: the neighbor is told ${config.maximumPrefixesOut.limit} prefixes at most`;
    return EXPORT.no('held-back', text, { ...about, object });
  }
  return EXPORT.no('pending', 'about to be announced', about);
}
