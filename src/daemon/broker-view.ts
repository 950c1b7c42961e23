/** What agents of the node announce, as the API shows it. */
import type { OriginatedView } from '../api/views.ts';
import { formatCommunity, formatWords } from '../config/community-text.ts';
import { formatPrefix } from '../net/text.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Origination } from './broker.ts';

export function viewOrigination(route: Origination, clock: Clock): OriginatedView {
  const now = clock.now();
  const time = (at: number) => new Date(clock.wallTime() + at - now).toISOString();
  return {
    prefix: formatPrefix(route.prefix),
    owner: route.owner,
    localPref: route.localPref ?? null,
    med: route.med ?? null,
    communities: route.communities.map(formatCommunity),
    largeCommunities: route.largeCommunities.map(formatWords),
    leaseSec: route.leaseSec,
    since: time(route.since),
    expiresAt: time(route.expiresAt),
    expiresInSec: Math.max(0, Math.ceil((route.expiresAt - now) / 1000)),
  };
}
