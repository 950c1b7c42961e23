/** Names of the policies made here, and the order a session runs them in. */
import type { Family } from '../net/family.ts';
import { shortName } from './cluster.ts';

/** Gives local routes their LOCAL_PREF, before any filter looks at it (EXPORT-0). */
export function priorityPolicyName(family: Family): string {
  return `calico-priority-${shortName(family)}`;
}

/** What every session ends with (EXPORT-2 to EXPORT-10). */
export function exportPolicyName(family: Family): string {
  return `calico-export-${shortName(family)}`;
}

/** One BGPFilter in one direction. */
export function filterPolicyName(
  filter: string,
  direction: 'import' | 'export',
  family: Family,
): string {
  return `filter-${filter}-${direction}-${shortName(family)}`;
}

/** Export chain of a session: priority, its filters, the common rules. */
export function chainOf(family: Family, filters: readonly string[]): string[] {
  return [priorityPolicyName(family), ...filters, exportPolicyName(family)];
}
