/** The events of `catbird monitor`, one JSON object each. */
import type { SessionState } from '../bgp/session/fsm.ts';
import type { Family } from '../net/family.ts';
import type { RouteChange } from '../rib/ports.ts';
import type { RibViews } from '../rib/rib-views.ts';
import { viewAttributes } from './attribute-view.ts';

/** The best path of a prefix is another one. */
export function routeEvent(
  views: RibViews,
  family: Family,
  { prefixId, oldPath, newPath }: RouteChange,
): object {
  const prefix = views.prefixText(family, prefixId);
  if (newPath === 0) return { event: 'removed', family, prefix };
  const { peer, attrs } = views.path(family, newPath);
  const { nextHop, asPath, localPref, communities } = viewAttributes(views.attributes(attrs));
  const neighbor = views.sourceName(peer);
  const event = oldPath === 0 ? 'added' : 'changed';
  return { event, family, prefix, neighbor, nextHop, asPath, localPref, communities };
}

/** A session is in another state. */
export function neighborEvent(
  neighbor: string,
  from: SessionState,
  to: SessionState,
  reason: string,
): object {
  return { event: 'state', neighbor, from, to, reason };
}

/** A route was written to the kernel, or refused by it. */
export function kernelEvent(action: string, prefix: string, reason: string | undefined): object {
  return reason === undefined
    ? { event: action, prefix }
    : { event: 'refused', action, prefix, reason };
}
