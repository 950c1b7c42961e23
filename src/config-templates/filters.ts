/** BGPFilters as policy rules, one policy per filter, direction and family (FILT). */
import type { BgpFilter, FilterRule } from '../datastore/snapshot.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import type { Cluster } from './cluster.ts';
import { translateFilterRule } from './filter-rule.ts';
import { filterPolicyName } from './policy-names.ts';
import type { PolicyView } from './view.ts';

type Direction = 'import' | 'export';

/** Policies of a session's filters in order; filters that say nothing here are skipped (FILT-3). */
export function filterPolicies(
  cluster: Cluster,
  filters: readonly string[],
  family: Family,
): Readonly<Record<Direction, readonly string[]>> {
  const namesFor = (direction: Direction) =>
    filters
      .filter(
        (name) => rulesOf(cluster.snapshot.bgpFilters.get(name), direction, family).length > 0,
      )
      .map((name) => filterPolicyName(name, direction, family));
  return { import: namesFor('import'), export: namesFor('export') };
}

function rulesOf(
  filter: BgpFilter | undefined,
  direction: Direction,
  family: Family,
): readonly FilterRule[] {
  if (!filter) return [];
  if (direction === 'import') return family === 'ipv4-unicast' ? filter.importV4 : filter.importV6;
  return family === 'ipv4-unicast' ? filter.exportV4 : filter.exportV6;
}

/** The policies of all filters that some session uses. */
export function viewFilters(cluster: Cluster, used: ReadonlySet<string>): PolicyView[] {
  const policies: PolicyView[] = [];
  for (const filter of cluster.snapshot.bgpFilters.values()) {
    for (const family of FAMILIES) {
      for (const direction of ['import', 'export'] as const) {
        const name = filterPolicyName(filter.name, direction, family);
        if (used.has(name)) policies.push(viewFilter(filter, direction, family));
      }
    }
  }
  return policies;
}

function viewFilter(filter: BgpFilter, direction: Direction, family: Family): PolicyView {
  const list = `${direction}${family === 'ipv4-unicast' ? 'V4' : 'V6'}`;
  const rules = rulesOf(filter, direction, family).flatMap(
    (rule, i) => translateFilterRule(rule, `${filter.name} ${list}[${i}]`, family) ?? [],
  );
  const source = `BGPFilter/${filter.name}`;
  return {
    name: filterPolicyName(filter.name, direction, family),
    rules: rules.map((rule) => ({ ...rule, source })),
  };
}
