/** The part of an explanation between the best path and the kernel. */
import type { Family } from '../net/family.ts';
import type { PathId, PrefixId } from '../rib/ids.ts';
import { coverageOf } from './config-objects.ts';
import { type Step, stage } from './explain-step.ts';
import type { KernelStory } from './forwarding.ts';
import type { ViewContext } from './views.ts';

const WRITE = stage('kernel-write');
const READ = stage('kernel-read-back');

/** What became of the best path of a prefix in the kernel. */
export function* kernelSteps(
  { daemon, forwarding }: ViewContext,
  family: Family,
  prefixId: PrefixId,
  best: PathId,
): Generator<Step> {
  if (!daemon.config.fib.enabled) {
    yield WRITE.note('no-fib', 'the kernel is left alone (fib.enabled: false)');
    return;
  }
  const { views } = daemon.rib;
  const prefix = views.prefix(family, prefixId);
  const route = daemon.routeFor(family, prefixId, best);
  const story = forwarding.explain(prefix, route);
  if (!route) {
    const { source } = views.forwardingFacts(family, best);
    yield source === 'kernel'
      ? WRITE.note(
          'learned',
          `other software has it in the kernel: ${story.foreign ?? 'gone by now'}`,
        )
      : WRITE.note('announced-only', 'a route that is only announced, not for the kernel');
    return;
  }
  if (story.rejected !== undefined) {
    const [first] = coverageOf(daemon.config, prefix).reverse();
    yield WRITE.no('not-programmed', story.rejected, { object: first?.object ?? null });
    return;
  }
  yield writeStep(story);
  yield readStep(story);
}

function writeStep({ view, foreign }: KernelStory): Step {
  const error = view?.error ?? undefined;
  switch (view?.state) {
    case 'installed':
      return WRITE.yes(
        'written',
        `${view.type} route, metric ${view.metric}, protocol ${view.protocol}`,
      );
    case 'foreign': {
      const others = foreign === undefined ? '' : `; in the way: ${foreign}`;
      return WRITE.no(
        'foreign-route',
        `a route of other software has the place: ${error}${others}`,
      );
    }
    case 'failed':
      return WRITE.no('refused', `the kernel refuses it: ${error}`);
    default:
      return error === undefined
        ? WRITE.no('pending', 'not written yet')
        : WRITE.no('withheld', error);
  }
}

function readStep({ view, held, foreign }: KernelStory): Step {
  const others = foreign === undefined ? '' : `; others have ${foreign}`;
  if (held.length === 0) return READ.no('missing', `the kernel has no route of ours${others}`);
  const text = `the kernel has ${held.join(' and ')}${others}`;
  const contest = view?.contest;
  if (view?.state !== 'installed') return READ.no('differs', text);
  if (!contest) return READ.yes('installed', text);
  const did = `${contest.did} by other software ${contest.losses} times in ${contest.forSec} s`;
  return READ.note('contested', `${text}; ${did}`);
}
